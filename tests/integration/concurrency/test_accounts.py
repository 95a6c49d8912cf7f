"""Accounts with many requests at the same instant, and in several processes."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import psutil
import pytest
from sqlalchemy import Engine, text

from eventapi.application.ports.accounts import UserSearch
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role
from eventapi.domain.values import UserId
from eventapi.testing import Client
from eventapi.testing.api import PASSWORD, Api
from tests.api import (
    buy,
    event_path,
    id_of,
    make_event,
    make_order,
    order_path,
    problem,
    renew,
    sign_in,
    tickets_sold,
)
from tests.concurrency import run_together
from tests.integration.served import Served, served
from tests.integration.test_postgres_api import postgres_api

pytestmark = pytest.mark.slow

ROUNDS = 5
BY_HAND = Actor(UserId(0), "by-hand", Role.ADMIN)
LOGINS, BUYERS = 200, 8


@pytest.fixture
def api(database_url: str) -> Api:
    return postgres_api(database_url, connections=12)


# At the same instant


def test_of_two_that_use_a_refresh_token_at_the_same_instant_one_is_the_second(api: Api) -> None:
    api.sign_in("user", username="bob")
    for _ in range(ROUNDS):
        bob = sign_in(api, "bob")

        def use(refresh: str = bob.tokens["refresh"]) -> str:
            answer = renew(api.guest(), refresh)
            return str(answer.get_json().get("code", answer.status_code))

        codes = Counter(run_together([use] * 4))

        assert codes["200"] == 1
        assert codes["refresh_token_reused"] == 1  # which ended the session for the others
        assert codes["session_ended"] == 2
        problem(bob.get("/api/users/me"), 401, "session_ended")


@pytest.mark.parametrize("change", [{"role": "user"}, {"is_disabled": True}, None])
def test_two_admins_who_dismiss_each_other_at_the_same_instant_leave_one(
    api: Api, change: dict[str, Any] | None
) -> None:
    manage = api.app.extensions["eventapi"].manage_accounts
    for number in range(ROUNDS):
        admins = [api.sign_in("admin", username=f"admin-{number}-{side}") for side in "ab"]
        ids = [id_of(client) for client in admins]
        for other in manage.list(
            BY_HAND, UserSearch(role=Role.ADMIN, is_disabled=False), after=None, limit=100
        ).items:
            if other.id not in ids:  # admins of earlier rounds
                manage.update(BY_HAND, other.id, role="user", is_disabled=None)

        def dismiss(one: int, admins: list[Client] = admins, ids: list[int] = ids) -> int:
            path = f"/api/users/{ids[1 - one]}"
            answer = admins[one].patch(path, json=change) if change else admins[one].delete(path)
            return answer.status_code

        answers = run_together([partial(dismiss, 0), partial(dismiss, 1)])

        # The second is no longer an admin, or would have removed the last one.
        done, refused = sorted(answers, key=str)
        assert done in {200, 204}
        assert refused in {401, 403, 409}
        left = [client for client in admins if client.get("/api/users").status_code == 200]
        assert len(left) == 1
        problem(left[0].delete("/api/users/me"), 409, "last_admin")


def test_of_many_that_revoke_a_key_at_once_one_revokes_it(api: Api) -> None:
    olga, admin = api.sign_in("organizer"), api.sign_in("admin")
    for _ in range(ROUNDS):
        key = olga.post("/api/keys", json={"name": "door", "scopes": ["check_in"]}).get_json()

        def revoke(path: str = f"/api/keys/{key['id']}") -> int:
            return olga.delete(path).status_code

        assert Counter(run_together([revoke] * 4)) == {204: 1, 404: 3}

    revoked = admin.get("/api/audit?action=api_key.revoked&limit=100").get_json()["items"]
    assert len(revoked) == ROUNDS


def test_who_is_erased_while_they_buy_leaves_no_name_and_exact_figures(
    api: Api, engine: Engine
) -> None:
    olga = api.sign_in("organizer")
    event = make_event(olga, capacity=1000)
    statuses: Counter[object] = Counter()
    for number in range(3 * ROUNDS):
        bob = api.sign_in("user", username=f"hidden-{number}")
        first = make_order(bob, event["id"])
        ticket = order_path(first, "tickets", first["tickets"][0]["id"])
        person = {"name": "Hidden", "email": f"hidden-{number}@example.org"}

        def purchase(client: Client = bob, person: dict[str, str] = person) -> int:
            return buy(client, event["id"], attendees=[person], key="k").status_code

        def enroll(client: Client = bob, person: dict[str, str] = person) -> int:
            return client.post(event_path(event, "register"), json=person).status_code

        def name(client: Client = bob, path: str = ticket, person: dict[str, str] = person) -> int:
            return client.patch(path, json={"attendee": person}).status_code

        def erase(client: Client = bob) -> int:
            return client.delete("/api/users/me").status_code

        answers = run_together([purchase, enroll, name, erase, purchase, enroll, name])

        assert answers[3] == 204
        assert purchase() == 401  # the account is gone
        statuses.update(answers)

    sold = tickets_sold(olga, event)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM tickets")).scalar_one() == sold
        for told in (
            "SELECT count(*) FROM users WHERE username LIKE 'hidden%'",
            "SELECT count(*) FROM tickets WHERE attendee_name IS NOT NULL",
            "SELECT count(*) FROM orders WHERE registrant LIKE 'hidden%'",
            "SELECT count(*) FROM accepted_requests WHERE CAST(answer AS text) LIKE '%hidden%'",
        ):
            assert connection.execute(text(told)).scalar_one() == 0, told
    assert set(statuses) <= {200, 201, 204, 401, 409}, statuses


# Several processes


@pytest.fixture
def program(database_url: str) -> Iterator[Served]:
    with served(
        "--workers",
        "2",
        DATABASE_URL=database_url,
        EVENTAPI_LOGIN_LIMIT="",
        EVENTAPI_ADDRESS_LIMIT="",
    ) as program:
        yield program
        assert "unhandled" not in program.interrupt()


def test_who_signs_out_is_out_in_every_process_at_once(program: Served) -> None:
    call = program.request
    account = {"username": "bob", "password": PASSWORD}
    call("POST", "/api/register", account)
    organizer = program.sign_in("organizer")
    event = {"name": "x", "date": "2090-01-01", "capacity": 100}
    _, made = call("POST", "/api/events", event, organizer)
    purchase = event_path(made, "purchase")

    for _ in range(5):
        _, tokens = call("POST", "/api/login", account)
        assert call("POST", purchase, {"quantity": 1}, tokens["access"])[0] == 201
        assert call("POST", "/api/logout", token=tokens["access"])[0] == 204
        answers = [call("POST", purchase, {"quantity": 1}, tokens["access"]) for _ in range(6)]
        assert {(status, body["code"]) for status, body in answers} == {(401, "session_ended")}
    assert call("GET", event_path(made))[1]["tickets_sold"] == 5


def test_a_flood_of_logins_neither_eats_the_memory_nor_stops_the_sales(program: Served) -> None:
    call = program.request
    organizer = program.sign_in("organizer")
    event = {"name": "x", "date": "2090-01-01", "capacity": 1000}
    _, made = call("POST", "/api/events", event, organizer)
    user = program.sign_in("user")
    purchase = event_path(made, "purchase")

    def log_in() -> int:
        return call("POST", "/api/login", {"username": "the-user", "password": "wrong password"})[0]

    def sell() -> list[int]:
        return [call("POST", purchase, {"quantity": 1}, user)[0] for _ in range(10)]

    results = run_together([log_in] * LOGINS + [sell] * BUYERS)

    logins, sales = results[:LOGINS], results[LOGINS:]
    assert set(map(str, logins)) <= {"401", "503"}, Counter(map(str, logins))
    assert logins.count(503) > 0
    assert logins.count(401) > 0
    assert sales == [[201] * 10] * BUYERS
    assert call("GET", event_path(made))[1]["tickets_sold"] == 10 * BUYERS
    # 200 hashes of 64 MiB at once would be 12.5 GiB; two a process are 128 MiB.
    main = psutil.Process(program.process.pid)
    peak = [_peak(process) for process in (main, *main.children(recursive=True))]
    assert max(peak) < 600 * 2**20


def _peak(process: psutil.Process) -> int:
    """Return the peak memory of a process, in bytes."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:  # noqa: PTH123
            lines = dict(line.split(":", 1) for line in status)
    except FileNotFoundError:  # not on this system, or gone
        return process.memory_info().rss
    return int(lines.get("VmHWM", "0 kB").split()[0]) * 1024
