"""Orders and tickets."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from eventapi.application.tickets import MAX_SCANS
from eventapi.domain.event import Event
from eventapi.domain.order import OrderStatus
from eventapi.domain.values import Attendee, EmailAddress
from eventapi.entrypoints.http.fields import Amount, Flag, Text, Timestamp, WholeNumber
from eventapi.entrypoints.http.pagination import PageQuerySchema, page_schema
from eventapi.entrypoints.http.schemas.accounts import AccountRefSchema
from eventapi.entrypoints.http.schemas.events import TicketTypeRefSchema


class NamedAttendeeSchema(Schema):
    """Whom a ticket shall admit."""

    name = Text(required=True, validate=validate.Length(1, Attendee.MAX_NAME_LENGTH))
    email = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=EmailAddress.MAX_LENGTH),
        metadata={"format": "email"},
    )


class LineSchema(Schema):
    """So many tickets of one type."""

    ticket_type = WholeNumber(
        required=True, validate=validate.Range(min=1), metadata={"description": "Its id."}
    )
    quantity = WholeNumber(required=True, validate=validate.Range(min=1))


class PurchaseSchema(Schema):
    """What a buyer wants: a quantity, perhaps of one ticket type; or lines, of several."""

    quantity = WholeNumber(
        validate=validate.Range(min=1),
        metadata={"description": "How many tickets; an installation limits them per order."},
    )
    ticket_type = WholeNumber(
        allow_none=True,
        validate=validate.Range(min=1),
        metadata={"description": "The id of their type; needed where the event has several."},
    )
    lines = fields.List(
        fields.Nested(LineSchema),
        validate=validate.Length(1, Event.MAX_TICKET_TYPES),
        metadata={"description": "Instead of a quantity: how many of which type."},
    )
    attendees = fields.List(
        fields.Nested(NamedAttendeeSchema),
        load_default=(),
        validate=validate.Length(max=1000),
        metadata={"description": "Whom the first of the tickets admit; at most one a ticket."},
    )

    @validates_schema(skip_on_field_errors=True)
    def _check_what_is_wanted(self, said: dict[str, Any], **_: Any) -> None:
        if "lines" not in said:
            if "quantity" not in said:
                raise ValidationError("Is required, unless lines are given.", "quantity")
        elif said.keys() & {"quantity", "ticket_type"}:
            raise ValidationError("Stand instead of quantity and ticket_type.", "lines")


class EventRegistrationSchema(Schema):
    """Who registers: an account that says nothing registers itself."""

    name = Text(
        allow_none=True,
        validate=validate.Length(1, Attendee.MAX_NAME_LENGTH),
        metadata={"description": "A guest must say it; of an account, its own by default."},
    )
    email = Text(
        allow_none=True,
        validate=validate.Length(max=EmailAddress.MAX_LENGTH),
        metadata={
            "format": "email",
            "description": "A guest must say it; of an account, its own by default.",
        },
    )
    ticket_type = WholeNumber(
        allow_none=True,
        validate=validate.Range(min=1),
        metadata={"description": "The id of a type; needed where the event has several."},
    )
    waitlist = Flag(
        load_default=False,
        metadata={"description": "Whether to wait for a place if there is none."},
    )


class OrderSecretQuerySchema(Schema):
    """How a guest, who has no account, shows whose order it is."""

    secret = Text(
        load_default=None,
        validate=validate.Length(max=100),
        metadata={"description": "Of a guest's order; the answer to the registration told it."},
    )


class IdempotencySchema(Schema):
    """Makes a request safe to send again."""

    idempotency_key = Text(
        data_key="Idempotency-Key",
        load_default=None,
        validate=validate.Regexp(
            r"^[\x21-\x7e]{1,255}$", error="Must be 1 to 255 visible ASCII characters."
        ),
        metadata={
            "description": "Make one up for each purchase, for example a UUID. The same purchase "
            "sent again with it is not bought again; its first answer is repeated."
        },
    )


class AttendeeSchema(Schema):
    """The person a ticket admits."""

    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)


class TicketSchema(Schema):
    """One admission."""

    id = fields.UUID(required=True)
    code = fields.String(
        required=True, metadata={"description": "Admits whoever shows it: keep it secret."}
    )
    ticket_type = fields.Nested(TicketTypeRefSchema, required=True, allow_none=True)
    price = Amount(
        required=True, metadata={"description": "What it cost, in the currency of its order."}
    )
    attendee = fields.Nested(AttendeeSchema, required=True, allow_none=True)
    issued_at = Timestamp(required=True)
    is_checked_in = fields.Boolean(required=True)
    checked_in_at = Timestamp(required=True, allow_none=True)
    is_cancelled = fields.Boolean(
        required=True, metadata={"description": "Whether it admits nobody any more."}
    )


class EventRefSchema(Schema):
    """The event that an order is for."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    start_time = Timestamp(required=True)


