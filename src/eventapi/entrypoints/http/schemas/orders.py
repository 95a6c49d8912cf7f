"""Orders and tickets."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from eventapi.application.orders import PlacedOrder
from eventapi.application.purchases import BUYER_REQUIRED
from eventapi.application.registrations import contact_of
from eventapi.application.tickets import MAX_SCANS, TicketWithEvent
from eventapi.application.views import (
    AttendeeView,
    BuyerView,
    CheckInCounts,
    EventRef,
    EventView,
    OrderView,
    TicketDetails,
    TicketView,
)
from eventapi.domain.event import Event, check_attendees
from eventapi.domain.faults import FAULTY
from eventapi.entrypoints.http.fields import Flag, Text, Timestamp, domain_faults
from eventapi.entrypoints.http.schemas.common import (
    BoundedList,
    PageQuerySchema,
    RoundTripSchema,
    attendee_name_field,
    email_field,
    search_field,
    ticket_type_field,
)
from eventapi.entrypoints.http.schemas.derivation import example_of, response_schema
from eventapi.entrypoints.http.schemas.events import TicketTypeRefSchema
from eventapi.entrypoints.http.schemas.faults import Length, QuerySchema, Range, RequestSchema
from eventapi.entrypoints.http.security import current_actor, current_principal

_CODE = "7Q0ZK3M9XV2B8N5T1HCWRJ4YDE"
_BOB = {"name": "Bob Example", "email": "bob@example.org"}
_GRACE = {"name": "Grace Example", "email": "grace@example.org"}
_EVENT = {"id": 1, "name": "Jazz night", "start_time": "2030-06-01T18:00:00Z"}


def quantity_field(**options: Any) -> fields.Integer:
    """Return the field of a number of tickets."""
    return fields.Integer(strict=True, validate=Range(min=1), **options)


def person_search_field() -> Text:
    """Return the field of a search by what people have in hand."""
    return search_field(
        "A part of a name, an email address or a username, of the buyer or of an attendee; or the "
        "code of a ticket; or the id of an order"
    )


def code_field() -> Text:
    """Return the field of a ticket's code."""
    return Text(
        required=True,
        validate=Length(1, 100),
        metadata={"description": "The ticket's code, as scanned or typed, in any letter case."},
    )


# Tickets


AttendeeSchema = response_schema(AttendeeView, example=_BOB)
TicketSchema = response_schema(
    TicketView,
    example={
        "id": "019aa59b-3c00-7d3e-9d2a-7027a11d6c02",
        "code": _CODE,
        "ticket_type": example_of(TicketTypeRefSchema),
        "attendee": _BOB,
    },
)
BuyerSchema = response_schema(
    BuyerView,
    example={"id": 2, "username": "bob", "name": "Bob Example", "email": "bob@example.org"},
)
TicketDetailsSchema = response_schema(TicketDetails, flatten="ticket", only=["ticket"])
AttendeeTicketSchema = response_schema(
    TicketDetails, name="AttendeeTicket", flatten="ticket", only=["ticket", "order", "buyer"]
)
TicketEventSchema = response_schema(
    EventView,
    name="TicketEvent",
    description="The event of a ticket.",
    only=["id", "name", "start_time", "end_time", "timezone", "location", "status"],
    example={
        **_EVENT,
        "end_time": "2030-06-01T21:30:00Z",
        "timezone": "Europe/Berlin",
        "location": "Blue Note, Berlin",
    },
)
HeldTicketSchema = response_schema(
    TicketWithEvent,
    name="HeldTicket",
    flatten="ticket",
    event=fields.Nested(TicketEventSchema, required=True),
)


class NamedAttendeeSchema(RequestSchema):
    """The person that a ticket admits."""

    name = attendee_name_field(required=True)
    email = email_field(load_default=None)


class NamedBuyerSchema(RequestSchema):
    """A buyer without an account."""

    name = attendee_name_field(required=True)
    email = email_field(required=True)


