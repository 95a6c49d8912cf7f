"""Categories on PostgreSQL."""

from typing import Any

from sqlalchemy import Select, Sequence, bindparam, select

from eventapi.adapters.postgres.reader import Reader
from eventapi.adapters.postgres.repository import Repository
from eventapi.adapters.postgres.tables import categories
from eventapi.adapters.postgres.view_columns import columns_of
from eventapi.application.views import CategoryView
from eventapi.domain.category import Category
from eventapi.domain.values import CategoryId, Slug, sort_key

CATEGORY_IDS = Sequence("categories_id_seq")
BY_SLUG = select(categories).where(categories.c.slug == bindparam("slug"))
VIEWS = select(*columns_of(CategoryView, categories))
VIEW_BY_SLUG = VIEWS.where(categories.c.slug == bindparam("slug"))


def category_to_row(category: Category) -> dict[str, object]:
    """Return the row of a category."""
    return {"id": category.id, "slug": category.slug.value, "name": category.name}


class PostgresCategories(Repository):
    """Categories, as aggregates."""

    def next_id(self) -> CategoryId:
        return CategoryId(self._next_id(CATEGORY_IDS))

    def add(self, category: Category) -> None:
        self._collect(category)
        self._staged.categories.append(category)

    def by_slug(self, slug: Slug) -> Category | None:
        return self._category(BY_SLUG, slug)

    def get_for_update(self, slug: Slug) -> Category | None:
        # Events of the category may be added meanwhile: they refer to its id only.
        return self._category(BY_SLUG.with_for_update(key_share=True), slug)

    def _category(self, query: Select[Any], slug: Slug) -> Category | None:
        row = self._row(query, {"slug": slug.value})
        if row is None:
            return None
        return Category(id=CategoryId(row.id), slug=Slug(row.slug), name=row.name)

    def save(self, category: Category) -> None:
        self._collect(category)
        self._stage(lambda: self._update(categories, category_to_row(category)))

    def remove(self, category: Category) -> None:
        self._collect(category)
        self._staged.removed_categories[category.id] = category.slug
        self._stage_delete(categories, category.id)


class PostgresCategoryQueries(Reader):
    """Queries of categories."""

    def all(self) -> list[CategoryView]:
        views = self.views(CategoryView, VIEWS)
        return sorted(views, key=lambda view: (sort_key(view.name), view.slug))

    def get(self, slug: str) -> CategoryView | None:
        return self.view(CategoryView, VIEW_BY_SLUG, {"slug": slug})
