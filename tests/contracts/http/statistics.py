"""The statistics of an event, and the ranking of events."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from eventapi.testing import Client
from eventapi.testing.api import Api
from tests.api import STANDARD, TYPES, buy, change, event_path, make_event, problem


class TestStatistics:
    def test_sales_are_told_by_type_currency_and_day(
        self, api: Api, olga: Client, bob: Client, admin: Client
    ) -> None:
        dollars = {"name": "Dollars", "price": "10.50", "currency": "USD", "quantity": 9}
        event = make_event(olga, ticket_types=[*TYPES, dollars], timezone="Pacific/Auckland")
        standard, child, dollar = (kind["id"] for kind in event["ticket_types"])
        for kind, quantity in ((standard, 2), (child, 1)):
            buy(bob, event["id"], quantity, ticket_type=kind)
        first = auckland_day(api)
        api.clock.advance(timedelta(days=2))
        buy(bob, event["id"], 3, ticket_type=dollar)
        buy(bob, event["id"], 1, ticket_type=standard)

        stats = olga.get(event_path(event, "stats")).get_json()

        assert stats == admin.get(event_path(event, "stats")).get_json()
        assert (stats["capacity"], stats["tickets_sold"]) == (100, 7)
        assert [
            (kind["ticket_type"]["name"], kind["tickets_sold"], kind["tickets_remaining"])
            for kind in stats["ticket_types"]
        ] == [("Standard", 3, 2), ("Child", 1, 2), ("Dollars", 3, 6)]
        assert stats["revenue"] == [
            {"currency": "EUR", "amount": "150.00"},
            {"currency": "USD", "amount": "31.50"},
        ]
        assert stats["sales_by_day"] == [
            {"date": first, "tickets": 3},
            {"date": auckland_day(api), "tickets": 4},
        ]
        assert (stats["checked_in"], stats["waitlisted"], stats["cancelled"]) == (0, 0, 0)

    def test_an_event_without_types_and_sales_has_figures_too(self, olga: Client) -> None:
        event = make_event(olga)

        stats = olga.get(event_path(event, "stats")).get_json()

        assert (stats["tickets_remaining"], stats["ticket_types"], stats["revenue"]) == (
            100, [], [],
        )  # fmt: skip
        assert stats["sales_by_day"] == []

    def test_what_was_sold_before_there_were_types_counts_for_none(
        self, olga: Client, bob: Client
    ) -> None:
        event = make_event(olga)
        buy(bob, event["id"], 2)
        change(olga, event_path(event), ticket_types=[STANDARD])
        buy(bob, event["id"], 1)

        stats = olga.get(event_path(event, "stats")).get_json()

        assert [
            (kind["ticket_type"] and kind["ticket_type"]["name"], kind["tickets_sold"])
            for kind in stats["ticket_types"]
        ] == [("Standard", 1), (None, 2)]

    def test_the_top_events_are_an_admins_over_all_and_an_organizers_own(
        self, api: Api, guest: Client, olga: Client, bob: Client
    ) -> None:
        otto = api.sign_in("organizer")
        events = [make_event(olga), make_event(otto), make_event(olga), make_event(otto)]
        for event, quantity in zip(events, (2, 5, 3, 1), strict=True):
            buy(bob, event["id"], quantity)

        def ranking(client: Client, query: str = "") -> list[tuple[int, int, int]]:
            report = client.get(f"/api/reports/top-events{query}").get_json()
            return [
                (item["rank"], item["event"]["id"], item["event"]["tickets_sold"])
                for item in report["items"]
            ]

        ids = [event["id"] for event in events]
        everything = [(1, ids[1], 5), (2, ids[2], 3), (3, ids[0], 2), (4, ids[3], 1)]
        assert ranking(api.sign_in("admin")) == everything[:3]
        assert ranking(api.sign_in("admin"), "?limit=100") == everything
        assert ranking(olga) == [(1, ids[2], 3), (2, ids[0], 2)]
        problem(bob.get("/api/reports/top-events"), 403, "not_allowed")
        problem(guest.get("/api/reports/top-events"), 401, "not_signed_in")
        for limit in ("0", "101", "x"):
            refusal = olga.get(f"/api/reports/top-events?limit={limit}")
            problem(refusal, 422, "validation_failed")


def auckland_day(api: Api) -> str:
    return api.clock.now().astimezone(ZoneInfo("Pacific/Auckland")).date().isoformat()
