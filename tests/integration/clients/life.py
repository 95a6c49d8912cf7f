"""The life of a shop, by the client that openapi-python-client generates.

Usage: python life.py URL PICTURE, where ``eventapi_client`` can be imported.
"""

import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from eventapi_client import AuthenticatedClient, Client
from eventapi_client.api.accounts import login, refresh_token, sign_up
from eventapi_client.api.api_keys import create_api_key
from eventapi_client.api.calendars import get_calendar
from eventapi_client.api.check_in import check_in, check_in_batch
from eventapi_client.api.event_parts import get_image, put_image
from eventapi_client.api.events import (
    cancel_event,
    create_event,
    get_event,
    list_events,
    replace_event,
    update_event,
)
from eventapi_client.api.orders import (
    cancel_order,
    get_order,
    list_event_orders,
    purchase_tickets,
    register_attendee,
)
from eventapi_client.api.tickets import (
    get_order_tickets_pdf,
    get_qr_png,
    get_ticket_pdf,
    list_attendees,
    name_attendee,
    transfer_ticket,
)
from eventapi_client.models import (
    AlreadyCheckedInProblem,
    AttendeeChange,
    AttendeeTicket,
    AttendeeTicketPage,
    CreatedApiKey,
    Event,
    EventForm,
    EventPage,
    EventPatch,
    EventRegistration,
    Login,
    NamedAttendee,
    NamedBuyer,
    NewApiKey,
    OfflineScan,
    Order,
    OrderPage,
    PlacedOrder,
    Purchase,
    Scan,
    ScanBatch,
    ScanBatchResult,
    SignUp,
    SoldOutProblem,
    Ticket,
    TicketNotFoundProblem,
    TicketTypeForm,
    TokenRefresh,
    Tokens,
    Transfer,
    User,
    ValidationFailedProblem,
    VersionConflictProblem,
)
from eventapi_client.types import UNSET, File, Unset

PASSWORD = "correct horse battery"
NOT_FOUND = "0" * 26


def new_guest(base: str) -> Any:
    # The type is not Client: the generated functions ask for an AuthenticatedClient even where
    # nobody has to be signed in.
    return Client(base_url=base, raise_on_unexpected_status=True)


def sign_in(base: str, username: str, role: Literal["organizer", "user"]) -> AuthenticatedClient:
    guest = new_guest(base)
    account = SignUp(username=username, password=PASSWORD, role=role)
    assert isinstance(sign_up.sync(client=guest, body=account), User)
    first = login.sync(client=guest, body=Login(username=username, password=PASSWORD))
    assert isinstance(first, Tokens)
    tokens = refresh_token.sync(client=guest, body=TokenRefresh(refresh=first.refresh))
    assert isinstance(tokens, Tokens)
    return AuthenticatedClient(base_url=base, token=tokens.access, raise_on_unexpected_status=True)


base, picture = sys.argv[1], Path(sys.argv[2]).read_bytes()
name = f"Python {uuid4().hex[:8]}"
guest = new_guest(base)
organizer = sign_in(base, f"olga-{uuid4().hex[:8]}", "organizer")
bob = sign_in(base, f"bob-{uuid4().hex[:8]}", "user")

# An event with an image
start = datetime.now(UTC) + timedelta(days=30)
form = EventForm(
    name=name,
    capacity=6,
    start_time=start,
    end_time=start + timedelta(hours=3),
    timezone="Europe/Berlin",
    ticket_types=[
        TicketTypeForm(name="Standard", price="50.00", currency="EUR", quantity=5),
        TicketTypeForm(name="Child", quantity=1),
    ],
)
event = create_event.sync(client=organizer, body=form)
assert isinstance(event, Event)
assert (event.status, event.visibility) == ("scheduled", "public")
standard, child = event.ticket_types
refused = create_event.sync(client=organizer, body=EventForm(name="", capacity=0))
assert isinstance(refused, ValidationFailedProblem)
assert {"name", "capacity"} <= set(refused.errors.additional_properties)
image = File(payload=BytesIO(picture))
with_image = put_image.sync(event.id, client=organizer, body=image)
assert isinstance(with_image, Event)
assert with_image.image_url
stored = get_image.sync(event.id, client=guest)
assert isinstance(stored, File)
assert stored.payload.read() == picture

# A change that was not seen is not overwritten
seen = get_event.sync_detailed(event.id, client=organizer).headers["ETag"]
patch = EventPatch(location="Blue Note, Berlin")
changed = update_event.sync(event.id, client=organizer, body=patch, if_match=seen)
assert isinstance(changed, Event)
assert (changed.location, changed.capacity) == ("Blue Note, Berlin", 6)
stale = update_event.sync(event.id, client=organizer, body=patch, if_match=seen)
assert isinstance(stale, VersionConflictProblem)

# What was got can be sent back
got = get_event.sync(event.id, client=organizer)
assert isinstance(got, Event)
sent = EventForm.from_dict(got.to_dict())
put = replace_event.sync(event.id, client=organizer, body=sent)
assert isinstance(put, Event)
unversioned = {"version": 0, "updated_at": ""}
assert put.to_dict() | unversioned == got.to_dict() | unversioned

