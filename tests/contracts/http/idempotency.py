"""Idempotency keys on every request that creates something."""

from typing import Any

import pytest

from eventapi.testing import Client
from eventapi.testing.api import PASSWORD, Api
from tests.api import (
    SESSION,
    STANDARD,
    event_body,
    event_path,
    make_event,
    make_order,
    order_path,
    problem,
    sign_in,
)
from tests.concurrency import run_together

KEY = {"Idempotency-Key": "once"}


class TestIdempotencyKeys:
    """A request that is sent again with its key is answered as before, and does nothing."""

    def creations(self, event: dict[str, Any]) -> list[tuple[str, dict[str, Any], str]]:
        """Return paths and bodies, with a field that can be changed."""
        return [
            ("/api/events", event_body(ticket_types=[STANDARD], sessions=[SESSION]), "name"),
            (event_path(event, "ticket-types"), dict(STANDARD), "name"),
            (event_path(event, "sessions"), dict(SESSION), "title"),
            ("/api/categories", {"name": "Jazz"}, "name"),
            ("/api/register", {"username": "eve", "password": PASSWORD}, "username"),
        ]

    @pytest.mark.parametrize("number", range(5))
    def test_what_is_created_is_created_once(self, admin: Client, number: int) -> None:
        event = make_event(admin)
        path, body, field = self.creations(event)[number]

        first = admin.post(path, json=body, headers=KEY)
        again = admin.post(path, json=dict(reversed(body.items())), headers=KEY)
        other = admin.post(path, json=body | {field: "Another"}, headers=KEY)
        next_one = admin.post(
            path, json=body | {field: "Another"}, headers={"Idempotency-Key": "2"}
        )

        assert (first.status_code, again.status_code) == (201, 201)
        assert again.get_json() == first.get_json()
        for header in ("Location", "ETag"):
            assert again.headers.get(header) == first.headers.get(header)
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        problem(other, 422, "idempotency_key_reused")
        assert next_one.status_code == 201
        assert next_one.headers["Location"] != first.headers["Location"]

    def test_a_key_belongs_to_one_request_of_one_account(
        self, admin: Client, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        first = olga.post("/api/events", json=event_body(), headers=KEY).get_json()

        others = admin.post("/api/events", json=event_body(), headers=KEY)

        assert others.status_code == 201
        assert others.get_json()["id"] != first["id"]
        added = olga.post(event_path(event, "sessions"), json=SESSION, headers=KEY)
        problem(added, 422, "idempotency_key_reused")
        bought = bob.post(event_path(event, "purchase"), json={"quantity": 1}, headers=KEY)
        handed = order_path(bought.get_json(), "tickets", bought.get_json()["tickets"][0]["id"])
        person = {"name": "Eve", "email": "eve@example.org"}
        moved = bob.post(f"{handed}/transfer", json=person, headers=KEY)
        problem(moved, 422, "idempotency_key_reused")

    def test_a_refusal_is_not_kept(self, olga: Client) -> None:
        assert olga.post("/api/events", json={"name": ""}, headers=KEY).status_code == 422

        made = olga.post("/api/events", json=event_body(), headers=KEY)

        assert made.status_code == 201
        assert "Idempotent-Replayed" not in made.headers

    def test_the_answer_is_that_of_then(self, olga: Client) -> None:
        made = olga.post("/api/events", json=event_body(), headers=KEY).get_json()
        olga.patch(event_path(made), json={"name": "Later"})

        again = olga.post("/api/events", json=event_body(), headers=KEY).get_json()

        assert again == made

    def test_a_ticket_is_handed_on_once(self, olga: Client, bob: Client) -> None:
        order = make_order(bob, make_event(olga)["id"])
        path = order_path(order, "tickets", order["tickets"][0]["id"], "transfer")
        person = {"name": "Eve", "email": "eve@example.org"}

        first = bob.post(path, json=person, headers=KEY)
        again = bob.post(path, json=person, headers=KEY)

        assert (first.status_code, again.get_json()) == (200, first.get_json())
        assert again.headers["Idempotent-Replayed"] == "true"
        problem(bob.post(path, json=person), 409, "ticket_cancelled")

    def test_a_key_that_was_lost_is_not_shown_again(self, olga: Client) -> None:
        body = {"name": "Door", "scopes": ["check_in"]}
        first = olga.post("/api/keys", json=body, headers=KEY).get_json()

        again = olga.post("/api/keys", json=body, headers=KEY)

        assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
        assert again.get_json() == first | {"key": None}
        assert len(olga.get("/api/keys").get_json()["items"]) == 1

    def test_a_guest_signs_up_once_with_one_password(self, api: Api, guest: Client) -> None:
        body = {"username": "eve", "password": PASSWORD, "email": "Eve@Example.org"}
        first = guest.post("/api/register", json=body, headers=KEY)

        again = guest.post("/api/register", json=body, headers=KEY)
        guessed = guest.post("/api/register", json=body | {"password": "x" * 12}, headers=KEY)
        other = guest.post("/api/register", json=body | {"username": "ada"}, headers=KEY)

        assert (first.status_code, again.status_code, other.status_code) == (201, 201, 201)
        assert again.get_json() == first.get_json()
        problem(guessed, 422, "idempotency_key_reused")
        # The stored answer has nothing personal: who is erased, is not in it.
        sign_in(api, "eve").delete("/api/users/me")
        late = guest.post("/api/register", json=body, headers=KEY)
        problem(late, 422, "idempotency_key_reused")

    def test_who_may_not_create_it_gets_no_answer_of_others(
        self, olga: Client, otto: Client, guest: Client
    ) -> None:
        event = make_event(olga)
        path = event_path(event, "sessions")
        olga.post(path, json=SESSION, headers=KEY)

        problem(otto.post(path, json=SESSION, headers=KEY), 403, "not_allowed")
        problem(guest.post(path, json=SESSION, headers=KEY), 401, "not_signed_in")

    def test_of_many_at_the_same_time_one_creates(self, admin: Client) -> None:
        def create(path: str, body: dict[str, Any]) -> list[Any]:
            def post() -> Any:
                answer = admin.post(path, json=body, headers={"Idempotency-Key": path})
                return answer.status_code, answer.headers["Location"]

            return run_together([post] * 6)

        for path, body, _ in self.creations(make_event(admin))[:4]:
            answers = create(path, body)
            assert {status for status, _ in answers} == {201}, answers
            assert len({location for _, location in answers}) == 1
