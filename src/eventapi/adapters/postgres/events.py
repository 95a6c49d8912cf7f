"""Events on PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    String,
    any_,
    bindparam,
    delete,
    select,
)
from sqlalchemy import Sequence as IdSequence

from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.event_search import (
    event_words,
)
from eventapi.adapters.postgres.repository import (
    Repository,
    Row,
    attributes,
    column_list,
    shared_names,
)
from eventapi.adapters.postgres.tables import events, ticket_types
from eventapi.application.views import (
    SessionView,
)
from eventapi.domain.event import Event, EventStatus
from eventapi.domain.event_details import AgendaSession, EventDetails, Visibility
from eventapi.domain.ticket_type import TicketType, TicketTypeDetails
from eventapi.domain.values import (
    AccessCode,
    EventId,
    Money,
    Period,
    SalesWindow,
    TicketTypeId,
    Timezone,
    UserId,
    sort_key,
)

EVENT_IDS = IdSequence("events_id_seq")
TICKET_TYPE_IDS = IdSequence("ticket_types_id_seq")
FOR_LISTS = ("sales_tier", "sold_out", "name_key", "words")  # columns that no aggregate needs
LOCK_EVENTS = sql_file("lock_events.sql", columns=column_list(events, without=FOR_LISTS))
TICKET_TYPES = sql_file("ticket_types.sql")
BY_REFERENCES = select(events.c.reference, events.c.id).where(
    events.c.organizer_id == bindparam("organizer_id"),
    events.c.reference == any_(bindparam("references", type_=ARRAY(String))),
)

EVENT_NAMES = ["id", "organizer_id", "reference", "image", "created_at", "updated_at", "version"]
DETAILS_NAMES = shared_names(
    EventDetails, events, converted=["timezone", "visibility", "access_code", "sessions"]
)
TYPE_NAMES = shared_names(TicketTypeDetails, ticket_types, converted=["price"])


def event_from_row(row: Row, types: Sequence[Row]) -> Event:
    """Return the event of a row and of the rows of its ticket types."""
    return Event(
        **attributes(row, EVENT_NAMES),
        details=EventDetails(
            **attributes(row, DETAILS_NAMES),
            period=Period(row.start_time, row.end_time),
            timezone=Timezone(row.timezone),
            category=row.category_id,
            visibility=Visibility(row.visibility),
            access_code=None if row.access_code is None else AccessCode(row.access_code),
            sales=SalesWindow(row.sales_start, row.sales_end),
            sessions=[_session_from_json(session) for session in row.sessions],
        ),
        status=EventStatus(row.status),
        ticket_types=[_ticket_type_from_row(type_row) for type_row in types],
        tickets_sold=row.tickets_sold,
    )


def event_to_row(event: Event) -> dict[str, object]:
    """Return the row of an event, without `tickets_sold`, which triggers count."""
    details = event.details
    return {
        **attributes(event, EVENT_NAMES),
        **attributes(details, DETAILS_NAMES),
        "start_time": details.period.start,
        "end_time": details.period.end,
        "timezone": details.timezone.name,
        "category_id": details.category,
        "visibility": details.visibility.value,
        "access_code": details.access_code.value if details.access_code else None,
        "sales_start": details.sales.start,
        "sales_end": details.sales.end,
        "sessions": list(map(SessionView.of, details.sessions)),
        "status": event.status.value,
        "name_key": sort_key(details.name),
        "words": event_words(details),
    }


def ticket_types_to_rows(event: Event) -> list[dict[str, object]]:
    """Return the rows of an event's ticket types, without `tickets_sold`."""
    return [
        {
            **attributes(ticket_type.details, TYPE_NAMES),
            "id": ticket_type.id,
            "event_id": event.id,
            "position": position,
            "price": ticket_type.details.price.amount,
            "currency": ticket_type.details.price.currency,
            "sales_start": ticket_type.details.sales.start,
            "sales_end": ticket_type.details.sales.end,
        }
        for position, ticket_type in enumerate(event.ticket_types, start=1)
    ]


def _ticket_type_from_row(row: Row) -> TicketType:
    return TicketType(
        id=TicketTypeId(row.id),
        details=TicketTypeDetails(
            **attributes(row, TYPE_NAMES),
            price=Money(row.price, row.currency),
            sales=SalesWindow(row.sales_start, row.sales_end),
        ),
        tickets_sold=row.tickets_sold,
    )


def _session_from_json(stored: Mapping[str, Any]) -> AgendaSession:
    """Return a session of the agenda, which is stored as its view."""
    others = dict(stored)
    start, end = others.pop("start_time"), others.pop("end_time")
    period = Period(datetime.fromisoformat(start), datetime.fromisoformat(end))
    return AgendaSession(period=period, **others)


class PostgresEvents(Repository):
    """Events, as aggregates."""

    def next_id(self) -> EventId:
        return EventId(self._next_id(EVENT_IDS))

    def next_ticket_type_id(self) -> TicketTypeId:
        return TicketTypeId(self._next_id(TICKET_TYPE_IDS))

    def add(self, event: Event) -> None:
        self._collect(event)
        self._staged.events.append(event)

    def save(self, event: Event) -> None:
        self._collect(event)
        self._stage(self._save, event)

    def _save(self, event: Event) -> None:
        self._update(events, event_to_row(event))
        types = ticket_types_to_rows(event)
        kept = [row["id"] for row in types]
        columns = ticket_types.c
        self._connection.execute(
            delete(ticket_types).where(columns.event_id == event.id, columns.id.not_in(kept))
        )
        self._upsert(ticket_types, types)

    def remove(self, event: Event) -> None:
        self._collect(event)
        self._stage_delete(events, event.id)

    def references(self, organizer: UserId, references: Sequence[str]) -> dict[str, EventId]:
        values = {"organizer_id": organizer, "references": list(references)}
        return {row.reference: EventId(row.id) for row in self._rows(BY_REFERENCES, values)}

    def get_for_update(self, *ids: EventId) -> dict[EventId, Event]:
        rows = self._rows(LOCK_EVENTS, {"ids": list(ids)})
        if not rows:
            return {}
        types: dict[int, list[Row]] = {row.id: [] for row in rows}
        for type_row in self._rows(TICKET_TYPES, {"event_ids": list(types)}):
            types[type_row.event_id].append(type_row)
        loaded = {EventId(row.id): event_from_row(row, types[row.id]) for row in rows}
        self._staged.loaded_events += loaded.values()
        return loaded
