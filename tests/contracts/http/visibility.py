"""Public, unlisted and private events."""

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import SESSION, STANDARD, buy, change, event_path, ids, make_event, picture, problem


class TestVisibility:
    def test_an_unlisted_event_is_seen_by_its_link_only(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, visibility="unlisted")

        assert ids(guest.get("/api/events")) == []
        assert ids(olga.get(f"/api/events?organizer={event['organizer']['id']}")) == []
        assert ids(olga.get("/api/events?mine=true")) == [event["id"]]
        assert guest.get(event_path(event)).get_json() == event
        assert buy(bob, event["id"]).status_code == 201

    def test_a_private_event_is_seen_by_who_is_invited(
        self, api: Api, olga: Client, otto: Client, bob: Client, admin: Client, guest: Client
    ) -> None:
        event = make_event(olga, visibility="private", access_code="open-sesame")
        path = event_path(event)
        with_code = f"{path}?access_code=open-sesame"

        for client, target in (
            (guest, path), (otto, path), (bob, path),
            (bob, f"{path}?access_code=open-sesam"), (bob, f"{path}?access_code="),
            (bob, f"{path}?access_code=%C3%A9"),
        ):  # fmt: skip
            problem(client.get(target), 404, "event_not_found")
        assert olga.get(path).get_json() == admin.get(path).get_json() == event
        assert event["access_code"] == "open-sesame"
        for client in (bob, guest, otto):
            assert client.get(with_code).get_json() == event | {"access_code": None}
        assert ids(guest.get("/api/events")) == ids(bob.get("/api/events")) == []

        problem(buy(bob, event["id"]), 404, "event_not_found")
        problem(buy(bob, event["id"], access_code="wrong-code"), 404, "event_not_found")
        assert buy(bob, event["id"], access_code="open-sesame").status_code == 201
        assert bob.get(path).status_code == 200  # a ticket gives access too
        assert buy(bob, event["id"]).status_code == 201
        problem(api.sign_in().get(path), 404, "event_not_found")

    def test_everything_of_a_private_event_is_private(
        self, olga: Client, bob: Client, guest: Client
    ) -> None:
        event = make_event(olga, visibility="private", ticket_types=[STANDARD], sessions=[SESSION])
        olga.put(event_path(event, "image"), data=picture(), content_type="image/png")
        kind, session = event["ticket_types"][0]["id"], event["sessions"][0]["id"]
        for path in (
            event_path(event, "image"),
            event_path(event, "calendar.ics"),
            event_path(event, "ticket-types"),
            event_path(event, "ticket-types", kind),
            event_path(event, "sessions"),
            event_path(event, "sessions", session),
        ):
            for client in (guest, bob):
                problem(client.get(path), 404, "event_not_found")
                opened = client.get(path, query_string={"access_code": event["access_code"]})
                assert opened.status_code == 200
                assert "public" not in opened.headers.get("Cache-Control", "")

    def test_a_code_is_made_up_kept_and_given_up(self, olga: Client) -> None:
        event = make_event(olga, visibility="private")
        assert len(event["access_code"]) >= 8

        kept = change(olga, event_path(event), name="X").get_json()
        assert kept["access_code"] == event["access_code"]
        chosen = change(olga, event_path(event), access_code="my-own-code").get_json()
        assert chosen["access_code"] == "my-own-code"
        public = change(olga, event_path(event), visibility="public").get_json()
        assert public["access_code"] is None
        again = change(olga, event_path(event), visibility="private").get_json()
        assert again["access_code"] not in {None, "my-own-code", event["access_code"]}
