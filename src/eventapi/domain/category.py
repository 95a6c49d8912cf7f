"""Categories of events."""

from datetime import datetime
from typing import Self

from eventapi.domain.domain_event import Aggregate, DomainEvent, DomainEventType
from eventapi.domain.values import CategoryId, Slug, clean_text


class Category(Aggregate):
    """A category; an event belongs to at most one.

    Attributes:
        slug: made from the first name; it never changes, because links use it.
        name: up to 100 characters.
    """

    MAX_NAME_LENGTH = 100

    def __init__(self, *, id: CategoryId, slug: Slug, name: str) -> None:
        self.id = id
        self.slug = slug
        self.name = name

    @classmethod
    def create(cls, name: str, *, id: CategoryId, now: datetime) -> Self:
        """Create a category with the slug of its name.

        Raises:
            InvalidValues: the name is empty, too long, or has no letter or digit.
        """
        category = cls(id=id, slug=Slug.of(name), name="")
        category._set_name(name)
        category._record_event(DomainEventType.CATEGORY_CREATED, now)
        return category

    def rename(self, name: str, *, now: datetime) -> None:
        """Change the name; the slug stays.

        Raises:
            InvalidValues: the name is empty or too long.
        """
        self._set_name(name)
        self._record_event(DomainEventType.CATEGORY_CHANGED, now)

    def delete(self, *, now: datetime) -> None:
        """Record that the category is deleted; the caller removes it from the storage."""
        self._record_event(DomainEventType.CATEGORY_DELETED, now)

    @classmethod
    def parse_name(cls, name: str) -> str:
        """Return a checked name.

        Raises:
            InvalidValues: the name is empty, too long, or has control characters.
        """
        return clean_text("name", name, longest=cls.MAX_NAME_LENGTH)

    def _set_name(self, name: str) -> None:
        self.name = self.parse_name(name)

    def _record_event(self, type: DomainEventType, at: datetime) -> None:
        self._record(DomainEvent(type=type, occurred_at=at, detail=self.slug.value))
