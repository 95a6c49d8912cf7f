"""Protection against attacks: keys, headers, proxies, bodies, logs."""

import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog

from eventapi.adapters.passwords import Argon2PasswordHasher
from eventapi.entrypoints.bootstrap import http_config, memory_use_cases
from eventapi.entrypoints.http import create_app
from eventapi.entrypoints.logs import configure_logs
from eventapi.entrypoints.settings import Settings
from eventapi.testing import Client, ManualClock, MemoryApi
from eventapi.testing.api import PASSWORD, TEST_SETTINGS, Api
from tests.api import (
    bearer,
    by_secret,
    make_event,
    make_order,
    make_registration,
    problem,
    register,
)
from tests.builders import NOW
from tests.conformance import watched_app


def api_with(*, old_api: Api | None = None, **config: Any) -> Api:
    """Return an API with a configuration, on new storage or on that of another API."""
    clock = ManualClock(NOW)
    use_cases = (
        old_api.app.extensions["eventapi"]
        if old_api
        else memory_use_cases(Settings(), clock=clock, hasher=Argon2PasswordHasher.cheap())
    )
    settings = replace(TEST_SETTINGS, **config)
    return Api(use_cases, clock, app=create_app(use_cases, http_config(settings)))


@pytest.fixture
def api() -> Api:
    return MemoryApi(now=NOW, app=watched_app())


# Keys


def test_a_new_key_signs_while_what_old_ones_signed_is_good_until_they_go() -> None:
    old = api_with(secret_key="o" * 64)
    bob = old.sign_in("user", username="bob")
    between = api_with(old_api=old, secret_key="n" * 64, old_secret_keys=("o" * 64, "a" * 64))
    after = api_with(old_api=old, secret_key="n" * 64)

    here = Client(between.app, bob.tokens)
    assert here.get("/api/users/me").status_code == 200
    renewed = here.post("/api/token/refresh", headers=bearer(bob.tokens["refresh"])).get_json()
    for app in (between, after):
        headers = bearer(renewed["access"])
        assert app.guest().get("/api/users/me", headers=headers).status_code == 200
    problem(Client(after.app, bob.tokens).get("/api/users/me"), 401, "invalid_token")
    # A token signed with the new key is not valid for an API with the old one.
    headers = bearer(renewed["access"])
    problem(old.guest().get("/api/users/me", headers=headers), 401, "invalid_token")


def test_secrets_of_orders_outlive_the_key_they_were_made_with() -> None:
    clock = ManualClock(NOW)
    cheap = Argon2PasswordHasher.cheap()
    from eventapi.adapters.order_access_tokens import HmacOrderAccessTokens  # noqa: PLC0415

    use_cases = memory_use_cases(Settings(secret_key="o" * 64), clock=clock, hasher=cheap)
    api = Api(use_cases, clock)
    order = register(api.guest(), make_event(api.sign_in("organizer")), "a@b.org").get_json()
    with_new_key = HmacOrderAccessTokens("n" * 64, ["o" * 64])
    api.app.extensions["eventapi"] = replace(
        use_cases, get_order=replace(use_cases.get_order, tokens=with_new_key)
    )
    assert api.guest().get(by_secret(order)).status_code == 200
    without_old_key = HmacOrderAccessTokens("n" * 64)
    api.app.extensions["eventapi"] = replace(
        use_cases, get_order=replace(use_cases.get_order, tokens=without_old_key)
    )
    assert api.guest().get(by_secret(order)).status_code == 404


# Headers


