"""The audit trail."""

from marshmallow import Schema, fields, validate

from eventapi.application.audit import AUDIT_ACTIONS
from eventapi.entrypoints.http.fields import Text, Timestamp
from eventapi.entrypoints.http.pagination import PageQuerySchema, page_schema
from eventapi.entrypoints.http.paths import MAX_ID
from eventapi.entrypoints.http.schemas.accounts import AccountRefSchema

_AN_ID = validate.Range(0, MAX_ID)


class AuditQuerySchema(PageQuerySchema):
    """Which lines: those about this event, order or account, by this actor, of this kind."""

    event = fields.Integer(load_default=None, validate=_AN_ID)
    order = fields.UUID(load_default=None)
    account = fields.Integer(load_default=None, validate=_AN_ID)
    actor = fields.Integer(load_default=None, validate=_AN_ID)
    action = Text(validate=validate.OneOf([action.value for action in AUDIT_ACTIONS]))


class AuditEntrySchema(Schema):
    """Who did what, to what, when, and from where."""

    id = fields.Integer(required=True)
    at = Timestamp(required=True)
    action = fields.String(
        required=True, metadata={"enum": [action.value for action in AUDIT_ACTIONS]}
    )
    actor = fields.Nested(
        AccountRefSchema,
        required=True,
        allow_none=True,
        metadata={"description": "null for a guest and for the command line."},
    )
    api_key_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The key by which a machine did."}
    )
    event_id = fields.Integer(required=True, allow_none=True)
    order_id = fields.UUID(required=True, allow_none=True)
    account_id = fields.Integer(required=True, allow_none=True)
    detail = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "What else tells it apart: a role, the slug of a category, an API key."
        },
    )
    address = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Of the client on the network; only admins see it."},
    )
    request_id = fields.String(required=True, allow_none=True)


AuditPageSchema = page_schema(AuditEntrySchema, "AuditPage")