class OrderSchema(Schema):
    """What one buyer took of one event in one go."""

    id = fields.UUID(required=True)
    event = fields.Nested(EventRefSchema, required=True)
    buyer = fields.Nested(
        AccountRefSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null where a guest registered."},
    )
    status = fields.String(
        required=True, metadata={"enum": [status.value for status in OrderStatus]}
    )
    is_waitlisted = fields.Boolean(required=True)
    position = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "In the waitlist, from 1; null where the order does not wait."},
    )
    quantity = fields.Integer(required=True)
    total = Amount(required=True, metadata={"description": "What the order costs."})
    currency = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of the total, by ISO 4217; null where nothing is charged."},
    )
    created_at = Timestamp(required=True)
    tickets = fields.List(fields.Nested(TicketSchema), required=True)


class TicketEventSchema(Schema):
    """The event that a ticket is for, as its holder needs to know it."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    start_time = Timestamp(required=True)
    end_time = Timestamp(required=True)
    timezone = fields.String(required=True)
    location = fields.String(required=True)
    status = fields.String(required=True)


class HeldTicketSchema(TicketSchema):
    """A ticket, for whoever holds its code."""

    is_valid = fields.Boolean(
        required=True,
        metadata={"description": "Whether it admits somebody, or has: nothing was cancelled."},
    )
    event = fields.Nested(TicketEventSchema, required=True)


class AttendeeTicketSchema(TicketSchema):
    """A ticket that admits somebody, for the organizer."""

    order_id = fields.UUID(required=True)


AttendeePageSchema = page_schema(AttendeeTicketSchema, "AttendeePage")


class AttendeeListQuerySchema(PageQuerySchema):
    """Who is looked for."""

    q = Text(
        load_default=None,
        validate=validate.Length(1, 200),
        metadata={"description": "What stands in the name or the email address."},
    )


class AttendeeChangeSchema(Schema):
    """Whom a ticket shall admit; null leaves it open."""

    attendee = fields.Nested(NamedAttendeeSchema, required=True, allow_none=True)


class TransferSchema(Schema):
    """To whom a ticket is handed on."""

    name = Text(required=True, validate=validate.Length(1, Attendee.MAX_NAME_LENGTH))
    email = Text(
        required=True,
        validate=validate.Length(1, EmailAddress.MAX_LENGTH),
        metadata={"format": "email"},
    )


_CODE = {"description": "Of a ticket, as scanned or typed; upper or lower case."}


class ScanSchema(Schema):
    """A code that was shown at the door."""

    code = Text(required=True, validate=validate.Length(1, 100), metadata=_CODE)


class CodeQuerySchema(Schema):
    """Which ticket is meant."""

    code = Text(required=True, validate=validate.Length(1, 100), metadata=_CODE)


class OfflineScanSchema(ScanSchema):
    """A code that was shown at the door, while the scanner was offline perhaps."""

    scanned_at = Timestamp(
        load_default=None, allow_none=True, metadata={"description": "When; now, by default."}
    )


class ScanBatchSchema(Schema):
    """What a scanner saw, in its order."""

    scans = fields.List(
        fields.Nested(OfflineScanSchema), required=True, validate=validate.Length(1, MAX_SCANS)
    )


class ScanResultSchema(Schema):
    """What came of one scan."""

    code = fields.String(required=True)
    admitted = fields.Boolean(required=True)
    ticket = fields.Nested(TicketSchema, required=True, allow_none=True)
    problem = fields.Raw(  # ready as it is
        required=True,
        allow_none=True,
        metadata={
            "description": "Why nobody was admitted, as a single scan would be answered.",
            "oneOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "null"}],
        },
    )


class ScanBatchResultSchema(Schema):
    """What came of each scan, in their order."""

    results = fields.List(fields.Nested(ScanResultSchema), required=True)


class CheckInCountsSchema(Schema):
    """How many are in, of how many."""

    sold = fields.Integer(required=True)
    checked_in = fields.Integer(required=True)


class RegistrationResultSchema(OrderSchema):
    """The order of a registration, and how a guest comes back to it."""

    secret = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "By which a guest sees and cancels the order: keep it. Null for an "
            "account, which needs none."
        },
    )


OrderPageSchema = page_schema(OrderSchema, "OrderPage")
