"""Events and what belongs to them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, pre_load, validate

from eventapi.application.forms import SessionForm, TicketTypeForm
from eventapi.application.search import EventSort
from eventapi.application.views import EventView
from eventapi.domain.category import Category
from eventapi.domain.event import Event, EventStatus
from eventapi.domain.event_details import AgendaSession, EventDetails, Visibility
from eventapi.domain.ticket_type import TicketTypeDetails
from eventapi.domain.values import AccessCode, Slug
from eventapi.entrypoints.http.fields import (
    Amount,
    Day,
    QueryFlag,
    QueryTimestamp,
    Text,
    Timestamp,
    WholeNumber,
)
from eventapi.entrypoints.http.pagination import (
    MAX_PAGE_SIZE,
    PageQuerySchema,
    page_schema,
)
from eventapi.entrypoints.http.paths import MAX_ID
from eventapi.entrypoints.http.schemas.accounts import AccountRefSchema

MAX_QUERY_LENGTH = 200


class PatchMixin:
    """For RFC 7396: everything may be left out, and null clears what may be cleared."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"partial": True, **kwargs})


class CategorySchema(Schema):
    """A kind of event."""

    slug = fields.String(required=True, metadata={"description": "Its name in paths and queries."})
    name = fields.String(required=True)


class CategoryListSchema(Schema):
    """All categories, by name."""

    items = fields.List(fields.Nested(CategorySchema), required=True)


class NewCategorySchema(Schema):
    """A category's name; its first one gives the slug, which stays."""

    name = Text(required=True, validate=validate.Length(1, Category.MAX_NAME_LENGTH))


class SessionFieldsSchema(Schema):
    """An item of an event's agenda."""

    title = Text(required=True, validate=validate.Length(1, AgendaSession.MAX_TEXT_LENGTH))
    start_time = Timestamp(required=True, metadata={"description": "Within the event's times."})
    end_time = Timestamp(required=True)
    speaker = Text(allow_none=True, validate=validate.Length(max=AgendaSession.MAX_TEXT_LENGTH))
    room = Text(allow_none=True, validate=validate.Length(max=AgendaSession.MAX_TEXT_LENGTH))


class SessionPatchSchema(PatchMixin, SessionFieldsSchema):
    """What shall be different of a session."""


_KNOWN_ID = {"description": "Of one that the event has; without it, it is a new one."}


class SessionFormSchema(SessionFieldsSchema):
    """An item of the agenda, as part of an event."""

    id = WholeNumber(allow_none=True, validate=validate.Range(min=1), metadata=_KNOWN_ID)

    @post_load
    def _fill_in(self, said: dict[str, Any], **_: Any) -> SessionForm:
        return SessionForm.from_fields(**said)


class TicketTypeFieldsSchema(Schema):
    """A kind of ticket."""

    name = Text(required=True, validate=validate.Length(1, TicketTypeDetails.MAX_NAME_LENGTH))
    price = Amount(
        allow_none=True,
        metadata={
            "description": "Of one ticket; free if left out.",
            "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$",
        },
    )
    currency = Text(
        allow_none=True,
        validate=validate.Regexp(r"^[A-Z]{3}$", error="Must be an ISO 4217 code, such as EUR."),
        metadata={"description": "By ISO 4217; needed where there is a price."},
    )
    quantity = WholeNumber(
        required=True,
        validate=validate.Range(1, TicketTypeDetails.MAX_QUANTITY),
        metadata={"description": "How many there are; the event's capacity limits them too."},
    )
    sales_start = Timestamp(allow_none=True, metadata={"description": "Not sold before."})
    sales_end = Timestamp(allow_none=True, metadata={"description": "Not sold from then on."})


class _PlacedTicketTypeSchema(TicketTypeFieldsSchema):
    position = WholeNumber(
        allow_none=True,
        validate=validate.Range(1, Event.MAX_TICKET_TYPES),
        metadata={"description": "At which place among the types it is shown, from 1."},
    )


class NewTicketTypeSchema(_PlacedTicketTypeSchema):
    """A new kind of ticket; it is shown last, unless a position is given."""


class TicketTypePatchSchema(PatchMixin, _PlacedTicketTypeSchema):
    """What shall be different of a ticket type."""


class TicketTypeFormSchema(TicketTypeFieldsSchema):
    """A kind of ticket, as part of an event; they are shown in their order."""

    id = WholeNumber(allow_none=True, validate=validate.Range(min=1), metadata=_KNOWN_ID)

    @post_load
    def _fill_in(self, said: dict[str, Any], **_: Any) -> TicketTypeForm:
        return TicketTypeForm.from_fields(**said)


