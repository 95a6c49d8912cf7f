"""Categories: the kinds of event, kept in order by admins."""

from eventapi.application.audit import AuditAction, AuditEntry
from eventapi.application.ports.categories import CategoryQueries
from eventapi.application.ports.storage import UnitOfWork, UnitOfWorkFactory
from eventapi.application.ports.system import Clock
from eventapi.application.views import CategoryView
from eventapi.domain import policy
from eventapi.domain.category import Category
from eventapi.domain.errors import CategoryNotFound, InvalidValues
from eventapi.domain.policy import Action, Actor
from eventapi.domain.values import Slug


class ListCategories:
    """Show the categories to everybody."""

    def __init__(self, categories: CategoryQueries) -> None:
        self._categories = categories

    def __call__(self) -> list[CategoryView]:
        """Give all categories by name; there are as many as a person can keep in order."""
        return self._categories.all()

    def one(self, slug: str) -> CategoryView:
        """Give one category.

        Raises:
            CategoryNotFound: there is none.
        """
        try:
            category = self._categories.get(Slug(slug).value)
        except InvalidValues:
            category = None  # what can't be a slug is none
        if category is None:
            raise CategoryNotFound(slug)
        return category


class ManageCategories:
    """Make, rename and delete categories."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    def create(self, actor: Actor | None, name: str) -> CategoryView:
        """Make a category, with a slug made of its name.

        Raises:
            NotSignedIn, NotAllowed: only admins manage categories.
            InvalidValues: the name can't be one.
            CategoryTaken: there is one whose name has the same slug.
        """
        policy.require(actor, Action.MANAGE_CATEGORIES)
        with self._unit_of_work() as work:
            category = Category.named(name, id=work.categories.next_id())
            work.categories.add(category)
            work.audit.record(
                AuditEntry.by(
                    actor,
                    AuditAction.CATEGORY_CREATED,
                    self._clock.now(),
                    detail=category.slug.value,
                )
            )
            work.commit()
        return CategoryView.of(category)

    def rename(self, actor: Actor | None, slug: str, name: str) -> CategoryView:
        """Give a category another name; its slug stays, so that links go on to lead to it.

        Raises:
            NotSignedIn, NotAllowed: only admins manage categories.
            CategoryNotFound: there is none.
            InvalidValues: the name can't be one.
        """
        policy.require(actor, Action.MANAGE_CATEGORIES)
        with self._unit_of_work() as work:
            category = _category_of(slug, work)
            category.rename(name)
            work.categories.save(category)
            work.audit.record(
                AuditEntry.by(
                    actor,
                    AuditAction.CATEGORY_CHANGED,
                    self._clock.now(),
                    detail=category.slug.value,
                )
            )
            work.commit()
        return CategoryView.of(category)

    def delete(self, actor: Actor | None, slug: str) -> None:
        """Delete a category to which no event belongs.

        Raises:
            NotSignedIn, NotAllowed: only admins manage categories.
            CategoryNotFound: there is none.
            CategoryInUse: events belong to it.
        """
        policy.require(actor, Action.MANAGE_CATEGORIES)
        with self._unit_of_work() as work:
            work.categories.remove(_category_of(slug, work))
            work.audit.record(
                AuditEntry.by(actor, AuditAction.CATEGORY_DELETED, self._clock.now(), detail=slug)
            )
            work.commit()


def _category_of(slug: str, work: UnitOfWork) -> Category:
    try:
        category = work.categories.by_slug(Slug(slug))
    except InvalidValues:
        category = None  # what can't be a slug is none
    if category is None:
        raise CategoryNotFound(slug)
    return category
