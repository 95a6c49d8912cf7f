"""Problem documents (RFC 9457)."""

from typing import Any, get_args

from marshmallow import INCLUDE, Schema, fields

from eventapi.domain.errors import PrivateField, PublicField
from eventapi.entrypoints.http.schemas.derivation import derive_field, public_annotations


class ProblemSchema(Schema):
    """A problem document (RFC 9457). Each `code` may add members of its own."""

    class Meta:
        """Extension members are part of the format (RFC 9457, 3.2)."""

        unknown = INCLUDE

    type = fields.String(
        required=True,
        metadata={"description": "The path of the page that explains the code."},
    )
    title = fields.String(
        required=True, metadata={"description": "A short summary of the code, for people."}
    )
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    detail = fields.String(
        required=True, metadata={"description": "What went wrong in this request, for people."}
    )
    code = fields.String(
        required=True, metadata={"description": "The kind of problem, for programs; stable."}
    )
    request_id = fields.String(
        required=True,
        metadata={"description": "The id of the request, as in the header X-Request-ID."},
    )


def facts_schema(error: type[Exception]) -> Schema:
    """Return the schema of the members that an error adds to its problem document."""
    schema = Schema.from_dict(
        {
            name: derive_field(annotation)
            for name, annotation in public_annotations(error).items()
            if _marker(annotation, PublicField)
        },
        name=f"{error.__name__}FactsSchema",
    )
    return schema()


def make_example(error: type[Exception]) -> Exception:
    """Return an error with the example values that its class declares."""
    annotations = getattr(error, "__dataclass_fields__", {})
    markers = {
        name: _marker(annotation, PublicField) or _marker(annotation, PrivateField)
        for name, annotation in public_annotations(error).items()
        if name in annotations
    }
    return error(**{name: marker.example for name, marker in markers.items() if marker})


def _marker(annotation: Any, marker: type) -> Any:
    """Return what marks an annotated attribute, None if nothing does."""
    return next((entry for entry in get_args(annotation)[1:] if isinstance(entry, marker)), None)