class AttendeeChangeSchema(RoundTripSchema):
    """The person that a ticket admits; null removes the name."""

    view = TicketView

    class Meta:
        example = {"attendee": _GRACE}

    attendee = fields.Nested(NamedAttendeeSchema, required=True, allow_none=True)


class TransferSchema(RequestSchema):
    """The person to whom a ticket is transferred."""

    class Meta:
        example = _GRACE

    name = attendee_name_field(required=True)
    email = email_field(required=True)


class AttendeeListQuerySchema(PageQuerySchema):
    """Filters of the list of attendees."""

    q = person_search_field()


# Orders


class OrderListQuerySchema(PageQuerySchema):
    """Filters of the list of orders of an event."""

    q = person_search_field()


class LineSchema(RequestSchema):
    """A number of tickets of one type."""

    ticket_type = ticket_type_field("The ticket type: its id, or as in an event.", required=True)
    quantity = quantity_field(required=True)


class PurchaseSchema(RequestSchema):
    """A purchase: a quantity, optionally of one ticket type, or lines for several types."""

    class Meta:
        example = {"quantity": 2, "buyer": _BOB, "attendees": [_BOB]}

    quantity = quantity_field(
        metadata={"description": "How many tickets, up to the installation's limit per order."}
    )
    ticket_type = ticket_type_field(
        "The ticket type: its id, or as in an event; required if the event has several.",
        allow_none=True,
    )
    lines = BoundedList(
        fields.Nested(LineSchema),
        shortest=1,
        longest=Event.MAX_TICKET_TYPES,
        metadata={"description": "Instead of a quantity: how many tickets of which type."},
    )
    attendees = BoundedList(
        fields.Nested(NamedAttendeeSchema),
        longest=1000,
        load_default=(),
        metadata={"description": "The attendees of the first tickets, at most one per ticket."},
    )
    buyer = fields.Nested(
        NamedBuyerSchema,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Who buys: required for a guest, and for an organizer, an admin or an "
            "API key, who sell to the buyer. Not for a user, who buys with their own account."
        },
    )

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _check_quantity_or_lines(self, _loaded: Any, sent: Any, **_: Any) -> None:
        if not isinstance(sent, Mapping):
            return
        if "lines" not in sent:
            if "quantity" not in sent:
                raise ValidationError("Is required, unless lines are given.", "quantity")
        elif sent.keys() & {"quantity", "ticket_type"}:
            raise ValidationError("Can't be combined with quantity or ticket_type.", "lines")

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _check_buyer(self, _loaded: Any, sent: Any, **_: Any) -> None:
        if current_principal() is None and isinstance(sent, Mapping) and sent.get("buyer") is None:
            raise ValidationError(BUYER_REQUIRED, "buyer")

    @validates_schema(skip_on_field_errors=False)
    def _check_attendees(self, loaded: Any, **_: Any) -> None:
        if isinstance(loaded, Mapping):
            lines = loaded.get("lines") or [loaded]
            quantities = [
                line["quantity"] for line in lines if line is not FAULTY and "quantity" in line
            ]
            if len(quantities) == len(lines):
                with domain_faults("attendees"):
                    check_attendees(len(loaded.get("attendees", ())), sum(quantities))


class EventRegistrationSchema(RequestSchema):
    """A registration of one person for one ticket."""

    class Meta:
        example = {**_GRACE, "ticket_type": 7, "waitlist": True}

    name = attendee_name_field(
        allow_none=True,
        metadata={"description": "Required for a guest; by default the name of the account."},
    )
    email = email_field(
        metadata={"description": "Required for a guest; by default the email of the account."}
    )
    ticket_type = ticket_type_field(
        "The ticket type: its id, or as in an event; required if the event has several.",
        allow_none=True,
    )
    waitlist = Flag(
        load_default=False,
        metadata={"description": "Whether to join the waitlist if the event is full."},
    )

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _check_contact(self, _loaded: Any, sent: Any, **_: Any) -> None:
        if isinstance(sent, Mapping):
            with domain_faults("name", "email"):
                contact_of(current_actor(), sent.get("name"), sent.get("email"))


