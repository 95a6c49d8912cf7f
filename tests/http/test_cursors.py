"""Cursors are signed for their list and order, by the keys of the installation."""

from typing import Any

from tests.api import make_event, problem
from tests.http.test_hardening import api_with

LONGEST_NAME = "\N{MUSICAL SYMBOL G CLEF}" * 255


def next_of(answer: Any) -> str:
    cursor: str = answer.get_json()["next"]
    return cursor


def test_a_cursor_is_refused_by_another_list_of_the_same_positions() -> None:
    api = api_with()
    admin = api.sign_in("admin")
    make_event(admin)
    api.sign_in("user")
    users = next_of(admin.get("/api/users?limit=1"))
    audit = next_of(admin.get("/api/audit?limit=1"))

    assert admin.get(f"/api/users?cursor={users}").status_code == 200
    assert admin.get(f"/api/audit?cursor={audit}").status_code == 200
    problem(admin.get(f"/api/users?cursor={audit}"), 422, "invalid_cursor")
    problem(admin.get(f"/api/audit?cursor={users}"), 422, "invalid_cursor")


def test_a_changed_cursor_is_refused() -> None:
    api = api_with()
    olga = api.sign_in("organizer")
    for _ in range(2):
        make_event(olga)
    payload, _, signature = next_of(olga.get("/api/events?limit=1")).partition(".")

    for cursor in (
        payload,
        f"{payload}.",
        f"{payload}.{signature[:-1]}",
        f"x{payload}.{signature}",
    ):
        problem(olga.get(f"/api/events?cursor={cursor}"), 422, "invalid_cursor")


def test_a_cursor_is_valid_while_its_key_is() -> None:
    old = api_with(secret_key="o" * 64)
    olga = old.sign_in("organizer")
    for _ in range(2):
        make_event(olga)
    cursor = next_of(olga.get("/api/events?limit=1"))
    between = api_with(old_api=old, secret_key="n" * 64, old_secret_keys=("o" * 64,))
    after = api_with(old_api=old, secret_key="n" * 64)

    path = f"/api/events?cursor={cursor}"
    assert len(between.guest().get(path).get_json()["items"]) == 1
    problem(after.guest().get(path), 422, "invalid_cursor")


def test_the_cursor_of_the_longest_name_is_accepted() -> None:
    api = api_with()
    olga = api.sign_in("organizer")
    for _ in range(2):
        make_event(olga, name=LONGEST_NAME)

    cursor = next_of(olga.get("/api/events?sort=name&limit=1"))
    second = olga.get(f"/api/events?sort=name&cursor={cursor}")

    assert [event["name"] for event in second.get_json()["items"]] == [LONGEST_NAME]
