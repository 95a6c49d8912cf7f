"""Many buyers in several processes that purchase at the same instant.

Run as a module, so that each process is a real one with its own connections:
``python -m tests.integration.concurrency.crowd use-cases|http TARGET EVENT BUYERS...``.
"""

import http.client
import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from eventapi.adapters.order_access_tokens import HmacOrderAccessTokens
from eventapi.adapters.postgres import PostgresUnitOfWork, make_engine
from eventapi.adapters.system import RandomIdentities, SystemClock
from eventapi.application.purchases import Purchase, PurchaseTickets
from eventapi.application.settings import UseCaseSettings
from eventapi.domain.errors import SoldOut
from eventapi.domain.event import OrderLine
from eventapi.domain.policy import Actor
from eventapi.domain.user import Role
from eventapi.domain.values import EventId, UserId

CONNECTIONS = 16  # of each process


@dataclass
class Outcome:
    """The number of answers of each kind, and the ids of the orders."""

    answers: Counter[str] = field(default_factory=Counter)
    orders: list[str] = field(default_factory=list)


def send_crowd(how: str, target: str, event_id: int, buyers: list[str], processes: int) -> Outcome:
    """Purchase one ticket for every buyer, from several processes at once.

    Args:
        how: ``use-cases``, where the target is a database's URL and buyers are
            ids; or ``http``, where it is host:port and buyers are access tokens.
    """
    started = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.integration.concurrency.crowd",
                how,
                target,
                str(event_id),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for number, process in enumerate(started):
        assert process.stdin
        process.stdin.write(json.dumps(buyers[number::processes]) + "\n")
        process.stdin.flush()
    for process in started:  # wait until all are set up
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    outcome = Outcome()
    for process in started:
        printed, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        result = json.loads(printed)
        outcome.answers.update(result["answers"])
        outcome.orders += result["orders"]
    return outcome


def _buy_by_use_case(database_url: str, event_id: int) -> Callable[[str], tuple[str, str | None]]:
    engine = make_engine(database_url, pool_size=CONNECTIONS)
    purchase_tickets = PurchaseTickets(
        partial(PostgresUnitOfWork, engine),
        SystemClock(),
        RandomIdentities(),
        HmacOrderAccessTokens("secret"),
        UseCaseSettings(),
    )
    purchase = Purchase(event_id=EventId(event_id), lines=[OrderLine(1)])

    def buy(buyer: str) -> tuple[str, str | None]:
        try:
            purchased = purchase_tickets(Actor(UserId(int(buyer)), buyer, Role.USER), purchase)
        except SoldOut:
            return "sold_out", None
        return "sold", str(purchased.order.id)

    return buy


def _buy_by_http(address: str, event_id: int) -> Callable[[str], tuple[str, str | None]]:
    def buy(token: str) -> tuple[str, str | None]:
        connection = http.client.HTTPConnection(address, timeout=60)
        connection.request(
            "POST",
            f"/api/events/{event_id}/purchase",
            json.dumps({"quantity": 1}),
            {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
        if response.status == 201:
            return "sold", body["id"]
        return f"{response.status} {body['code']}".removeprefix("409 "), None

    return buy


def _run(buy: Callable[[str], tuple[str, str | None]], buyers: Iterable[str]) -> None:
    outcome = Outcome()
    start, lock = threading.Event(), threading.Lock()

    def want(buyer: str) -> None:
        start.wait()
        try:
            answer, order = buy(buyer)
        except Exception as error:  # noqa: BLE001 - an error is an outcome too
            answer, order = repr(error), None
        with lock:
            outcome.answers[answer] += 1
            if order:
                outcome.orders.append(order)

    threads = [threading.Thread(target=want, args=(buyer,)) for buyer in buyers]
    for thread in threads:
        thread.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    assert sys.stdin.readline() == "go\n"
    start.set()
    for thread in threads:
        thread.join()
    sys.stdout.write(json.dumps({"answers": outcome.answers, "orders": outcome.orders}))


if __name__ == "__main__":
    way, where, event = sys.argv[1], sys.argv[2], int(sys.argv[3])
    build = {"use-cases": _buy_by_use_case, "http": _buy_by_http}[way]
    _run(build(where, event), json.loads(sys.stdin.readline()))
