"""The audit trail."""

from marshmallow import fields

from eventapi.application.audit import AUDIT_ACTIONS
from eventapi.application.views import AuditEntryView
from eventapi.entrypoints.http.fields import Choice
from eventapi.entrypoints.http.schemas.common import PageQuerySchema, id_filter_field
from eventapi.entrypoints.http.schemas.derivation import response_schema

AuditEntrySchema = response_schema(
    AuditEntryView,
    example={
        "id": 411,
        "action": "event.changed",
        "actor": {"id": 1, "username": "alice"},
        "event": {"id": 42},
        "address": "203.0.113.7",
        "request_id": "0193c2a7a9b07f14a5d1c3e2f4b6a8d0",
    },
)


class AuditQuerySchema(PageQuerySchema):
    """Filters of the audit trail."""

    event = id_filter_field("The id of the event that was changed.")
    order = fields.UUID(
        load_default=None, metadata={"description": "The id of the order that was changed."}
    )
    account = id_filter_field("The id of the account that was changed.")
    actor = id_filter_field("The id of the account that made the change.")
    action = Choice(AUDIT_ACTIONS, metadata={"description": "What was done."})
