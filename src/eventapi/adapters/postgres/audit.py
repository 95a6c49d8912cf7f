"""The audit trail on PostgreSQL."""

from typing import Any

from sqlalchemy import Column, ColumnElement, select

from eventapi.adapters.postgres.reader import Reader, page_of
from eventapi.adapters.postgres.repository import attributes, shared_names
from eventapi.adapters.postgres.tables import audit_entries, users
from eventapi.adapters.postgres.view_columns import columns_of, if_any, json_of
from eventapi.application.audit import AuditEntry
from eventapi.application.ports.audit import AuditSearch
from eventapi.application.views import AccountRef, AuditEntryView, OrderRef, Page, Ref

NAMES = shared_names(AuditEntry, audit_entries)


def _reference(view: type, id: Column[Any]) -> ColumnElement[Any]:
    return if_any(id, json_of(view, id=id))


VIEWS = select(
    *columns_of(
        AuditEntryView,
        audit_entries,
        actor=if_any(users.c.id, json_of(AccountRef, users)),
        api_key=_reference(Ref, audit_entries.c.api_key_id),
        event=_reference(Ref, audit_entries.c.event_id),
        order=_reference(OrderRef, audit_entries.c.order_id),
        account=_reference(Ref, audit_entries.c.account_id),
    )
).outerjoin_from(audit_entries, users, users.c.id == audit_entries.c.actor_id)


def audit_entry_to_row(entry: AuditEntry) -> dict[str, object]:
    """Return the row of an entry of the audit trail."""
    return {
        **attributes(entry, NAMES),
        "api_key_id": entry.key_id,
        "address": entry.origin.address,
        "request_id": entry.origin.request_id,
    }


class PostgresAuditQueries(Reader):
    """Queries of the audit trail."""

    def search(
        self, search: AuditSearch, *, before: int | None, limit: int
    ) -> Page[AuditEntryView, int]:
        columns = audit_entries.c
        wanted = (
            (columns.event_id, search.event),
            (columns.order_id, search.order),
            (columns.account_id, search.account),
            (columns.actor_id, search.actor),
            (columns.action, search.action),
        )
        conditions = [column == value for column, value in wanted if value is not None]
        if before is not None:
            conditions.append(columns.id < before)
        query = VIEWS.where(*conditions).order_by(columns.id.desc()).limit(limit + 1)
        return page_of(self.views(AuditEntryView, query), limit, lambda entry: entry.id)
