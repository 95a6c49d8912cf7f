"""Categories of events, managed by admins."""

from dataclasses import dataclass

from eventapi.application.idempotency import (
    Accepted,
    KeyedRequest,
    RequestKey,
    accept_once,
    account_owner,
    find_answer,
    key_of,
    store_answer,
)
from eventapi.application.ports.categories import CategoryQueries
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.preconditions import Precondition, check_seen, unconditional
from eventapi.application.views import CategoryView
from eventapi.domain import policy
from eventapi.domain.category import Category
from eventapi.domain.errors import CategoryNotFound, InvalidValues
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import Slug


@dataclass(frozen=True, slots=True)
class ListCategories:
    """List the categories, for everybody."""

    categories: CategoryQueries

    def __call__(self) -> list[CategoryView]:
        """Return all categories, ordered by name. There are few enough for one page."""
        return self.categories.all()

    def get(self, slug: str) -> CategoryView:
        """Return one category.

        Raises:
            CategoryNotFound: there is no such category.
        """
        return get_category(slug, self.categories)


@dataclass(frozen=True, slots=True)
class ManageCategories:
    """Create, rename and delete categories."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    def create(
        self, actor: Actor | None, name: str, *, request: KeyedRequest | None = None
    ) -> Accepted[CategoryView]:
        """Create a category; its slug is made from the name.

        Raises:
            IdempotencyKeyReused: the key was used for another request.
            NotSignedIn, NotAllowed: only admins manage categories.
            InvalidValues: the name is not acceptable.
            CategoryTaken: there is a category with the same slug.
        """
        admin = policy.require(actor, Action.MANAGE_CATEGORIES)
        key = key_of(request, account_owner(admin.id))
        return accept_once(lambda: self._create(admin, name, key))

    def _create(self, admin: Actor, name: str, key: RequestKey | None) -> Accepted[CategoryView]:
        with self.unit_of_work(admin) as work:
            if accepted := find_answer(key, CategoryView, work):
                return accepted
            now = self.clock.now()
            category = Category.create(name, id=work.categories.next_id(), now=now)
            work.categories.add(category)
            view = CategoryView.of(category)
            store_answer(key, view, now, work)
            work.commit()
        return Accepted(view)

    def rename(
        self,
        actor: Actor | None,
        slug: str,
        name: str,
        *,
        seen: Precondition[CategoryView] = unconditional,
    ) -> CategoryView:
        """Rename a category; its slug stays, so that links keep working.

        Raises:
            NotSignedIn, NotAllowed: only admins manage categories.
            CategoryNotFound: there is no such category.
            InvalidValues: the name is not acceptable.
            VersionConflict: the category was changed since the actor saw it.
        """
        policy.require(actor, Action.MANAGE_CATEGORIES)
        with self.unit_of_work(actor) as work:
            category = _lock(slug, work)
            check_seen(seen, CategoryView.of(category))
            category.rename(name, now=self.clock.now())
            work.categories.save(category)
            work.commit()
        return CategoryView.of(category)

    def delete(
        self,
        actor: Actor | None,
        slug: str,
        *,
        seen: Precondition[CategoryView] = unconditional,
    ) -> None:
        """Delete a category that no event belongs to.

        Raises:
            NotSignedIn, NotAllowed: only admins manage categories.
            CategoryNotFound: there is no such category.
            CategoryInUse: events belong to it.
            VersionConflict: the category was changed since the actor saw it.
        """
        policy.require(actor, Action.MANAGE_CATEGORIES)
        with self.unit_of_work(actor) as work:
            category = _lock(slug, work)
            check_seen(seen, CategoryView.of(category))
            category.delete(now=self.clock.now())
            work.categories.remove(category)
            work.commit()


def get_category(slug: str, categories: CategoryQueries) -> CategoryView:
    """Return the category of a slug.

    Raises:
        CategoryNotFound: there is no such category.
    """
    parsed = _parse_slug(slug)
    category = categories.get(parsed.value) if parsed else None
    if category is None:
        raise CategoryNotFound(slug)
    return category


def find_category(slug: str | None, work: UnitOfWork) -> Category | None:
    """Return the category that an event names by its slug, if it names any.

    Raises:
        InvalidValues: there is no such category.
    """
    if slug is None:
        return None
    parsed = _parse_slug(slug)
    category = work.categories.by_slug(parsed) if parsed else None
    if category is None:
        raise InvalidValues({"category": "There is no such category."})
    return category


def _lock(slug: str, work: UnitOfWork) -> Category:
    parsed = _parse_slug(slug)
    category = work.categories.get_for_update(parsed) if parsed else None
    if category is None:
        raise CategoryNotFound(slug)
    return category


def _parse_slug(slug: str) -> Slug | None:
    try:
        return Slug(slug)
    except InvalidValues:
        return None
