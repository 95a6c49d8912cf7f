"""The request log: one line for each request, without secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from eventapi.entrypoints.logs import configure_logs
from eventapi.testing import Client, MemoryApi
from eventapi.testing.api import PASSWORD
from tests.api import by_secret, make_event, make_order, make_registration
from tests.builders import NOW
from tests.conformance import watched_app


class Log:
    """What is logged, in the format of production unless another is set."""

    def __init__(self) -> None:
        self.configure()

    def configure(self, *, json: bool = True, level: str = "info") -> None:
        self.stream = io.StringIO()
        configure_logs(json=json, level=level, stream=self.stream)

    def text(self) -> str:
        return self.stream.getvalue()

    def requests(self) -> list[dict[str, Any]]:
        """Return the entries of requests."""
        entries = [json.loads(line) for line in self.text().splitlines()]
        return [entry for entry in entries if entry["event"] == "request"]


@pytest.fixture
def log() -> Iterator[Log]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Log()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def api() -> MemoryApi:
    return MemoryApi(now=NOW, app=watched_app())


def account(client: Client) -> int:
    id: int = client.get("/api/users/me").get_json()["id"]
    return id


def test_a_request_writes_one_line_with_who_asked_for_what_and_how_it_ended(
    api: MemoryApi, log: Log
) -> None:
    olga, bob = api.sign_in("organizer"), api.sign_in("user")
    event = make_event(olga)
    key = olga.post("/api/keys", json={"name": "x", "scopes": ["read_events"]}).get_json()
    owner, buyer = account(olga), account(bob)
    path = f"/api/events/{event['id']}"
    log.configure()

    sale = bob.post(
        f"{path}/purchase",
        json={"quantity": 1},
        headers={"X-Request-ID": "abc"},
        environ_base={"REMOTE_ADDR": "192.0.2.7"},
    )
    Client(api.app, {"access": key["key"]}).get(path)
    api.guest().get("/api/nowhere")

    first, second, third = log.requests()
    assert sale.status_code == 201
    assert 0 < first.pop("duration_ms") < 10_000
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "request", "level": "info", "request_id": "abc", "method": "POST",
        "route": "/api/events/{event_id}/purchase", "event_id": str(event["id"]), "status": 201,
        "account": buyer, "address": "192.0.2.7",
    }  # fmt: skip
    assert (second["status"], second["account"], second["api_key"]) == (200, owner, key["id"])
    assert third["status"] == 404
    assert third.keys() & {"route", "account", "api_key"} == set()


def test_no_secret_is_in_the_request_log(api: MemoryApi, log: Log) -> None:
    olga, bob = api.sign_in("organizer"), api.sign_in("user", username="bob")
    event = make_event(olga, visibility="private", access_code="Sesame-Open-77")
    shown = make_event(olga)
    order = make_order(bob, shown["id"], attendees=[{"name": "Very Hidden"}])
    guests = make_registration(api.guest(), shown, "hidden@example.org")
    key = olga.post("/api/keys", json={"name": "x", "scopes": ["manage"]}).get_json()["key"]
    code = order["tickets"][0]["code"]
    for level, json_lines in (("debug", True), ("debug", False)):
        log.configure(json=json_lines, level=level)
        answers = [
            api.guest().get(f"/api/tickets/{code}"),
            api.guest().get(f"/api/tickets/{code}/qr.svg"),
            api.guest().get(f"/api/ticket/{code}"),
            api.guest().get(by_secret(guests)),
            bob.get(f"/api/events/{event['id']}?access_code=Sesame-Open-77"),
            api.guest().post("/api/login", json={"username": "bob", "password": PASSWORD}),
            bob.post("/api/token/refresh", headers={"Authorization": f"Bearer {bob.tokens['refresh']}"}),
            Client(api.app, {"access": key}).get("/api/events?q=hidden%40example.org"),
        ]  # fmt: skip

        assert [answer.status_code for answer in answers[:3]] == [200, 200, 404]
        assert len(log.text().splitlines()) == len(answers)
        for secret in (
            code, guests["secret"], PASSWORD, key, bob.tokens["access"], bob.tokens["refresh"],
            "Sesame-Open-77",
            "Very Hidden", "hidden",
        ):  # fmt: skip
            assert str(secret) not in log.text(), secret
        bob.tokens = answers[6].get_json() or bob.tokens


def test_health_checks_are_logged_for_debugging_only(api: MemoryApi, log: Log) -> None:
    api.guest().get("/health/live")
    assert log.requests() == []

    log.configure(level="debug")
    api.guest().get("/health/live")
    assert [entry["level"] for entry in log.requests()] == ["debug"]


def test_with_level_warning_only_failures_are_logged(
    api: MemoryApi, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    log.configure(level="warning")
    monkeypatch.setattr(type(api.app.extensions["eventapi"].list_events), "__call__", fail)
    monkeypatch.setitem(api.app.config, "PROPAGATE_EXCEPTIONS", False)

    api.guest().get("/api/categories")
    api.guest().get("/api/events")

    (entry,) = log.requests()
    assert (entry["level"], entry["status"]) == ("error", 500)


def test_in_development_lines_are_for_people(api: MemoryApi, log: Log) -> None:
    log.configure(json=False)

    api.guest().get("/api/categories")

    (line,) = log.text().splitlines()
    assert "request" in line
    assert "route=/api/categories" in line
    assert "status=200" in line
    assert "None" not in line


def test_an_api_for_tests_of_clients_logs_no_requests(capfd: pytest.CaptureFixture[str]) -> None:
    MemoryApi().guest().get("/api/events")

    assert capfd.readouterr() == ("", "")
