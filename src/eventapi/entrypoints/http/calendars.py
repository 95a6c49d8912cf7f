"""Calendars (RFC 5545): of one event, and of all that are public.

The text is icalendar's work; what stands in it is decided here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from flask import Response, request

from eventapi.application.views import EventView
from eventapi.domain.api_key import KeyScope
from eventapi.domain.errors import CategoryNotFound, EventNotFound
from eventapi.domain.event import EventStatus
from eventapi.domain.event_details import Visibility
from eventapi.domain.values import EventId
from eventapi.entrypoints.http.blueprint import (
    ETAG_HEADER,
    GUEST_OR_ACCOUNT,
    ApiBlueprint,
    use_cases,
)
from eventapi.entrypoints.http.events import EVENT
from eventapi.entrypoints.http.schemas.events import AccessCodeQuerySchema, CalendarQuerySchema
from eventapi.entrypoints.http.security import current_actor

blueprint = ApiBlueprint(
    "calendars", __name__, url_prefix="/api/events", description="Events for calendar programs."
)

CALENDAR = "text/calendar"
REFRESH = timedelta(hours=1)
"""How often a calendar program is asked to look again."""


@blueprint.operation(
    "GET",
    "/calendar.ics",
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    query=CalendarQuerySchema,
    gives_media=(CALENDAR,),
    answer_headers=ETAG_HEADER,
    errors=(CategoryNotFound,),
    conditional=True,
)
def get_calendar_feed(query: dict[str, Any]) -> Response:
    """Give all public events, or those of a category, as a calendar to subscribe to."""
    slug = query["category"]
    name = "Events" if slug is None else use_cases().list_categories.get(slug).name
    return _answer(use_cases().get_calendar(category=slug), name=name)


@blueprint.operation(
    "GET",
    f"{EVENT}/calendar.ics",
    access=GUEST_OR_ACCOUNT,
    scope=KeyScope.READ_EVENTS,
    query=AccessCodeQuerySchema,
    gives_media=(CALENDAR,),
    answer_headers=ETAG_HEADER,
    errors=(EventNotFound,),
    conditional=True,
)
def get_calendar(query: dict[str, Any], event_id: int) -> Response:
    """Give an event as a calendar.

    Its UID never changes, its SEQUENCE grows with every change, and when it is
    cancelled its STATUS says so: a calendar program that has it keeps up.
    """
    event = use_cases().get_event(current_actor(), EventId(event_id), **query)
    return _answer([event], name=event.name)


def _answer(events: Sequence[EventView], *, name: str) -> Response:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//EventAPI//EventAPI//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for event in events:
        calendar.add_component(_component(event))
    calendar.add_missing_timezones()
    response = Response(calendar.to_ical(), content_type=f"{CALENDAR}; charset=utf-8")
    response.add_etag()
    response.make_conditional(request)
    return response


def _component(event: EventView) -> icalendar.Event:
    component = icalendar.Event()
    # Of what never changes, and as unique in the world as a calendar needs it.
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
    """Say when an event is, as its place counts time.

    From midnight to midnight it is a matter of days, which have no time zone.
    """
    zone = ZoneInfo(event.timezone)
    start, end = event.start_time.astimezone(zone), event.end_time.astimezone(zone)
    if start.time() == end.time() == time.min:
        return start.date(), end.date()
    return _sayable(start), _sayable(end)


def _sayable(moment: datetime) -> datetime:
    """Say a moment in UTC where the clocks of its place show it for the second time.

    When clocks are put back, an hour comes twice, and a local time in a
    calendar means the first (RFC 5545, 3.3.5).
    """
    return moment.astimezone(UTC) if moment.fold else moment