class OrderSecretQuerySchema(QuerySchema):
    """The secret of a guest's order."""

    secret = Text(
        load_default=None,
        validate=Length(max=100),
        metadata={
            "description": "The secret of a guest's order, from the answer to the purchase or the "
            "registration."
        },
    )


EventRefSchema = response_schema(EventRef, example=_EVENT)
OrderSchema = response_schema(
    OrderView,
    example={
        "buyer": example_of(BuyerSchema),
        "status": "confirmed",
        "total": "100.00",
        "currency": "EUR",
        "quantity": 2,
        "tickets": [
            example_of(TicketSchema),
            {
                **example_of(TicketSchema),
                "id": "019aa59b-3c00-7d3e-9d2a-7034f2c9b8ee",
                "code": "5GXA8WPS6K0D3F9QVYT2MZ7B1N",
                "attendee": None,
            },
        ],
    },
)


def _as_guest(person: dict[str, str]) -> dict[str, str | None]:
    return {"id": None, "username": None, **person}


PlacedOrderSchema = response_schema(
    PlacedOrder,
    flatten="order",
    exclude=["replayed"],
    example={
        **example_of(OrderSchema),
        "buyer": _as_guest(_BOB),
        "secret": "mzxw6ytboi4tqmzrgi2tcnzqge",
    },
)
REGISTERED_ORDER = {
    **example_of(PlacedOrderSchema),
    "buyer": _as_guest(_GRACE),
    "quantity": 1,
    "total": "50.00",
    "tickets": [{**example_of(TicketSchema), "attendee": _GRACE}],
}
CANCELLED_ORDER = {
    **example_of(OrderSchema),
    "status": "cancelled",
    "quantity": 0,
    "total": "0.00",
    "tickets": [{**ticket, "status": "cancelled"} for ticket in example_of(OrderSchema)["tickets"]],
}
WAITLISTED_ORDER = {
    **example_of(OrderSchema),
    "buyer": _as_guest(_GRACE),
    "status": "waitlisted",
    "is_waitlisted": True,
    "position": 3,
    "quantity": 1,
    "total": "50.00",
    "tickets": [],
}


# Check-in


class ScanSchema(RequestSchema):
    """A code that was scanned at the door."""

    class Meta:
        example = {"code": _CODE}

    code = code_field()


class CodeQuerySchema(QuerySchema):
    """The code of a ticket."""

    code = code_field()


class OfflineScanSchema(ScanSchema):
    """A code that was scanned at the door, perhaps while the scanner was offline."""

    scanned_at = Timestamp(
        load_default=None,
        allow_none=True,
        metadata={"description": "When the code was scanned; now by default."},
    )


class ScanBatchSchema(RequestSchema):
    """The scans of one device, in their order."""

    class Meta:
        example = {"scans": [{"code": _CODE, "scanned_at": "2030-06-01T18:02:11Z"}]}

    scans = BoundedList(
        fields.Nested(OfflineScanSchema), shortest=1, longest=MAX_SCANS, required=True
    )


class ScanResultSchema(Schema):
    """The result of one scan."""

    class Meta:
        example = {
            "code": _CODE,
            "admitted": True,
            "ticket": example_of(TicketSchema),
            "problem": None,
        }

    code = fields.String(required=True)
    admitted = fields.Boolean(required=True)
    ticket = fields.Nested(TicketSchema, required=True, allow_none=True)
    problem = fields.Raw(  # a complete problem document
        required=True,
        allow_none=True,
        metadata={
            "description": "Why the ticket was not admitted, as a single check-in reports it.",
            "anyOf": [{"$ref": "#/components/schemas/ScanProblem"}, {"type": "null"}],
        },
    )


class ScanBatchResultSchema(Schema):
    """The result of each scan, in their order."""

    class Meta:
        example = {"results": [example_of(ScanResultSchema)]}

    results = fields.List(fields.Nested(ScanResultSchema), required=True)


CheckInCountsSchema = response_schema(CheckInCounts, example={"sold": 98, "checked_in": 41})
