"""Fields that are stricter than marshmallow's own."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from marshmallow import ValidationError, fields

from eventapi.domain.errors import InvalidValues
from eventapi.domain.values import MAX_YEAR
from eventapi.entrypoints.http.schemas.faults import OneOf

_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?")


@contextmanager
def domain_faults(*names: str) -> Iterator[None]:
    """Report values that the domain does not accept as faults of the body.

    Args:
        names: the fields of the schema; without any, the faults are those of one field.
    """
    try:
        yield
    except InvalidValues as error:
        if not names:
            raise ValidationError(list(error.problems.values())) from None
        known = {name: [error.problems[name]] for name in names if name in error.problems}
        raise ValidationError(known) from None


class Text(fields.String):
    """A text that every storage and encoding accepts: no NUL, no unpaired surrogates.

    Args:
        rule: a function of the domain that raises InvalidValues for what it does not
            accept. So these faults are told together with those of the schema.
    """

    def __init__(self, *, rule: Callable[[str], object] | None = None, **kwargs: Any) -> None:
        self._rule = rule
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, *args, **kwargs)
        if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValidationError("Must not contain NUL or unpaired surrogates.")
        if self._rule is not None:
            with domain_faults():
                self._rule(text)
        return text


class Choice(Text):
    """A member of an enum, by its value."""

    def __init__(self, members: Iterable[StrEnum], **kwargs: Any) -> None:
        self._members = {member.value: member for member in members}
        metadata = {"enum": list(self._members.values()), **kwargs.pop("metadata", {})}
        super().__init__(validate=OneOf(list(self._members)), metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        return self._members.get(text, text)  # OneOf refuses what is not a member


class Reference(fields.Field[Any]):
    """A reference to a thing: its key, or the object of an answer that has the key.

    Args:
        inner: the field of the key.
        key: the name of the key in the object.
        component: the object's schema in the OpenAPI document.
        description: what the reference is for.
    """

    def __init__(
        self,
        inner: fields.Field[Any],
        *,
        key: str,
        component: str,
        description: str,
        **options: Any,
    ) -> None:
        self.inner, self.key, self.component = inner, key, component
        super().__init__(metadata={"description": description}, **options)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if not isinstance(value, Mapping):
            return self.inner.deserialize(value)
        if self.key not in value:
            raise ValidationError({self.key: ["Is required in a reference."]})
        try:
            return self.inner.deserialize(value[self.key])
        except ValidationError as error:
            raise ValidationError({self.key: error.messages}) from None


class Timestamp(fields.AwareDateTime):
    """A moment, RFC 3339 with an offset; written in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        moment: datetime = super()._deserialize(value, *args, **kwargs)
        if not 1 < moment.year <= MAX_YEAR:
            raise ValidationError(f"Must be before the end of the year {MAX_YEAR}.")
        return moment.astimezone(UTC)

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class QueryTimestamp(Timestamp):
    """A moment in a query, in which a plus sign that was not encoded arrives as a space."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        encoded = value.replace(" ", "+") if isinstance(value, str) else value
        return super()._deserialize(encoded, *args, **kwargs)


class Flag(fields.Boolean):
    """JSON's true or false; no other spelling."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class QueryFlag(fields.Boolean):
    """A boolean in a query, as clients write it: `true`, `True`, `1`; `false`, `False`, `0`."""


class Day(fields.Date):
    """A day, RFC 3339 full-date."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> date:
        day: date = super()._deserialize(value, *args, **kwargs)
        if day.year > MAX_YEAR:
            raise ValidationError(f"Must not be after the year {MAX_YEAR}.")
        return day


class Amount(fields.String):
    """Money, as a decimal string with two places; a JSON number would be read as a float."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"pattern": r"^[0-9]+\.[0-9]{2}$", **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else f"{value:.2f}"

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text: str = super()._deserialize(value, *args, **kwargs)
        if not _AMOUNT.fullmatch(text):
            raise ValidationError('Must be a decimal string with at most two places: "50.00".')
        return Decimal(text)
