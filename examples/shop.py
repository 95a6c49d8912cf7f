"""The back end of a web shop: sells tickets to a guest with an API key.

Run it against a program that serves in development, for example one started with
`make run`:

    python examples/shop.py http://127.0.0.1:8000

It needs nothing but Python. It creates an organizer and an event of its own, sells
three tickets of two types to a guest, who names an attendee, transfers one ticket
and cancels another; then the organizer finds the buyer, exports the attendees and
checks one in.
"""

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen
from uuid import uuid4

TIMEOUT = 30  # seconds


class NoAnswer(Exception):
    """Nothing answers, or not in time."""


class Problem(Exception):
    """A refusal of the API (RFC 9457): programs read `code`, people read `detail`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


@dataclass(frozen=True)
class Api:
    """The API, as one account, one API key, or a guest sees it.

    Attributes:
        url: of the program, without a path.
        token: an access token or an API key; None for a guest.
    """

    url: str
    token: str | None = None

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Send a request and return the JSON of the answer, or its bytes if it is a file.

        Raises:
            Problem: the API refuses it.
            NoAnswer: nothing answers at the URL.
        """
        sent = {"Content-Type": "application/json", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        url = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(url, content, sent, method=method), timeout=TIMEOUT) as answer:
                data: bytes = answer.read()
                is_json = answer.headers.get_content_type() == "application/json"
        except HTTPError as refusal:
            problem = json.load(refusal)
            raise Problem(problem["code"], problem["detail"]) from None
        except OSError as error:
            reason = error.reason if isinstance(error, URLError) else error
            raise NoAnswer(f"nothing answers at {self.url}: {reason}") from None
        return json.loads(data) if is_json else data


def sign_up_organizer(guest: Api) -> Api:
    """Create an organizer's account, and return the API as the organizer."""
    login = {"username": f"organizer-{uuid4().hex[:8]}", "password": uuid4().hex}
    guest.send("POST", "/api/register", {**login, "role": "organizer"})
    return Api(guest.url, guest.send("POST", "/api/login", login)["access"])


def create_event(organizer: Api) -> dict[str, Any]:
    """Create an event with two ticket types, of which one person gets at most four tickets."""
    start = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
    form = {
        "name": "Summer festival",
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(hours=5)).isoformat(),
        "timezone": "Europe/Berlin",
        "location": "City park",
        "capacity": 100,
        "max_per_person": 4,
        "ticket_types": [
            {"name": "Adult", "price": "25.00", "currency": "EUR", "quantity": 80},
            {"name": "Child", "price": "10.00", "currency": "EUR", "quantity": 20},
        ],
    }
    event: dict[str, Any] = organizer.send("POST", "/api/events", form)
    return event


def open_shop(organizer: Api) -> Api:
    """Create an API key that can only sell, and return the API as the shop."""
    key = organizer.send("POST", "/api/keys", {"name": "web shop", "scopes": ["sell"]})
    return Api(organizer.url, key["key"])


def sell(shop: Api, event: dict[str, Any], buyer: dict[str, str]) -> dict[str, Any]:
    """Sell two tickets for adults and one for a child.

    The idempotency key is stored with the cart before the request is sent. If the answer
    is lost, the same request under the same key returns the same order and sells no
    second one.
    """
    adult, child = (ticket_type["id"] for ticket_type in event["ticket_types"])
    cart = {
        "buyer": buyer,
        "lines": [
            {"ticket_type": adult, "quantity": 2},
            {"ticket_type": child, "quantity": 1},
        ],
    }
    path, key = f"/api/events/{event['id']}/purchase", {"Idempotency-Key": str(uuid4())}
    order: dict[str, Any] = shop.send("POST", path, cart, headers=key)
    again = shop.send("POST", path, cart, headers=key)
    if again != order:
        raise RuntimeError("the same purchase was accepted twice")
    return order


def change_order(guest: Api, order: dict[str, Any]) -> dict[str, Any]:
    """Name an attendee, transfer a ticket and cancel another, with the secret of the order."""
    path, secret = f"/api/orders/{order['id']}", {"secret": order["secret"]}
    first, second, third = (f"{path}/tickets/{ticket['id']}" for ticket in order["tickets"])
    named = {"attendee": {"name": "Grace Hopper", "email": "grace@example.org"}}
    guest.send("PATCH", first, named, query=secret)
    friend = {"name": "Alan Turing", "email": "alan@example.org"}
    guest.send("POST", f"{second}/transfer", friend, query=secret)
    guest.send("DELETE", third, query=secret)
    changed: dict[str, Any] = guest.send("GET", path, query=secret)
    return changed


def check_in(organizer: Api, event: dict[str, Any], order: dict[str, Any]) -> str:
    """Check in the tickets of an order; return the code of the refusal of the last one."""
    path, refusal = f"/api/events/{event['id']}/check-in", ""
    for ticket in order["tickets"]:
        try:
            organizer.send("POST", path, {"code": ticket["code"]})
        except Problem as problem:
            refusal = problem.code
    return refusal


def main(url: str) -> None:
    """Live the life of a shop, and print each step."""
    guest = Api(url)
    organizer = sign_up_organizer(guest)
    event = create_event(organizer)
    path = f"/api/events/{event['id']}"
    print(f"An event with {event['capacity']} places: {event['name']}")

    shop = open_shop(organizer)
    buyer = {"name": "Ada Lovelace", "email": "ada@example.org"}
    order = sell(shop, event, buyer)
    print(f"Sold {order['quantity']} tickets for {order['total']} {order['currency']}")

    changed = change_order(guest, order)
    statuses = ", ".join(ticket["status"] for ticket in changed["tickets"])
    print(f"The buyer's tickets: {statuses}; {changed['total']} {changed['currency']} in all")
    secret = {"secret": order["secret"]}
    pdf = guest.send("GET", f"/api/orders/{order['id']}/tickets.pdf", query=secret)
    print(f"A document to print: {'yes' if pdf.startswith(b'%PDF') else 'no'}")

    found = organizer.send("GET", f"{path}/orders", query={"q": buyer["email"]})["items"]
    print(f"Found by {buyer['email']}: {found[0]['buyer']['name']}")
    export = organizer.send("GET", f"{path}/attendees", headers={"Accept": "text/csv"})
    print(f"Exported {len(export.decode('utf-8-sig').splitlines()) - 1} attendees")
    print(f"Refused at the door: {check_in(organizer, event, changed)}")
    counts = organizer.send("GET", f"{path}/check-in")
    print(f"Checked in {counts['checked_in']} of {counts['sold']}")


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
    except (NoAnswer, Problem) as error:
        sys.exit(str(error))
