"""Calendars (RFC 5545): of one event, and of all public events."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from flask import Response

from eventapi.application.views import EventView
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import CategoryNotFound, EventNotFound
from eventapi.domain.event import EventStatus
from eventapi.domain.event_details import Visibility
from eventapi.domain.values import EventId
from eventapi.entrypoints.http.access import GUEST_OR_ACCOUNT
from eventapi.entrypoints.http.blueprint import ApiBlueprint, use_cases
from eventapi.entrypoints.http.conditional import ETAG
from eventapi.entrypoints.http.events import EVENT
from eventapi.entrypoints.http.permissions import viewer
from eventapi.entrypoints.http.responses import file
from eventapi.entrypoints.http.schemas.common import AccessCodeQuerySchema
from eventapi.entrypoints.http.schemas.events import CalendarQuerySchema
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "calendars", __name__, url_prefix="/api/events", description="Events as iCalendar files."
)

CALENDAR = "text/calendar"
REFRESH_INTERVAL = timedelta(hours=1)
"""How often calendar applications are asked to load the calendar again."""


@blueprint.operation(
    "GET",
    "/calendar.ics",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    query=CalendarQuerySchema,
    response=file(CALENDAR),
    conditional=ETAG,
    errors=(CategoryNotFound,),
)
def get_calendar_feed(query: dict[str, Any]) -> Response:
    """Get a calendar of all public events.

    Calendar applications can subscribe to it. With `category`, it has the
    events of that category.
    """
    slug = query["category"]
    name = "Events" if slug is None else use_cases().list_categories.get(slug).name
    return _calendar_of(use_cases().get_calendar(category=slug), name=name)


@blueprint.operation(
    "GET",
    f"{EVENT}/calendar.ics",
    access=GUEST_OR_ACCOUNT.or_key(KeyScope.READ_EVENTS),
    query=AccessCodeQuerySchema,
    response=file(CALENDAR),
    conditional=ETAG,
    permission=viewer(),
    errors=(EventNotFound,),
)
def get_calendar(query: dict[str, Any], event_id: EventId) -> Response:
    """Get a calendar of one event.

    The UID of the event does not change, its SEQUENCE grows with every change,
    and its STATUS is CANCELLED once it is cancelled, so that a calendar
    application can update it.
    """
    event = use_cases().get_event(current_actor(), event_id, **query)
    return _calendar_of([event], name=event.name)


def _calendar_of(events: Sequence[EventView], *, name: str) -> Response:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//EventAPI//EventAPI//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH_INTERVAL, parameters={"VALUE": "DURATION"})
    for event in events:
        calendar.add_component(_component(event))
    calendar.add_missing_timezones()
    return Response(calendar.to_ical(), content_type=f"{CALENDAR}; charset=utf-8")


def _component(event: EventView) -> icalendar.Event:
    component = icalendar.Event()
    # Globally unique, and made from values that never change.
    made = int(event.created_at.timestamp() * 1_000_000)
    component.add("uid", f"{event.id}-{made}@eventapi")
    component.add("sequence", event.version - 1)
    component.add("dtstamp", event.updated_at)
    component.add("created", event.created_at)
    component.add("last-modified", event.updated_at)
    component.add("summary", event.name)
    start, end = _times(event)
    component.add("dtstart", start)
    component.add("dtend", end)
    cancelled = event.status == EventStatus.CANCELLED
    component.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    if event.description:
        component.add("description", event.description)
    if event.location:
        component.add("location", event.location)
    if event.category:
        component.add("categories", [event.category.name])
    if event.visibility == Visibility.PRIVATE:
        component.add("class", "PRIVATE")
    return component


def _times(event: EventView) -> tuple[Any, Any]:
    """Return the start and end of an event in its time zone.

    An event from midnight to midnight takes whole days, which have no time zone.
    """
    zone = ZoneInfo(event.timezone)
    start, end = event.start_time.astimezone(zone), event.end_time.astimezone(zone)
    if start.time() == end.time() == time.min:
        return start.date(), end.date()
    return _disambiguate_dst(start), _disambiguate_dst(end)


def _disambiguate_dst(moment: datetime) -> datetime:
    """Return a local time, in UTC if it is the second of two that the clocks show.

    An hour repeats when clocks are put back; a local time in a calendar means
    the first one (RFC 5545, 3.3.5).
    """
    return moment.astimezone(UTC) if moment.fold else moment
