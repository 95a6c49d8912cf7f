"""Requests that tests repeat, and assertions about answers."""

from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image
from werkzeug.test import TestResponse

from eventapi.domain.policy import Actor
from eventapi.domain.user import Role
from eventapi.domain.values import UserId
from eventapi.testing import Client
from eventapi.testing.api import PASSWORD, Api

JSON = "application/json"
SECRET = "t" * 64
OTHER_PASSWORD = "staple battery horse"
GRACE = {"name": "Grace Hopper", "email": "grace@example.org"}
UNKNOWN_CODE = "0" * 26
STANDARD = {"name": "Standard", "price": "50.00", "currency": "EUR", "quantity": 5}
CHILD = {"name": "Child", "quantity": 3}
TYPES = [STANDARD, CHILD]
ADULT_AND_CHILD = [
    {"name": "Adult", "price": "10.00", "currency": "EUR", "quantity": 2},
    {"name": "Child", "quantity": 2},
]
SESSION = {
    "title": "Doors open",
    "start_time": "2030-06-01T20:00:00+02:00",
    "end_time": "2030-06-01T20:30:00+02:00",
}


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Assert that a response is this problem, and return its document."""
    document: dict[str, Any] = response.get_json()
    assert (response.status_code, document.get("code")) == (status, code), document
    assert response.content_type == "application/problem+json"
    assert document["status"] == status
    assert document["request_id"] == response.headers["X-Request-ID"]
    return document


def make_admin(api: Api, client: Client) -> None:
    """Make an account an admin without another admin, as the command line does."""
    id = UserId(client.get("/api/users/me").get_json()["id"])
    by_hand = Actor(UserId(0), "by-hand", Role.ADMIN)
    api.app.extensions["eventapi"].manage_accounts.update(
        by_hand, id, role="admin", is_disabled=None
    )


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def event_path(event: dict[str, Any], *more: object) -> str:
    return "/".join(["/api/events", str(event["id"]), *map(str, more)])


def errors_of(response: TestResponse) -> list[str]:
    return list(problem(response, 422, "validation_failed")["errors"])


def ids(response: TestResponse) -> list[int]:
    assert response.status_code == 200, response.get_data(as_text=True)
    return [event["id"] for event in response.get_json()["items"]]


def read_pages(client: Client, path: str) -> list[dict[str, Any]]:
    """Return the items of all pages of a list, following its links."""
    items = []
    while path:
        response = client.get(path)
        assert response.status_code == 200, response.get_data(as_text=True)
        items += response.get_json()["items"]
        path = response.headers.get("Link", "").partition(">")[0].lstrip("<")
    return items


def tickets_sold(client: Client, event: dict[str, Any]) -> int:
    """Return the current number of sold tickets of an event."""
    sold: int = client.get(event_path(event)).get_json()["tickets_sold"]
    return sold


def picture(kind: str = "PNG", *, colour: str = "red", size: tuple[int, int] = (4, 3)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


def times(start: datetime, *, hours: float = 1) -> dict[str, str]:
    return {
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(hours=hours)).isoformat(),
    }


def event_body(**changes: Any) -> dict[str, Any]:
    """Return a valid body of POST /api/events."""
    return {
        "name": "Jazz night",
        "start_time": "2030-06-01T20:00:00+02:00",
        "end_time": "2030-06-01T23:30:00+02:00",
        "timezone": "Europe/Berlin",
        "location": "Blue Note, Berlin",
        "capacity": 100,
    } | changes


def make_event(organizer: Client, **changes: Any) -> dict[str, Any]:
    """Create an event over the API."""
    response = organizer.post("/api/events", json=event_body(**changes))
    assert response.status_code == 201, response.get_data(as_text=True)
    made: dict[str, Any] = response.get_json()
    return made


def buy(
    client: Client,
    event_id: int,
    quantity: object = 1,
    /,
    *,
    key: str | None = None,
    access_code: str | None = None,
    **more: Any,
) -> TestResponse:
    """Purchase tickets over the API; pass ``lines`` instead of a quantity for several types."""
    wanted = {} if "lines" in more else {"quantity": quantity}
    return client.post(
        f"/api/events/{event_id}/purchase",
        json={**wanted, **more},
        query_string={} if access_code is None else {"access_code": access_code},
        headers={"Idempotency-Key": key} if key else {},
    )


def make_order(
    client: Client, event_id: int, quantity: object = 1, /, **more: Any
) -> dict[str, Any]:
    """Purchase tickets with an account, and return the order as its buyer reads it later."""
    response = buy(client, event_id, quantity, **more)
    assert response.status_code == 201, response.get_data(as_text=True)
    return as_read_later(response.get_json())


def as_read_later(placed: dict[str, Any]) -> dict[str, Any]:
    """Return a placed order without its secret, which only this answer has."""
    return {name: value for name, value in placed.items() if name != "secret"}


def as_cancelled(order: dict[str, Any]) -> dict[str, Any]:
    """Return an order as it is read after it was cancelled as a whole."""
    tickets = [ticket | {"status": "cancelled"} for ticket in order["tickets"]]
    return order | {"status": "cancelled", "quantity": 0, "total": "0.00", "tickets": tickets}


def change(
    editor: Client, path: str, method: str = "PATCH", *, seen: str | None = None, **body: Any
) -> TestResponse:
    """Change an event or a part of it over the API.

    Args:
        seen: the ETag to send; that of the present version if there is none.
    """
    etag = seen or editor.get(path).headers.get("ETag", "*")
    sent = {} if method == "DELETE" else {"json": body}
    return editor.request(method, path, headers={"If-Match": etag}, **sent)


def register(
    client: Client,
    event: dict[str, Any],
    email: str | None = None,
    *,
    key: str | None = None,
    **more: Any,
) -> TestResponse:
    """Register over the API, by the local part of the email address as the name."""
    person = {} if email is None else {"name": email.partition("@")[0], "email": email}
    return client.post(
        event_path(event, "register"),
        json=person | more,
        headers={"Idempotency-Key": key} if key else {},
    )


def make_registration(
    client: Client, event: dict[str, Any], email: str | None = None, **more: Any
) -> dict[str, Any]:
    """Register, and return the order."""
    response = register(client, event, email, **more)
    assert response.status_code == 201, response.get_data(as_text=True)
    order: dict[str, Any] = response.get_json()
    return order


def wait(client: Client, event: dict[str, Any], email: str, **more: Any) -> dict[str, Any]:
    response = register(client, event, email, waitlist=True, **more)
    assert response.status_code == 202, response.get_data(as_text=True)
    order: dict[str, Any] = response.get_json()
    return order


def order_path(order: dict[str, Any], *more: object) -> str:
    return "/".join(["/api/orders", order["id"], *map(str, more)])


def by_secret(order: dict[str, Any], *more: object) -> str:
    return f"{order_path(order, *more)}?secret={order['secret']}"


def status_of(client: Client, order: dict[str, Any]) -> tuple[str, int | None]:
    path = by_secret(order) if order.get("secret") else order_path(order)
    shown = client.get(path).get_json()
    return shown["status"], shown["position"]


def scan(client: Client, event: dict[str, Any], code: str) -> TestResponse:
    return client.post(event_path(event, "check-in"), json={"code": code})


def code_of(order: dict[str, Any], number: int = 0) -> str:
    code: str = order["tickets"][number]["code"]
    return code


def sign_in(api: Api, username: str, password: str = PASSWORD) -> Client:
    answer = api.guest().post("/api/login", json={"username": username, "password": password})
    assert answer.status_code == 200, answer.get_json()
    return Client(api.app, answer.get_json())


def id_of(client: Client) -> int:
    id: int = client.get("/api/users/me").get_json()["id"]
    return id


def renew(client: Client, refresh: str) -> Any:
    return client.post("/api/token/refresh", headers=bearer(refresh))