def test_every_answer_tells_browsers_to_be_careful(api: Api) -> None:
    for path in ("/api/events", "/api/nothing", "/health/live", "/api/openapi.json"):
        headers = api.guest().get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "Strict-Transport-Security" not in headers
        assert "Access-Control-Allow-Origin" not in headers
    docs = api.guest().get("/docs/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in docs
    safe = api.guest().get("/api/events", base_url="https://example.org").headers
    assert safe["Strict-Transport-Security"].startswith("max-age=")


def test_what_is_somebody_s_own_is_kept_by_no_cache_on_the_way(api: Api) -> None:
    bob = api.sign_in("user", username="bob")
    event = make_event(api.sign_in("organizer"))
    order = register(api.guest(), event, "ada@example.org")
    for response in (
        bob.get("/api/users/me"),
        bob.get("/api/orders"),
        api.guest().get(by_secret(order.get_json())),
        api.guest().get(f"/api/tickets/{order.get_json()['tickets'][0]['code']}"),
    ):
        assert response.headers["Cache-Control"] == "private, no-cache"
    login = api.guest().post("/api/login", json={"username": "bob", "password": PASSWORD})
    for response in (login, order):
        assert response.headers["Cache-Control"] == "no-store"


def test_credentials_in_another_form_are_not_a_guest_s(api: Api) -> None:
    olga = api.sign_in("organizer")
    key = olga.post("/api/keys", json={"name": "x", "scopes": ["check_in"]}).get_json()["key"]

    for sent in (f"bearer {key}", f"BEARER  {key}"):
        answer = api.guest().get("/api/orders", headers={"Authorization": sent})
        assert answer.status_code in {401, 403}, sent
    token = olga.tokens["access"]
    answer = api.guest().get("/api/users/me", headers={"Authorization": f"bearer {token}"})
    assert answer.get_json()["username"] == "organizer-1"
    for sent in ("Basic x", "Bearer", "Token abc", f"Basic {token}"):
        answer = api.guest().get("/api/events", headers={"Authorization": sent})
        problem(answer, 401, "invalid_token")


def test_no_other_page_may_call_the_api_until_it_is_told_so(api: Api) -> None:
    preflight = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,if-match",
    }
    opened = api_with(cors_origins=("https://shop.example",))

    answer = api.guest().request("OPTIONS", "/api/events", headers=preflight)
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer = opened.guest().request("OPTIONS", "/api/events", headers=preflight)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "if-match" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Credentials" not in answer.headers
    shown = opened.guest().get("/api/events", headers={"Origin": "https://shop.example"})
    assert "ETag" in shown.headers["Access-Control-Expose-Headers"]
    for origin in ("https://evil.example", "https://shop.example.evil.example", "null"):
        foreign = opened.guest().get("/api/events", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in foreign.headers


@pytest.mark.parametrize("name", ["a\r\nX-Evil: 1", "b\nSet-Cookie: x=1"])
def test_no_header_can_be_smuggled_into_an_answer(api: Api, name: str) -> None:
    olga = api.sign_in("organizer")

    assert (
        olga.post(
            "/api/events", json={"name": name, "date": "2030-06-01", "capacity": 1}
        ).status_code
        == 422
    )
    echoed = api.guest().get("/api/events", headers={"X-Request-ID": "sane"})
    assert echoed.headers["X-Request-ID"] == "sane"
    for insane in ("a b", "x" * 129, "<script>", "é"):
        answer = api.guest().get("/api/events", headers={"X-Request-ID": insane})
        assert answer.headers["X-Request-ID"] != insane


# Proxies


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", "127.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        (2, "203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (1, "nonsense" * 50, None),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_proxies_are_believed_only_where_told(
    proxies: int, forwarded: str, address: str | None
) -> None:
    api = api_with(trusted_proxies=proxies)
    admin = api.sign_in("admin")
    headers = {"X-Forwarded-For": forwarded}
    made = admin.post(
        "/api/events", json={"name": "x", "date": "2090-01-01", "capacity": 1}, headers=headers
    )

    (line,) = admin.get(f"/api/audit?event={made.get_json()['id']}").get_json()["items"]
    assert line["address"] == address


# Bodies


def test_deep_and_large_bodies_are_refused(api: Api) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    nested = '{"name": ' + '{"a": ' * 500 + "1" + "}" * 501

    for body in (deep, nested, '{"username": ' + deep + "}"):
        answer = api.guest().post("/api/register", data=body, content_type="application/json")
        assert answer.status_code in {400, 422}
    large = '{"username": "' + "x" * (1024 * 1024) + '"}'
    answer = api.guest().post("/api/register", data=large, content_type="application/json")
    problem(answer, 413, "body_too_large")
    answer = api.guest().post("/api/register", data="{}", content_type="text/plain")
    problem(answer, 415, "unsupported_media_type")


# Logs


@pytest.fixture(params=["production", "development"])
def logged(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All log output."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    written = io.StringIO()
    configure_logs(json=request.param == "production", level="debug", stream=written)
    yield written
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_no_log_and_no_error_tells_a_secret(
    api: Api, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga, bob = api.sign_in("organizer"), api.sign_in("user", username="bob")
    event = make_event(olga)
    order = make_order(bob, event["id"], attendees=[{"name": "Very Hidden"}])
    guests = make_registration(api.guest(), event, "hidden@example.org")
    key = olga.post("/api/keys", json={"name": "x", "scopes": ["manage"]}).get_json()["key"]

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    cases = api.app.extensions["eventapi"]
    for name in ("get_ticket", "get_order", "sign_in", "list_events"):
        monkeypatch.setattr(type(getattr(cases, name)), "__call__", fail)
    monkeypatch.setitem(api.app.config, "PROPAGATE_EXCEPTIONS", False)
    code = order["tickets"][0]["code"]
    answers = [
        api.guest().get(f"/api/tickets/{code}"),
        api.guest().get(by_secret(guests)),
        api.guest().post("/api/login", json={"username": "bob", "password": PASSWORD}),
        bob.get("/api/events"),
        Client(api.app, {"access": key}).get("/api/events"),
    ]

    text = logged.getvalue()
    assert [answer.status_code for answer in answers] == [500] * 5
    assert text.count("a defect") >= 5
    secrets = [
        code, guests["secret"], PASSWORD, key, bob.tokens["access"], bob.tokens["refresh"],
        "Very Hidden", "hidden@example.org",
    ]  # fmt: skip
    for secret in secrets:
        assert secret not in text
        for answer in answers:
            assert secret not in answer.get_data(as_text=True)
            assert "a defect" not in answer.get_data(as_text=True)
    for answer in answers:
        assert answer.headers["X-Request-ID"] in text


def test_no_cache_stores_what_an_operation_with_secrets_answers_not_even_its_errors() -> None:
    api = MemoryApi()
    olga = api.sign_in("organizer", username="olga")
    event = make_event(olga)

    for answer, status in (
        (api.guest().post("/api/login", json={"username": "olga", "password": PASSWORD}), 200),
        (api.guest().post("/api/login", json={"username": "olga", "password": "wrong one"}), 401),
        (api.guest().post("/api/token/refresh"), 401),
        (olga.post("/api/keys", json={"name": "x", "scopes": []}), 422),
        (api.guest().post(f"/api/events/{event['id']}/register", json={}), 422),
        (api.guest().post("/api/events/999/register", json={"name": "A", "email": "a@b.org"}), 404),
    ):
        assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")
    assert api.guest().get("/api/events").headers["Cache-Control"] == "private, no-cache"
