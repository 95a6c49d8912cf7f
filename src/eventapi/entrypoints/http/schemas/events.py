"""Events, their ticket types, sessions and categories."""

from marshmallow import Schema, fields, validate

from eventapi.application.search import EventSort
from eventapi.application.views import (
    CategoryView,
    EventStatistics,
    EventView,
    SessionView,
    TicketTypeRef,
    TicketTypeView,
    TopEventView,
)
from eventapi.domain.category import Category
from eventapi.domain.event import Event
from eventapi.domain.event_details import AgendaSession, EventDetails, Visibility
from eventapi.domain.ticket_type import TicketTypeDetails
from eventapi.domain.values import AccessCode, Slug
from eventapi.entrypoints.http.fields import (
    Amount,
    Choice,
    Day,
    QueryFlag,
    QueryTimestamp,
    Reference,
    Text,
    Timestamp,
)
from eventapi.entrypoints.http.paths import MAX_ID
from eventapi.entrypoints.http.schemas.common import (
    MAX_PAGE_SIZE,
    MAX_QUERY_LENGTH,
    AccessCodeQuerySchema,
    BoundedList,
    FormSchema,
    PageQuerySchema,
    PatchSchema,
    RoundTripSchema,
    id_field,
)
from eventapi.entrypoints.http.schemas.derivation import example_of, response_schema
from eventapi.entrypoints.http.schemas.faults import Length, QuerySchema, Range, RequestSchema


def name_field(longest: int) -> Text:
    """Return the field of a required name."""
    return Text(required=True, validate=Length(1, longest))


def optional_text_field(longest: int, description: str | None = None) -> Text:
    """Return the field of a text that may be left out or null."""
    return Text(
        allow_none=True,
        validate=Length(max=longest),
        metadata={"description": description} if description else {},
    )


def sales_field(description: str) -> Timestamp:
    """Return the field of a limit of the sales window."""
    return Timestamp(allow_none=True, metadata={"description": description})


def item_id_field() -> fields.Integer:
    """Return the field of the id of an item in a list that is replaced as a whole."""
    return id_field(
        allow_none=True,
        metadata={"description": "The id of an existing item; a new item has none."},
    )


# Categories


class NewCategorySchema(RequestSchema):
    """The name of a category. Its slug is made from the first name, and does not change."""

    class Meta:
        example = {"name": "Concerts"}

    name = Text(
        required=True,
        validate=Length(1, Category.MAX_NAME_LENGTH),
        rule=Category.parse_name,
    )


class CategoryChangeSchema(RoundTripSchema, NewCategorySchema):
    """A new name of a category."""

    view = CategoryView

    class Meta:
        example = {"name": "Concerts"}


CategorySchema = response_schema(CategoryView, example={"slug": "concerts", "name": "Concerts"})


# Sessions


class SessionFieldsSchema(RoundTripSchema, FormSchema):
    """A session of an event's agenda."""

    view = SessionView

    class Meta:
        example = {
            "title": "Meet the band",
            "start_time": "2030-06-01T20:00:00+02:00",
            "end_time": "2030-06-01T20:30:00+02:00",
            "speaker": "Carla Example",
            "room": "Foyer",
        }

    title = name_field(AgendaSession.MAX_TEXT_LENGTH)
    start_time = Timestamp(
        required=True, metadata={"description": "Not before the start of the event."}
    )
    end_time = Timestamp(required=True, metadata={"description": "Not after the end of the event."})
    speaker = optional_text_field(AgendaSession.MAX_TEXT_LENGTH)
    room = optional_text_field(AgendaSession.MAX_TEXT_LENGTH)


class SessionPatchSchema(PatchSchema, SessionFieldsSchema):
    """A change of a session; fields that are left out stay as they are."""

    class Meta:
        example = {"room": "Garden"}


class SessionFormSchema(SessionFieldsSchema):
    """A session of the agenda, as part of an event."""

    id = item_id_field()


SessionSchema = response_schema(
    SessionView,
    example={
        "title": "Meet the band",
        "start_time": "2030-06-01T18:00:00Z",
        "end_time": "2030-06-01T18:30:00Z",
        "speaker": "Carla Example",
        "room": "Foyer",
    },
)


# Ticket types


