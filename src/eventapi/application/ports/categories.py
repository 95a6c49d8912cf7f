"""Ports for categories."""

from typing import Protocol

from eventapi.application.views import CategoryView
from eventapi.domain.category import Category
from eventapi.domain.values import CategoryId, Slug


class CategoryRepository(Protocol):
    """The categories."""

    def next_id(self) -> CategoryId:
        """Give a new category's id."""

    def add(self, category: Category) -> None:
        """Keep a new category; the commit raises CategoryTaken if there is one of its slug."""

    def by_slug(self, slug: Slug) -> Category | None:
        """Find a category."""

    def save(self, category: Category) -> None:
        """Keep what was changed of a category."""

    def remove(self, category: Category) -> None:
        """Forget a category; the commit raises CategoryInUse if events belong to it."""


class CategoryQueries(Protocol):
    """Categories, to be read."""

    def all(self) -> list[CategoryView]:
        """List all categories by name."""

    def get(self, slug: str) -> CategoryView | None:
        """Find a category."""