class EventFormSchema(Schema):
    """What an organizer says of an event: with start_time and end_time, or with a date alone."""

    name = Text(required=True, validate=validate.Length(1, EventDetails.MAX_NAME_LENGTH))
    description = Text(
        allow_none=True, validate=validate.Length(max=EventDetails.MAX_DESCRIPTION_LENGTH)
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
        allow_none=True,
        validate=validate.Length(max=64),
        metadata={"description": "The name of an IANA time zone, such as Europe/Berlin; or UTC."},
    )
    location = Text(allow_none=True, validate=validate.Length(max=EventDetails.MAX_LOCATION_LENGTH))
    capacity = WholeNumber(
        required=True,
        validate=validate.Range(1, EventDetails.MAX_CAPACITY),
        metadata={"description": "How many tickets there are."},
    )
    category = Text(
        allow_none=True,
        validate=validate.Length(max=Slug.MAX_LENGTH),
        metadata={"description": "The slug of a category."},
    )
    visibility = Text(
        allow_none=True,
        validate=validate.OneOf([visibility.value for visibility in Visibility]),
        metadata={
            "description": "`public` events stand in lists, `unlisted` ones are seen by whoever "
            "knows their path, `private` ones by who holds their access code or a ticket."
        },
    )
    access_code = Text(
        allow_none=True,
        validate=validate.Length(AccessCode.MIN_LENGTH, AccessCode.MAX_LENGTH),
        metadata={"description": "Of a private event; made up where none is given."},
    )
    sales_start = Timestamp(allow_none=True, metadata={"description": "Nothing is sold before."})
    sales_end = Timestamp(
        allow_none=True,
        metadata={"description": "Nothing is sold from then on, nor from the event's start on."},
    )
    ticket_types = fields.List(
        fields.Nested(TicketTypeFormSchema),
        allow_none=True,
        validate=validate.Length(max=Event.MAX_TICKET_TYPES),
        metadata={"description": "In the order in which they are shown; none is fine too."},
    )
    sessions = fields.List(
        fields.Nested(SessionFormSchema),
        allow_none=True,
        validate=validate.Length(max=EventDetails.MAX_SESSIONS),
        metadata={"description": "The agenda."},
    )


class EventPatchSchema(PatchMixin, EventFormSchema):
    """What shall be different of an event; lists are replaced as a whole (RFC 7396)."""

    @pre_load
    def _check_nested(self, said: Any, **_: Any) -> Any:
        """Hold the items of lists to their full schemas: only the event itself is partial."""
        if isinstance(said, dict):
            errors: dict[str, Any] = {}
            for name, schema in (
                ("ticket_types", TicketTypeFormSchema),
                ("sessions", SessionFormSchema),
            ):
                if isinstance(said.get(name), list):
                    found = schema(many=True).validate(said[name])
                    if found:
                        errors[name] = found
            if errors:
                raise ValidationError(errors)
        return said


class TicketTypeSchema(Schema):
    """A kind of ticket, and how many are sold of it."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    price = Amount(required=True)
    currency = fields.String(
        required=True, allow_none=True, metadata={"description": "Null where none was given."}
    )
    quantity = fields.Integer(required=True)
    tickets_sold = fields.Integer(required=True)
    tickets_remaining = fields.Integer(required=True)
    sales_start = Timestamp(required=True, allow_none=True)
    sales_end = Timestamp(required=True, allow_none=True)


class SessionSchema(Schema):
    """An item of an event's agenda."""

    id = fields.Integer(required=True)
    title = fields.String(required=True)
    start_time = Timestamp(required=True)
    end_time = Timestamp(required=True)
    speaker = fields.String(required=True)
    room = fields.String(required=True)


def image_path(event: EventView) -> str | None:
    """Give the path of an event's picture; another picture has another one."""
    if event.image is None:
        return None
    return f"/api/events/{event.id}/image?v={image_version(event.image)}"


def image_version(key: str) -> str:
    """Give what tells a picture from the one before it."""
    return key.rpartition("/")[2].partition(".")[0]