class TicketTypeFieldsSchema(RoundTripSchema, FormSchema):
    """A ticket type."""

    view = TicketTypeView

    class Meta:
        example = {"name": "Standard", "price": "50.00", "currency": "EUR", "quantity": 80}

    name = name_field(TicketTypeDetails.MAX_NAME_LENGTH)
    price = Amount(
        allow_none=True,
        metadata={
            "description": "The price of one ticket; free by default.",
            "pattern": r"^[0-9]{1,10}(\.[0-9]{1,2})?$",
        },
    )
    currency = Text(
        allow_none=True,
        validate=validate.Regexp(r"^[A-Z]{3}$", error="Must be an ISO 4217 code, such as EUR."),
        metadata={"description": "The ISO 4217 code; required with a price."},
    )
    quantity = fields.Integer(
        strict=True,
        required=True,
        validate=Range(1, TicketTypeDetails.MAX_QUANTITY),
        metadata={
            "description": "How many tickets of the type can be sold, within the event's capacity."
        },
    )
    sales_start = sales_field("When sales of the type begin; with those of the event by default.")
    sales_end = sales_field("When sales of the type end; with those of the event by default.")


class NewTicketTypeSchema(TicketTypeFieldsSchema):
    """A new ticket type, added after the others unless a position is given."""

    position = fields.Integer(
        strict=True,
        allow_none=True,
        validate=Range(1, Event.MAX_TICKET_TYPES),
        metadata={"description": "The position among the event's ticket types, from 1."},
    )


class TicketTypePatchSchema(PatchSchema, NewTicketTypeSchema):
    """A change of a ticket type; fields that are left out stay as they are."""

    class Meta:
        example = {"price": "60.00"}


class TicketTypeFormSchema(TicketTypeFieldsSchema):
    """A ticket type, as part of an event."""

    id = item_id_field()


TicketTypeSchema = response_schema(
    TicketTypeView,
    example={
        "id": 7,
        "name": "Standard",
        "currency": "EUR",
        "quantity": 80,
        "tickets_sold": 2,
        "tickets_remaining": 78,
    },
)


# Events


class EventFormSchema(RoundTripSchema, FormSchema):
    """An event, with start_time and end_time, or with a date alone."""

    view = EventView

    class Meta:
        example = {
            "name": "Jazz night",
            "description": "Three bands, one night.",
            "start_time": "2030-06-01T20:00:00+02:00",
            "end_time": "2030-06-01T23:30:00+02:00",
            "timezone": "Europe/Berlin",
            "location": "Blue Note, Berlin",
            "capacity": 100,
            "ticket_types": [example_of(TicketTypeFieldsSchema)],
            "sessions": [example_of(SessionFieldsSchema)],
        }

    name = name_field(EventDetails.MAX_NAME_LENGTH)
    reference = Text(
        allow_none=True,
        validate=Length(1, EventDetails.MAX_REFERENCE_LENGTH),
        metadata={
            "description": "Your own name for the event, different for each of your events: "
            "imports find it by this name."
        },
    )
    description = optional_text_field(EventDetails.MAX_DESCRIPTION_LENGTH)
    start_time = Timestamp(metadata={"description": "The start; must be in the future."})
    end_time = Timestamp(metadata={"description": "After start_time."})
    date = Day(
        metadata={
            "description": "Instead of start_time and end_time: the whole day in the event's time "
            "zone."
        }
    )
    timezone = optional_text_field(
        64, "The name of an IANA time zone, such as Europe/Berlin; UTC by default."
    )
    location = optional_text_field(EventDetails.MAX_LOCATION_LENGTH)
    capacity = fields.Integer(
        strict=True,
        required=True,
        validate=Range(1, EventDetails.MAX_CAPACITY),
        metadata={"description": "How many tickets can be sold."},
    )
    max_per_person = fields.Integer(
        strict=True,
        allow_none=True,
        validate=Range(1, EventDetails.MAX_CAPACITY),
        metadata={
            "description": "How many tickets one buyer can have, over all orders; no limit by "
            "default. A buyer is known by the account and by the email address."
        },
    )
    category = Reference(
        Text(validate=Length(max=Slug.MAX_LENGTH)),
        key="slug",
        component="Category",
        allow_none=True,
        description="The slug of a category, or the category as in an event.",
    )
    visibility = Choice(
        Visibility,
        allow_none=True,
        metadata={
            "description": "`public` events are listed; `unlisted` events are visible to everyone "
            "who has the path; `private` events are visible with their access code or a ticket."
        },
    )
    access_code = Text(
        allow_none=True,
        validate=Length(AccessCode.MIN_LENGTH, AccessCode.MAX_LENGTH),
        metadata={"description": "For a private event; generated by default."},
    )
    sales_start = sales_field("When sales begin; at once by default.")
    sales_end = sales_field("When sales end, at the latest when the event starts.")
    ticket_types = BoundedList(
        fields.Nested(TicketTypeFormSchema),
        longest=Event.MAX_TICKET_TYPES,
        allow_none=True,
        metadata={
            "description": "In display order. Without any, tickets are free and have no type."
        },
    )
    sessions = BoundedList(
        fields.Nested(SessionFormSchema),
        longest=EventDetails.MAX_SESSIONS,
        allow_none=True,
        metadata={"description": "The agenda."},
    )


