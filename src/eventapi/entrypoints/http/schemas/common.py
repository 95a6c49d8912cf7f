"""Fields and schemas that several requests share."""

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, pre_load, validate

from eventapi.domain.faults import FAULTY
from eventapi.domain.values import AccessCode, Attendee, EmailAddress
from eventapi.entrypoints.http.errors import MAX_FAULTS
from eventapi.entrypoints.http.fields import Reference, Text
from eventapi.entrypoints.http.paths import MAX_ID
from eventapi.entrypoints.http.schemas.derivation import schema_of
from eventapi.entrypoints.http.schemas.faults import Length, QuerySchema, Range, RequestSchema

MAX_PAGE_SIZE = 100
MAX_CURSOR_LENGTH = 1_500  # in a list by name, a cursor holds a name
MAX_QUERY_LENGTH = 200


class PatchSchema(RequestSchema):
    """A change by JSON Merge Patch (RFC 7396): every field may be left out, null clears a value.

    Only the fields of the schema itself may be left out: an item of a list is complete.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"partial": tuple(self._declared_fields), **kwargs})


class RoundTripSchema(RequestSchema):
    """Accepts what an answer has: fields of the answer that can't be changed are ignored.

    Attributes:
        view: what the answer is made from.
    """

    view: ClassVar[type]

    @classmethod
    def read_only_fields(cls) -> dict[str, fields.Field[Any]]:
        """Return the fields that only the answer has."""
        of_answer = schema_of(cls.view)().fields
        return {name: of_answer[name] for name in of_answer if name not in cls._declared_fields}

    @pre_load
    def _ignore_read_only(self, sent: Any, **_: Any) -> Any:
        if not isinstance(sent, Mapping):
            return sent
        ignored = self.read_only_fields().keys()
        return {name: value for name, value in sent.items() if name not in ignored}


class FormSchema(RequestSchema):
    """What is entered into a form of the application, which has more rules than the schema.

    If some fields are not valid, they are FAULTY and the others are loaded, so that the
    application can add the faults that only it finds.
    """

    def load_faulty(self, error: ValidationError) -> dict[str, Any] | None:
        """Return what can be loaded despite an error; None if nothing was looked at."""
        valid = error.valid_data
        if not isinstance(valid, dict):
            return None
        return valid | {
            name: valid[name] if isinstance(valid.get(name), _PartlyFaulty) else FAULTY
            for name in error.messages_dict
        }


class _PartlyFaulty(list[Any]):
    """The items of a list of which some are, or contain, FAULTY."""


class BoundedList(fields.List[Any]):
    """A list that is refused for its length before an item is loaded.

    After `MAX_FAULTS` faulty items the others are not loaded: their faults would not be told.

    Args:
        inner: the field of an item.
        longest: the maximum number of items.
        shortest: the minimum number of items.
    """

    def __init__(
        self, inner: fields.Field[Any], *, longest: int, shortest: int | None = None, **options: Any
    ) -> None:
        super().__init__(inner, validate=Length(shortest, longest), **options)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        self._validate(value)
        items = _PartlyFaulty()
        faults: dict[int, Any] = {}
        for number, item in enumerate(value):
            if len(faults) > MAX_FAULTS:
                items += [FAULTY] * (len(value) - number)
                break
            try:
                items.append(self.inner.deserialize(item))
            except ValidationError as error:
                faults[number] = error.messages
                items.append(self._load_faulty(item, error))
        if faults:
            raise ValidationError(faults, valid_data=items)
        return list(items)

    def _load_faulty(self, item: Any, error: ValidationError) -> Any:
        """Return what can be loaded of a faulty item."""
        loaded: Any = None
        if isinstance(item, dict) and isinstance(self.inner, fields.Nested):
            schema, loaded = self.inner.schema, error.valid_data
            if isinstance(schema, FormSchema):
                loaded = schema.load_faulty(error)
        return FAULTY if loaded is None else loaded


class PageQuerySchema(QuerySchema):
    """A page of a list."""

    cursor = Text(
        load_default=None,
        validate=Length(max=MAX_CURSOR_LENGTH),
        metadata={"description": "The `next` of the previous page; the first page needs none."},
    )
    limit = fields.Integer(
        load_default=20,
        validate=Range(1, MAX_PAGE_SIZE),
        metadata={"description": "The maximum number of items on the page."},
    )


class IdempotencySchema(RequestSchema):
    """The header that makes a request safe to repeat."""

    idempotency_key = Text(
        data_key="Idempotency-Key",
        load_default=None,
        validate=validate.Regexp(
            r"^[\x21-\x7e]{1,255}$", error="Must be 1 to 255 visible ASCII characters."
        ),
        metadata={
            "description": "A new key for each request, such as a UUID. A request that succeeded "
            "is executed once: repeating it with its key returns the first response, with "
            "`Idempotent-Replayed: true`."
        },
    )


class AccessCodeQuerySchema(QuerySchema):
    """The access code of a private event."""

    access_code = Text(
        load_default=None,
        validate=Length(max=AccessCode.MAX_LENGTH),
        metadata={"description": "Opens a private event; ticket holders do not need it."},
    )


def email_field(*, required: bool = False, **options: Any) -> Text:
    """Return the field of an email address."""
    return Text(
        required=required,
        allow_none=not required,
        validate=Length(1 if required else None, EmailAddress.MAX_LENGTH),
        rule=EmailAddress,
        metadata={"format": "email", **options.pop("metadata", {})},
        **options,
    )


def attendee_name_field(**options: Any) -> Text:
    """Return the field of the name of a person whom a ticket admits."""
    return Text(validate=Length(1, Attendee.MAX_NAME_LENGTH), rule=Attendee, **options)


def id_field(**options: Any) -> fields.Integer:
    """Return the field of an id in a body."""
    return fields.Integer(strict=True, validate=Range(min=1), **options)


def ticket_type_field(description: str, **options: Any) -> Reference:
    """Return the field of a reference to a ticket type in a body."""
    return Reference(
        id_field(), key="id", component="TicketTypeRef", description=description, **options
    )


def id_filter_field(description: str) -> fields.Integer:
    """Return the field of an id in a query."""
    return fields.Integer(
        load_default=None,
        validate=Range(0, MAX_ID),
        metadata={"description": description},
    )


def search_field(description: str) -> Text:
    """Return the field of a text to search for in a query."""
    return Text(
        load_default=None,
        validate=Length(max=MAX_QUERY_LENGTH),
        metadata={"description": f"{description}, without regard to case and accents."},
    )