class EventSchema(Schema):
    """An event."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    start_time = Timestamp(required=True)
    end_time = Timestamp(required=True)
    timezone = fields.String(required=True)
    location = fields.String(required=True)
    category = fields.Nested(CategorySchema, required=True, allow_none=True)
    visibility = fields.String(
        required=True, validate=validate.OneOf([visibility.value for visibility in Visibility])
    )
    access_code = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Opens a private event. Shown to who may change it, null to others."
        },
    )
    status = fields.String(
        required=True, validate=validate.OneOf([status.value for status in EventStatus])
    )
    image_url = fields.Function(
        image_path,
        required=True,
        metadata={"type": ["string", "null"], "description": "The path of its picture, if any."},
    )
    organizer = fields.Nested(AccountRefSchema, required=True)
    capacity = fields.Integer(required=True)
    tickets_sold = fields.Integer(required=True)
    tickets_remaining = fields.Integer(
        required=True,
        metadata={"description": "Of the capacity, and of the ticket types together."},
    )
    sales_start = Timestamp(required=True, allow_none=True)
    sales_end = Timestamp(required=True, allow_none=True)
    ticket_types = fields.List(fields.Nested(TicketTypeSchema), required=True)
    sessions = fields.List(fields.Nested(SessionSchema), required=True)
    created_at = Timestamp(required=True)
    updated_at = Timestamp(required=True)
    version = fields.Integer(
        required=True,
        metadata={"description": "How many times the organizer changed it, from 1."},
    )


EventPageSchema = page_schema(EventSchema, "EventPage")


class EventListQuerySchema(PageQuerySchema):
    """Which events are looked for; what is said is all asked for together."""

    q = Text(
        validate=validate.Length(max=MAX_QUERY_LENGTH),
        metadata={
            "description": "Words that all stand in the name, the description or the location, "
            "without regard to case and accents."
        },
    )
    location = Text(
        validate=validate.Length(max=MAX_QUERY_LENGTH),
        metadata={"description": "Words that all stand in the location."},
    )
    category = Text(
        validate=validate.Length(max=Slug.MAX_LENGTH),
        metadata={"description": "A category's slug."},
    )
    organizer = fields.Integer(
        validate=validate.Range(1, MAX_ID), metadata={"description": "The id of an account."}
    )
    starts_after = QueryTimestamp()
    starts_before = QueryTimestamp()
    available = QueryFlag(
        metadata={"description": "`true`: only those of which tickets can be bought now."}
    )
    past = QueryFlag(
        metadata={
            "description": "`true`: those that have started, the last one first, instead of those "
            "that have not."
        }
    )
    mine = QueryFlag(
        metadata={
            "description": "`true`: your own, those that are not public and the cancelled included."
        }
    )
    sort = fields.Enum(
        EventSort,
        by_value=True,
        metadata={"description": "By what they are sorted; a hyphen turns the order round."},
    )


class AccessCodeQuerySchema(Schema):
    """How a user who was invited sees a private event."""

    access_code = Text(
        load_default=None,
        validate=validate.Length(max=AccessCode.MAX_LENGTH),
        metadata={"description": "Of a private event; who holds a ticket needs none."},
    )


class ImageQuerySchema(AccessCodeQuerySchema):
    """Which picture is meant."""

    v = Text(
        load_default=None,
        validate=validate.Length(max=64),
        metadata={"description": "As in `image_url`: the answer may then be kept for ever."},
    )


class CalendarQuerySchema(Schema):
    """Which events a calendar shows."""

    category = Text(
        load_default=None,
        validate=validate.Length(max=Slug.MAX_LENGTH),
        metadata={"description": "A category's slug; without it, all public events are shown."},
    )


class RankedEventSchema(Schema):
    """An event and its place in the ranking."""

    rank = fields.Integer(required=True, metadata={"description": "From 1."})
    event = fields.Nested(EventSchema, required=True)


class TopEventsSchema(Schema):
    """The events that sold the most tickets, the best first."""

    items = fields.List(fields.Nested(RankedEventSchema), required=True)


class TopEventsQuerySchema(Schema):
    """How long the ranking shall be."""

    limit = fields.Integer(load_default=3, validate=validate.Range(1, MAX_PAGE_SIZE))


class TicketTypeRefSchema(Schema):
    """A ticket type, by its name."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)


class TypeFiguresSchema(Schema):
    """What was sold of one ticket type."""

    ticket_type = fields.Nested(
        TicketTypeRefSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null for what was sold before the event had ticket types."},
    )
    quantity = fields.Integer(required=True)
    tickets_sold = fields.Integer(required=True)
    tickets_remaining = fields.Integer(required=True)


class RevenueSchema(Schema):
    """What was charged in one currency."""

    currency = fields.String(required=True)
    amount = Amount(required=True)


class DaySalesSchema(Schema):
    """What was sold on one day, as the event's clocks count days."""

    date = fields.Date(required=True)
    tickets = fields.Integer(required=True)


class StatisticsSchema(Schema):
    """What an event sold; what was cancelled counts nowhere else."""

    capacity = fields.Integer(required=True, attribute="event.capacity")
    tickets_sold = fields.Integer(required=True, attribute="event.tickets_sold")
    tickets_remaining = fields.Integer(required=True, attribute="event.tickets_remaining")
    ticket_types = fields.List(fields.Nested(TypeFiguresSchema), required=True, attribute="by_type")
    revenue = fields.List(fields.Nested(RevenueSchema), required=True, attribute="figures.revenue")
    sales_by_day = fields.List(
        fields.Nested(DaySalesSchema), required=True, attribute="figures.by_day"
    )
    checked_in = fields.Integer(required=True, attribute="figures.checked_in")
    waitlisted = fields.Integer(
        required=True,
        attribute="figures.waitlisted",
        metadata={"description": "How many orders wait for places."},
    )
    cancelled = fields.Integer(
        required=True,
        attribute="figures.cancelled",
        metadata={"description": "How many tickets were cancelled."},
    )