class EventPatchSchema(PatchSchema, EventFormSchema):
    """A change of an event; fields that are left out stay as they are, lists are replaced."""

    class Meta:
        example = {"location": "Quasimodo, Berlin", "sales_end": None}


def image_path(event: EventView) -> str | None:
    """Return the path of an event's image, which changes with the image; None without one."""
    if event.image is None:
        return None
    return f"/api/events/{event.id}/image?v={image_version(event.image)}"


def image_version(key: str) -> str:
    """Return the part of an image's key that distinguishes it from earlier images."""
    return key.rpartition("/")[2].partition(".")[0]


EventSchema = response_schema(
    EventView,
    exclude=["image"],
    image_url=fields.Function(
        image_path,
        required=True,
        metadata={"type": ["string", "null"], "description": "The path of the image."},
    ),
    example={
        "name": "Jazz night",
        "description": "Three bands, one night.",
        "start_time": "2030-06-01T18:00:00Z",
        "end_time": "2030-06-01T21:30:00Z",
        "timezone": "Europe/Berlin",
        "location": "Blue Note, Berlin",
        "category": example_of(CategorySchema),
        "capacity": 100,
        "tickets_sold": 2,
        "tickets_remaining": 78,
    },
)


class EventListQuerySchema(PageQuerySchema):
    """Filters of the list of events; an event has to match all of them."""

    q = Text(
        validate=Length(max=MAX_QUERY_LENGTH),
        metadata={
            "description": "Words that the name, the description or the location contain, "
            "without regard to case and accents."
        },
    )
    location = Text(
        validate=Length(max=MAX_QUERY_LENGTH),
        metadata={"description": "Words that the location contains."},
    )
    category = Text(
        validate=Length(max=Slug.MAX_LENGTH),
        metadata={"description": "The slug of a category."},
    )
    organizer = fields.Integer(
        validate=Range(1, MAX_ID),
        metadata={"description": "The id of the organizer's account."},
    )
    starts_after = QueryTimestamp(
        metadata={"description": "Only events that start after this time."}
    )
    starts_before = QueryTimestamp(
        metadata={"description": "Only events that start before this time."}
    )
    available = QueryFlag(
        metadata={"description": "`true`: only events whose tickets can be bought now."}
    )
    past = QueryFlag(metadata={"description": "`true`: events that have started, latest first."})
    mine = QueryFlag(
        metadata={
            "description": "`true`: your own events, including unlisted, private and cancelled "
            "ones."
        }
    )
    sort = Choice(EventSort, metadata={"description": "The sort order; a hyphen reverses it."})


class ImageQuerySchema(AccessCodeQuerySchema):
    """The version of an image."""

    v = Text(
        load_default=None,
        validate=Length(max=64),
        metadata={"description": "As in `image_url`; the response can then be cached for ever."},
    )


class CalendarQuerySchema(QuerySchema):
    """The events of a calendar."""

    category = Text(
        load_default=None,
        validate=Length(max=Slug.MAX_LENGTH),
        metadata={"description": "The slug of a category; all public events by default."},
    )


# Sales


TopEventSchema = response_schema(TopEventView)


class TopEventsSchema(Schema):
    """The events with the most tickets sold, best first."""

    class Meta:
        example = {"items": [example_of(TopEventSchema)]}

    items = fields.List(fields.Nested(TopEventSchema), required=True)


class TopEventsQuerySchema(QuerySchema):
    """The length of the ranking."""

    limit = fields.Integer(
        load_default=3,
        validate=Range(1, MAX_PAGE_SIZE),
        metadata={"description": "The maximum number of events."},
    )


TicketTypeRefSchema = response_schema(TicketTypeRef, example={"id": 7, "name": "Standard"})
StatisticsSchema = response_schema(
    EventStatistics,
    example={
        "capacity": 100,
        "tickets_sold": 2,
        "tickets_remaining": 78,
        "ticket_types": [
            {
                "ticket_type": example_of(TicketTypeRefSchema),
                "quantity": 80,
                "tickets_sold": 2,
                "tickets_remaining": 78,
            }
        ],
        "revenue": [{"currency": "EUR", "amount": "100.00"}],
        "sales_by_day": [{"date": "2026-11-21", "tickets": 2}],
        "checked_in": 0,
        "waitlisted": 0,
        "cancelled": 0,
    },
)
