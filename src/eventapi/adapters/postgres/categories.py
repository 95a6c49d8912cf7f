"""Categories on PostgreSQL."""

from sqlalchemy import bindparam, select

from eventapi.adapters.postgres import tables
from eventapi.adapters.postgres.reader import Reader
from eventapi.adapters.postgres.view_columns import columns_of
from eventapi.application.views import CategoryView
from eventapi.domain.values import sort_key

CATEGORIES = select(*columns_of(CategoryView, tables.categories))
CATEGORY_BY_SLUG = CATEGORIES.where(tables.categories.c.slug == bindparam("slug"))


class PostgresCategoryQueries(Reader):
    """Queries of categories."""

    def all(self) -> list[CategoryView]:
        views = self.views(CategoryView, CATEGORIES)
        return sorted(views, key=lambda view: (sort_key(view.name), view.slug))

    def get(self, slug: str) -> CategoryView | None:
        return self.view(CategoryView, CATEGORY_BY_SLUG, {"slug": slug})
