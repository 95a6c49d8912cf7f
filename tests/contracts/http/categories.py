"""Categories."""

import pytest

from eventapi.testing import Client
from tests.api import change, errors_of, event_body, event_path, make_event, problem


class TestCategories:
    def test_a_slug_is_made_of_the_name_and_stays(self, admin: Client, guest: Client) -> None:
        made = admin.post("/api/categories", json={"name": "Théâtre & Opéra"})

        assert made.status_code == 201
        assert made.headers["Location"] == "/api/categories/theatre-opera"
        assert made.get_json() == {"slug": "theatre-opera", "name": "Théâtre & Opéra"}
        renamed = admin.patch("/api/categories/theatre-opera", json={"name": "Stage"})
        assert renamed.get_json() == {"slug": "theatre-opera", "name": "Stage"}
        assert guest.get(made.headers["Location"]).get_json() == renamed.get_json()

    @pytest.mark.parametrize(
        ("name", "slug"),
        [
            ("Food_and  Drink!", "food-and-drink"),
            ("Straßenfest", "strassenfest"),
            ("Концерты", "концерты"),
            ("音楽 Live", "音楽-live"),
            ("x" * 100, "x" * 100),
        ],
    )
    def test_every_name_has_a_slug(
        self, admin: Client, guest: Client, name: str, slug: str
    ) -> None:
        made = admin.post("/api/categories", json={"name": name}).get_json()

        assert made["slug"] == slug
        assert guest.get(f"/api/categories/{slug}").get_json() == made

    @pytest.mark.parametrize("name", ["", "  ", "!!!", "x" * 101, None, 5, "a\nb"])
    def test_a_wrong_name_is_refused(self, admin: Client, name: object) -> None:
        body = {"name": name}
        admin.post("/api/categories", json={"name": "Jazz"})

        assert errors_of(admin.post("/api/categories", json=body)) == ["name"]
        if name != "!!!":
            assert errors_of(admin.patch("/api/categories/jazz", json=body)) == ["name"]

    def test_a_slug_is_taken_once(self, admin: Client) -> None:
        admin.post("/api/categories", json={"name": "Jazz"})

        refusal = problem(
            admin.post("/api/categories", json={"name": "JÀZZ!"}), 409, "category_taken"
        )

        assert refusal["category"] == "jazz"

    def test_categories_are_listed_by_name(self, admin: Client, guest: Client) -> None:
        for name in ("Zoo", "Äpfel", "apes", "Öl"):
            admin.post("/api/categories", json={"name": name})

        listed = guest.get("/api/categories").get_json()["items"]

        assert [category["name"] for category in listed] == ["apes", "Äpfel", "Öl", "Zoo"]

    def test_a_category_in_use_is_not_deleted(
        self, admin: Client, olga: Client, guest: Client
    ) -> None:
        admin.post("/api/categories", json={"name": "Jazz"})
        event = make_event(olga, category="jazz")
        assert event["category"] == {"slug": "jazz", "name": "Jazz"}

        problem(admin.delete("/api/categories/jazz"), 409, "category_in_use")
        change(olga, event_path(event), category=None)
        assert admin.delete("/api/categories/jazz").status_code == 204
        problem(guest.get("/api/categories/jazz"), 404, "category_not_found")
        assert errors_of(olga.post("/api/events", json=event_body(category="jazz"))) == ["category"]

    def test_only_admins_manage_categories(
        self, admin: Client, olga: Client, bob: Client, guest: Client
    ) -> None:
        admin.post("/api/categories", json={"name": "Jazz"})
        for client, status, code in (
            (guest, 401, "not_signed_in"),
            (bob, 403, "not_allowed"),
            (olga, 403, "not_allowed"),
        ):
            problem(client.post("/api/categories", json={"name": "X"}), status, code)
            problem(client.patch("/api/categories/jazz", json={"name": "X"}), status, code)
            problem(client.delete("/api/categories/jazz"), status, code)

    @pytest.mark.parametrize("slug", ["nowhere", "No%20Slug", "%00", "..", "a" * 300])
    def test_a_category_that_is_not_there_is_not_found(self, admin: Client, slug: str) -> None:
        path = f"/api/categories/{slug}"

        for response in (
            admin.get(path),
            admin.patch(path, json={"name": "X"}),
            admin.delete(path),
        ):
            assert response.status_code == 404, response.data
