"""Problem documents."""

from marshmallow import INCLUDE, Schema, fields


class ProblemSchema(Schema):
    """RFC 9457. Besides these members, a problem may have others that tell its facts."""

    class Meta:
        """Extension members are part of the format (RFC 9457, 3.2)."""

        unknown = INCLUDE

    type = fields.String(
        required=True, metadata={"description": "Where the problem is explained; a path."}
    )
    title = fields.String(
        required=True, metadata={"description": "What kind of problem it is, for people."}
    )
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    detail = fields.String(
        required=True, metadata={"description": "What went wrong this time, for people."}
    )
    code = fields.String(
        required=True, metadata={"description": "What kind of problem it is, for machines."}
    )
    request_id = fields.String(
        required=True, metadata={"description": "The request's id, as in X-Request-ID."}
    )
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "With `validation_failed`: by field, what is wrong with it."},
    )
    remaining = fields.Integer(
        metadata={"description": "With `sold_out`: how many tickets are left."}
    )
    requested = fields.Integer(
        metadata={"description": "With `sold_out` and `order_too_large`: how many were asked for."}
    )
    limited_by = fields.String(
        metadata={
            "description": "With `sold_out`: what has no more, the `event` or the `ticket_type`."
        }
    )
    ticket_type = fields.Integer(
        allow_none=True, metadata={"description": "Which ticket type it is about, if about any."}
    )
    tickets_sold = fields.Integer(
        metadata={"description": "With `capacity_below_sold`: how many tickets are sold."}
    )
    sales_start = fields.DateTime(
        allow_none=True, metadata={"description": "With `sales_closed`: when sales begin."}
    )
    sales_end = fields.DateTime(
        allow_none=True, metadata={"description": "With `sales_closed`: when sales end."}
    )
    version = fields.Integer(
        metadata={"description": "With `version_conflict`: the version that there is now."}
    )
    limit = fields.Integer(
        metadata={"description": "With `order_too_large` and `body_too_large`: what is allowed."}
    )
    start_time = fields.DateTime(metadata={"description": "With `event_started`: when."})
    checked_in_at = fields.DateTime(
        metadata={"description": "With `already_checked_in`: when it was first used."}
    )
    retry_after = fields.Integer(
        metadata={"description": "With `storage_unavailable`: seconds to wait."}
    )
