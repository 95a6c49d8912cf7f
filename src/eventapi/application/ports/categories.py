"""Ports for categories."""

from typing import Protocol

from eventapi.application.views import CategoryView
from eventapi.domain.category import Category
from eventapi.domain.values import CategoryId, Slug


class CategoryRepository(Protocol):
    """Categories, as aggregates."""

    def next_id(self) -> CategoryId:
        """Return an id for a new category."""

    def add(self, category: Category) -> None:
        """Store a new category; the commit raises CategoryTaken if its slug is taken."""

    def by_slug(self, slug: Slug) -> Category | None:
        """Return the category of this slug."""

    def get_for_update(self, slug: Slug) -> Category | None:
        """Return the category of this slug, locked against changes by other units of work."""

    def save(self, category: Category) -> None:
        """Store the changes of a category."""

    def remove(self, category: Category) -> None:
        """Delete a category; the commit raises CategoryInUse if events belong to it."""


class CategoryQueries(Protocol):
    """Reads of categories."""

    def all(self) -> list[CategoryView]:
        """Return all categories, ordered by name."""

    def get(self, slug: str) -> CategoryView | None:
        """Return the category of this slug."""
