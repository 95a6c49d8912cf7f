"""The JSON Schemas of marshmallow schemas, as generators of clients understand them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from eventapi.application.audit import AUDIT_ACTIONS
from eventapi.entrypoints.http.fields import Reference
from eventapi.entrypoints.http.schemas.common import RoundTripSchema

_NULL = {"type": "null"}
_PARTS: Final[Mapping[tuple[StrEnum, ...], str]] = {tuple(AUDIT_ACTIONS): "AuditAction"}
"""The names of enums that have only a part of the members of their class."""


class DescribedSchemas(MarshmallowPlugin):
    """apispec's plugin, with other rules for descriptions, defaults, enums and parameters."""

    class Converter(OpenAPIConverter):
        """See the plugin."""

        def schema2jsonschema(self, schema: Schema) -> dict[str, Any]:
            """Return the JSON Schema of a schema, described by its docstring's first paragraph."""
            described: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
            if isinstance(schema, RoundTripSchema):
                described["properties"] |= {
                    name: self.field2property(field) | {"readOnly": True}
                    for name, field in schema.read_only_fields().items()
                }
            return described | {"description": _first_paragraph(type(schema))}

        def fields2jsonschema(self, fields: Any, *, partial: Any = None) -> dict[str, Any]:
            """Return the JSON Schema of an object with these fields.

            None has a default: generators for TypeScript would make it a required field.
            """
            described: dict[str, Any] = super().fields2jsonschema(fields, partial=partial)  # type: ignore[no-untyped-call]
            for field in described["properties"].values():
                field.pop("default", None)
            return described

        def field2property(self, field: fields.Field[Any]) -> dict[str, Any]:
            """Return the JSON Schema of a field.

            An enum is a component, so that it has one name; a single value is a constant.
            """
            described: dict[str, Any] = super().field2property(field)
            if isinstance(field, Reference):
                component = {"$ref": f"#/components/schemas/{field.component}"}
                null = [_NULL] if field.allow_none else []
                described["anyOf"] = [self.field2property(field.inner), component, *null]
            match described.pop("enum", None):
                case [StrEnum(), *_] as members:
                    enum = {"$ref": self._enum(tuple(members))}
                    kept = {name: described[name] for name in ("description",) if name in described}
                    return ({"anyOf": [enum, _NULL]} if field.allow_none else enum) | kept
                case [only]:
                    described["const"] = only
            return described

        def _field2parameter(
            self, field: fields.Field[Any], *, name: str, location: str
        ) -> dict[str, Any]:
            """Return the description of a parameter, which can be left out, but is never null."""
            parameter = super()._field2parameter(field, name=name, location=location)
            parameter["schema"] = _without_null(parameter["schema"])
            if location == "query" and not parameter["required"]:
                parameter["allowEmptyValue"] = True  # counts as absent
            return parameter

        def _enum(self, members: tuple[StrEnum, ...]) -> str:
            """Return the path of an enum's component, which is added at its first use."""
            cls = type(members[0])
            name = cls.__name__ if members == tuple(cls) else _PARTS[members]
            if name not in self.spec.components.schemas:
                values = [member.value for member in members]
                described = {"type": "string", "enum": values, "description": _first_paragraph(cls)}
                self.spec.components.schema(name, described)
            return f"#/components/schemas/{name}"


def _first_paragraph(cls: type) -> str:
    """Return the first paragraph of a class's docstring, as one line."""
    return " ".join((cls.__doc__ or "").partition("\n\n")[0].split())


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema without null, as a type and as a default."""
    kept = {name: value for name, value in schema.items() if (name, value) != ("default", None)}
    if isinstance(kept.get("type"), list):
        kept["type"] = next(name for name in kept["type"] if name != "null")
    if "anyOf" in kept:
        (choice,) = (choice for choice in kept.pop("anyOf") if choice != _NULL)
        kept |= choice
    return kept
