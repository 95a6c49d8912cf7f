"""Events on PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, String, any_, bindparam, delete, select
from sqlalchemy import Sequence as IdSequence

from eventapi.adapters.postgres.assets import sql_file
from eventapi.adapters.postgres.event_search import event_words
from eventapi.adapters.postgres.repository import (
    Repository,
    Row,
    attributes,
    names_of,
)
from eventapi.adapters.postgres.tables import events, ticket_types
from eventapi.domain.event import Event, EventStatus
from eventapi.domain.event_details import AgendaSession, EventDetails
from eventapi.domain.ticket_type import TicketType, TicketTypeDetails
from eventapi.domain.values import EventId, TicketTypeId, UserId, sort_key

EVENT_IDS = IdSequence("events_id_seq")
TICKET_TYPE_IDS = IdSequence("ticket_types_id_seq")
DERIVED_COLUMNS = ("sales_tier", "sold_out", "name_key", "words")  # not part of the aggregate
LOCK_EVENTS = sql_file("lock_events.sql", columns=names_of(events, without=DERIVED_COLUMNS))
TICKET_TYPES = sql_file("ticket_types.sql")
BY_REFERENCES = select(events.c.reference, events.c.id).where(
    events.c.organizer_id == bindparam("organizer_id"),
    events.c.reference == any_(bindparam("references", type_=ARRAY(String))),
)

# What an aggregate and its table store under the same names; details are all other columns.
EVENT_NAMES = ["id", "organizer_id", "image", "created_at", "updated_at", "version"]
DETAILS_NAMES = names_of(
    events,
    without=[*EVENT_NAMES, *DERIVED_COLUMNS, "category_id", "sessions", "status", "tickets_sold"],
)
TYPE_NAMES = names_of(ticket_types, without=["id", "event_id", "position", "tickets_sold"])


def event_from_row(row: Row, types: Sequence[Row]) -> Event:
    """Return the event of a row and of the rows of its ticket types."""
    return Event(
        **attributes(row, EVENT_NAMES),
        details=EventDetails.from_fields(
            **attributes(row, DETAILS_NAMES),
            category=row.category_id,
            sessions=list(map(_session_from_json, row.sessions)),
        ),
        status=EventStatus(row.status),
        ticket_types=list(map(_ticket_type_from_row, types)),
        tickets_sold=row.tickets_sold,
    )


def event_to_row(event: Event) -> dict[str, object]:
    """Return the row of an event, without `tickets_sold`, which the triggers maintain."""
    details = event.details.to_fields()
    return {
        **attributes(event, EVENT_NAMES),
        **{name: details[name] for name in DETAILS_NAMES},
        "category_id": details["category"],
        "sessions": details["sessions"],
        "status": event.status.value,
        "name_key": sort_key(event.details.name),
        "words": event_words(event.details),
    }


def ticket_types_to_rows(event: Event) -> list[dict[str, object]]:
    """Return the rows of an event's ticket types, without `tickets_sold`."""
    return [
        {
            **ticket_type.details.to_fields(),
            "id": ticket_type.id,
            "event_id": event.id,
            "position": position,
        }
        for position, ticket_type in enumerate(event.ticket_types, start=1)
    ]


def _ticket_type_from_row(row: Row) -> TicketType:
    return TicketType(
        id=TicketTypeId(row.id),
        details=TicketTypeDetails.from_fields(**attributes(row, TYPE_NAMES)),
        tickets_sold=row.tickets_sold,
    )


def _session_from_json(stored: dict[str, Any]) -> AgendaSession:
    times = {name: datetime.fromisoformat(stored[name]) for name in ("start_time", "end_time")}
    return AgendaSession.from_fields(**stored | times)


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

    def ids_by_reference(self, organizer: UserId, references: Sequence[str]) -> dict[str, EventId]:
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
