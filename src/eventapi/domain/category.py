"""Categories: what kind of event an event is."""

from typing import Self

from eventapi.domain.values import CategoryId, Slug, clean_text


class Category:
    """A kind of event; an event belongs to at most one.

    Attributes:
        slug: made of the first name and never changed, since it stands in
            links that others keep.
        name: up to 100 characters.
    """

    MAX_NAME_LENGTH = 100

    def __init__(self, *, id: CategoryId, slug: Slug, name: str) -> None:
        self.id = id
        self.slug = slug
        self.name = name

    @classmethod
    def named(cls, name: str, *, id: CategoryId) -> Self:
        """Make a new category, with the slug of its name.

        Raises:
            InvalidValues: the name is empty, too long, or without any letter or digit.
        """
        category = cls(id=id, slug=Slug.of(name), name="")
        category.rename(name)
        return category

    def rename(self, name: str) -> None:
        """Give the category another name; its slug stays.

        Raises:
            InvalidValues: the name is empty or too long.
        """
        self.name = clean_text("name", name, longest=self.MAX_NAME_LENGTH)