# A purchase, once
once = str(uuid4())
wanted = Purchase(quantity=2, ticket_type=standard.id)
order = purchase_tickets.sync(event.id, client=bob, body=wanted, idempotency_key=once)
again = purchase_tickets.sync_detailed(event.id, client=bob, body=wanted, idempotency_key=once)
assert isinstance(order, PlacedOrder)
assert again.headers["Idempotent-Replayed"] == "true"
assert (order.total, order.currency, order.status) == ("100.00", "EUR", "confirmed")

# A guest buys; the box office sells to somebody by an API key; more is wanted than is left
grace = NamedBuyer(name="Grace", email="grace@example.org")
one = Purchase(quantity=1, ticket_type=standard.id, buyer=grace)
bought = purchase_tickets.sync(event.id, client=guest, body=one)
assert isinstance(bought, PlacedOrder)
assert bought.secret
assert bought.buyer.email == "grace@example.org"
new_key = NewApiKey(name="Box office", scopes=["sell"])
key = create_api_key.sync(client=organizer, body=new_key)
assert isinstance(key, CreatedApiKey)
box_office = AuthenticatedClient(base_url=base, token=key.key, raise_on_unexpected_status=True)
walter = NamedBuyer(name="Walter", email="walter@example.org")
one = Purchase(quantity=1, ticket_type=standard.id, buyer=walter)
sold = purchase_tickets.sync(event.id, client=box_office, body=one)
assert isinstance(sold, PlacedOrder)
assert sold.buyer.name == "Walter"
by_email = list_event_orders.sync(event.id, client=organizer, q="walter@example.org")
assert isinstance(by_email, OrderPage)
assert [item.id for item in by_email.items] == [sold.id]
refusal = purchase_tickets.sync(event.id, client=bob, body=wanted)
assert isinstance(refusal, SoldOutProblem)
assert (refusal.code, refusal.remaining) == ("sold_out", 1)

# A guest registers, and finds the order again by its secret
person = EventRegistration(name="Hedy", email="hedy@example.org", ticket_type=child.id)
registered = register_attendee.sync(event.id, client=guest, body=person)
assert isinstance(registered, PlacedOrder)
assert registered.secret
found = get_order.sync(registered.id, client=guest, secret=registered.secret)
assert isinstance(found, Order)
assert found.id == registered.id

# One ticket gets a name, the other one is handed on
first, second = order.tickets
named = name_attendee.sync(
    order.id,
    first.id,
    client=bob,
    body=AttendeeChange(attendee=NamedAttendee(name="Ada Example")),
)
assert isinstance(named, Order)
assert [t.attendee.name for t in named.tickets if t.attendee] == ["Ada Example"]
eve = Transfer(name="Eve", email="eve@example.org")
handed_on = transfer_ticket.sync(order.id, second.id, client=bob, body=eve)
assert isinstance(handed_on, Ticket)
assert handed_on.code != second.code

# Files
pdf = get_ticket_pdf.sync(first.code, client=guest)
assert isinstance(pdf, File)
assert pdf.payload.read().startswith(b"%PDF-")
all_tickets = get_order_tickets_pdf.sync(sold.id, client=guest, secret=sold.secret or "")
assert isinstance(all_tickets, File)
assert all_tickets.payload.read().startswith(b"%PDF-")
qr = get_qr_png.sync(first.code, client=guest)
assert isinstance(qr, File)
assert qr.payload.read().startswith(b"\x89PNG")
calendar = get_calendar.sync(event.id, client=guest)
assert isinstance(calendar, str)
assert name in calendar

# At the door
admitted = check_in.sync(event.id, client=organizer, body=Scan(code=first.code))
assert isinstance(admitted, Ticket)
twice = check_in.sync(event.id, client=organizer, body=Scan(code=first.code))
assert isinstance(twice, AlreadyCheckedInProblem)
assert twice.checked_in_at == admitted.checked_in_at
scans = [OfflineScan(code=code) for code in (handed_on.code, first.code, NOT_FOUND)]
batch = check_in_batch.sync(event.id, client=organizer, body=ScanBatch(scans=scans))
assert isinstance(batch, ScanBatchResult)
reasons = [result.problem for result in batch.results]
assert reasons[0] is None
assert isinstance(reasons[1], AlreadyCheckedInProblem)
assert isinstance(reasons[2], TicketNotFoundProblem)

# Lists, page by page
attendees: list[AttendeeTicket] = []
cursor: str | Unset | None = UNSET
while cursor is not None:
    page = list_attendees.sync(event.id, client=organizer, limit=2, cursor=cursor)
    assert isinstance(page, AttendeeTicketPage)
    attendees += page.items
    cursor = page.next_
assert {a.attendee.name for a in attendees if a.attendee} == {"Ada Example", "Eve", "Hedy"}
listed = list_events.sync(client=guest, q=name, available=True, sort="start_time")
assert isinstance(listed, EventPage)
assert [item.id for item in listed.items] == [event.id]

# The guest and then the organizer cancel
cancelled = cancel_order.sync(registered.id, client=guest, secret=registered.secret)
assert isinstance(cancelled, Order)
assert cancelled.status == "cancelled"
off = cancel_event.sync(event.id, client=organizer)
assert isinstance(off, Event)
assert off.status == "cancelled"
