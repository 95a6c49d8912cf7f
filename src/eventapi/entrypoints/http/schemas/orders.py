"""Orders and tickets."""

from marshmallow import Schema, fields, validate

from eventapi.domain.order import OrderStatus
from eventapi.domain.values import Attendee, EmailAddress
from eventapi.entrypoints.http.fields import Amount, Text, Timestamp, WholeNumber
from eventapi.entrypoints.http.pagination import page_schema
from eventapi.entrypoints.http.schemas.accounts import AccountRefSchema


class NamedAttendeeSchema(Schema):
    """Whom a ticket shall admit."""

    name = Text(required=True, validate=validate.Length(1, Attendee.LONGEST_NAME))
    email = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=EmailAddress.LONGEST),
        metadata={"format": "email"},
    )


class PurchaseSchema(Schema):
    """What a buyer wants."""

    quantity = WholeNumber(
        required=True,
        validate=validate.Range(min=1),
        metadata={"description": "How many tickets; an installation limits them per order."},
    )
    attendees = fields.List(
        fields.Nested(NamedAttendeeSchema),
        load_default=(),
        validate=validate.Length(max=1000),
        metadata={"description": "Whom the first of the tickets admit; at most one a ticket."},
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
    attendee = fields.Nested(AttendeeSchema, required=True, allow_none=True)
    issued_at = Timestamp(required=True)
    is_checked_in = fields.Boolean(required=True)
    checked_in_at = Timestamp(required=True, allow_none=True)


class EventRefSchema(Schema):
    """The event that an order is for."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    start_time = Timestamp(required=True)


class OrderSchema(Schema):
    """What one buyer took of one event in one go."""

    id = fields.UUID(required=True)
    event = fields.Nested(EventRefSchema, required=True)
    buyer = fields.Nested(AccountRefSchema, required=True)
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


OrderPageSchema = page_schema(OrderSchema, "OrderPage")
