"""Events."""

from marshmallow import Schema, fields, validate

from eventapi.domain.event import EventDetails
from eventapi.entrypoints.http.fields import Day, Text, Timestamp, WholeNumber
from eventapi.entrypoints.http.pagination import LARGEST_PAGE, page_schema
from eventapi.entrypoints.http.schemas.accounts import AccountRefSchema


class NewEventSchema(Schema):
    """A new event: with start_time and end_time, or with a date alone."""

    name = Text(required=True, validate=validate.Length(1, EventDetails.LONGEST_NAME))
    description = Text(
        load_default="", validate=validate.Length(max=EventDetails.LONGEST_DESCRIPTION)
    )
    start_time = Timestamp(metadata={"description": "In the future."})
    end_time = Timestamp(metadata={"description": "After the start."})
    date = Day(
        metadata={
            "description": "Instead of start_time and end_time: the event takes this whole day, "
            "as the clocks of its time zone count it."
        }
    )
    timezone = Text(
        load_default="UTC",
        validate=validate.Length(max=64),
        metadata={"description": "The name of an IANA time zone, such as Europe/Berlin."},
    )
    location = Text(load_default="", validate=validate.Length(max=EventDetails.LONGEST_LOCATION))
    capacity = WholeNumber(
        required=True,
        validate=validate.Range(1, EventDetails.LARGEST_CAPACITY),
        metadata={"description": "How many tickets there are."},
    )


class EventSchema(Schema):
    """An event."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    start_time = Timestamp(required=True)
    end_time = Timestamp(required=True)
    timezone = fields.String(required=True)
    location = fields.String(required=True)
    capacity = fields.Integer(required=True)
    tickets_sold = fields.Integer(required=True)
    tickets_remaining = fields.Integer(required=True)
    organizer = fields.Nested(AccountRefSchema, required=True)
    created_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)
    version = fields.Integer(
        required=True,
        metadata={"description": "How many times the organizer changed it, from 1."},
    )


EventPageSchema = page_schema(EventSchema, "EventPage")


class RankedEventSchema(Schema):
    """An event and its place in the ranking."""

    rank = fields.Integer(required=True, metadata={"description": "From 1."})
    event = fields.Nested(EventSchema, required=True)


class TopEventsSchema(Schema):
    """The events that sold the most tickets, the best first."""

    items = fields.List(fields.Nested(RankedEventSchema), required=True)


class TopEventsQuerySchema(Schema):
    """How long the ranking shall be."""

    limit = fields.Integer(load_default=3, validate=validate.Range(1, LARGEST_PAGE))
