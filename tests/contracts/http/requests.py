"""Requests to any operation: bodies, paths, request ids; and health."""

from importlib.metadata import version

import pytest

from eventapi.testing import Client
from tests.api import JSON, problem


class TestRequests:
    @pytest.mark.parametrize("body", ["", "{", "\xff", "[1", '{"a": NaN}', "nul", "[" * 100_000])
    def test_a_body_that_is_no_json_is_refused(self, guest: Client, body: str) -> None:
        response = guest.post("/api/login", data=body.encode("latin-1"), content_type=JSON)

        problem(response, 400, "malformed_body")

    @pytest.mark.parametrize("body", ["[]", "5", '"text"', "null", "true"])
    def test_a_body_that_is_no_object_is_refused(self, guest: Client, body: str) -> None:
        response = guest.post("/api/login", data=body, content_type=JSON)

        assert list(problem(response, 422, "validation_failed")["errors"]) == ["body"]

    @pytest.mark.parametrize("content_type", ["text/plain", "application/xml", ""])
    def test_a_body_of_another_type_is_refused(self, guest: Client, content_type: str) -> None:
        response = guest.post("/api/login", data="{}", content_type=content_type)

        problem(response, 415, "unsupported_media_type")

    def test_a_body_may_be_of_a_type_that_is_json_too(self, guest: Client) -> None:
        for content_type in ("application/json; charset=utf-8", "application/vnd.x+json"):
            response = guest.post("/api/login", data="{}", content_type=content_type)
            problem(response, 422, "validation_failed")

    def test_a_body_that_is_too_large_is_refused(self, guest: Client) -> None:
        response = guest.post("/api/login", data=b" " * (1024 * 1024 + 1), content_type=JSON)

        assert problem(response, 413, "body_too_large")["limit"] == 1024 * 1024

    def test_what_is_not_there_is_a_problem_too(self, guest: Client) -> None:
        problem(guest.get("/nowhere"), 404, "path_not_found")
        problem(guest.get("//api/events"), 404, "path_not_found")
        refusal = guest.delete("/api/login")
        problem(refusal, 405, "method_not_allowed")
        assert "POST" in refusal.headers["Allow"]

    def test_the_root_leads_to_everything_else(self, guest: Client) -> None:
        for accept in ("*/*", "application/json"):
            found = guest.get("/", headers={"Accept": accept}).get_json()
            assert found["name"] == "EventAPI"
        assert found["version"] == version("eventapi-engine")
        assert found["links"]["documentation"] == "/docs/"
        for path in found["links"].values():
            assert guest.get(path).status_code == 200

    def test_browsers_get_links_at_the_root(self, guest: Client) -> None:
        browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        page = guest.get("/", headers={"Accept": browser})

        assert page.mimetype == "text/html"
        assert page.headers["Vary"] == "Accept"
        for path in guest.get("/").get_json()["links"].values():
            assert f'<a href="{path}">' in page.get_data(as_text=True)

    @pytest.mark.parametrize("path", ["/api/events", "/api/orders", "/api/users/me"])
    def test_a_path_answers_with_and_without_a_slash_at_the_end(
        self, bob: Client, path: str
    ) -> None:
        assert bob.get(path).status_code == bob.get(f"{path}/").status_code == 200

    def test_a_sane_request_id_is_kept_and_another_replaced(self, guest: Client) -> None:
        kept = guest.get("/api/events", headers={"X-Request-ID": "abc-1.2_3"})
        assert kept.headers["X-Request-ID"] == "abc-1.2_3"
        for odd in ("", "a b", "x" * 129, "<script>", "\xe9"):
            made = guest.get("/api/events", headers={"X-Request-ID": odd}).headers["X-Request-ID"]
            assert made != odd
            assert len(made) == 32

    def test_health_is_told(self, guest: Client) -> None:
        for path in ("/health/live", "/health/ready"):
            assert guest.get(path).get_json() == {"status": "ok"}
