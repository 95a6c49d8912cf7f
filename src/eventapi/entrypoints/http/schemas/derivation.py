"""Derive marshmallow fields from type annotations, so that no attribute is listed twice.

The annotation `Annotated[int, "How many tickets are left."]` becomes an integer
field with that description; an enum class among the metadata limits the values.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from marshmallow import fields

from eventapi.domain.errors import Fact
from eventapi.entrypoints.http.fields import Amount, Timestamp

Field = fields.Field[Any]

_FIELDS: Mapping[Any, Callable[..., Field]] = {
    bool: fields.Boolean,
    int: fields.Integer,
    str: fields.String,
    object: fields.String,
    UUID: fields.UUID,
    Decimal: Amount,
    datetime: Timestamp,
    date: fields.Date,
}


def public_annotations(owner: type) -> dict[str, Any]:
    """Return the annotations of a class's public attributes, its properties included."""
    annotations = get_type_hints(owner, include_extras=True)
    for parent in reversed(owner.__mro__):
        for name, member in vars(parent).items():
            if isinstance(member, property):
                hints = get_type_hints(member.fget, include_extras=True)
                annotations[name] = hints["return"]
    return {name: annotations[name] for name in annotations if not name.startswith("_")}


def derive_field(annotation: Any) -> Field:
    """Return the field that writes values of an annotated type.

    Raises:
        TypeError: no field is known for the type.
    """
    kind, metadata = _unwrap(annotation)
    options: dict[str, Any] = {"required": True, "metadata": _describe(metadata)}
    if get_origin(kind) in {Union, UnionType}:
        options["allow_none"] = True
        (kind,) = (choice for choice in get_args(kind) if choice is not NoneType)
    if get_origin(kind) is Sequence:
        return fields.List(derive_field(get_args(kind)[0]), **options)
    if get_origin(kind) is Mapping:
        _, values = get_args(kind)
        return fields.Dict(keys=fields.String(), values=derive_field(values), **options)
    if kind in _FIELDS:
        return _FIELDS[kind](**options)
    raise TypeError(f"There is no field for {annotation}.")


def _unwrap(annotation: Any) -> tuple[Any, Sequence[Any]]:
    """Split an annotation into its type and its metadata."""
    if get_origin(annotation) is Annotated:
        kind, *metadata = get_args(annotation)
        return kind, metadata
    return annotation, ()


def _describe(metadata: Sequence[Any]) -> dict[str, Any]:
    """Return the JSON Schema keywords that stand in an annotation's metadata."""
    described: dict[str, Any] = {}
    for entry in metadata:
        if isinstance(entry, str):
            described["description"] = entry
        elif isinstance(entry, Fact):
            described["description"] = entry.description
        elif isinstance(entry, type) and issubclass(entry, Enum):
            described["enum"] = [member.value for member in entry]
    return described
