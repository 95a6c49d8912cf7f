"""The translation of violated constraints into errors of the domain."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from eventapi.adapters.postgres.repository import Staged
from eventapi.domain.errors import (
    AccountDeleted,
    AlreadyRegistered,
    CategoryInUse,
    CategoryTaken,
    DomainError,
    EventHasOrders,
    IdempotencyKeyReused,
    InvalidValues,
    ReferenceTaken,
    TicketTypeInUse,
    UsernameTaken,
)
from eventapi.domain.values import CategoryId

Key = Mapping[str, str]


@contextmanager
def translate_integrity_errors(staged: Staged) -> Iterator[None]:
    """Raise the error of the domain for a constraint that the staged changes violate.

    Other constraints are violated only by a defect of the program.
    """
    try:
        yield
    except IntegrityError as error:
        diagnostics = error.orig.diag  # type: ignore[union-attr]
        key = _violated_key(diagnostics.message_detail or "")
        translate = TRANSLATIONS.get((diagnostics.constraint_name, next(iter(key), None)))
        if translate is None:
            raise
        raise translate(key, staged) from error


def _violated_key(detail: str) -> Key:
    """Return the columns and values of a detail such as "Key (event_id, code)=(7, x) exists."."""
    found = re.search(r"\((.*?)\)=\((.*)\)", detail, re.DOTALL)
    if found is None:
        return {}
    columns = found[1].split(", ")
    return dict(zip(columns, found[2].split(", ", len(columns) - 1), strict=True))


def _username_taken(key: Key, staged: Staged) -> DomainError:
    written = {user.username.key: user.username.value for user in staged.users}
    return UsernameTaken(written.get(key["username_key"], key["username_key"]))


def _category_in_use(key: Key, staged: Staged) -> DomainError:
    return CategoryInUse(staged.removed_categories[CategoryId(int(key["id"]))].value)


TRANSLATIONS: dict[tuple[str | None, str | None], Callable[[Key, Staged], DomainError]] = {
    ("users_username_key_key", "username_key"): _username_taken,
    ("categories_slug_key", "slug"): lambda key, _: CategoryTaken(key["slug"]),
    ("events_reference_key", "organizer_id"): lambda key, _: ReferenceTaken(key["reference"]),
    ("events_organizer_id_fkey", "organizer_id"): lambda *_: AccountDeleted(),
    ("events_category_id_fkey", "category_id"): lambda *_: InvalidValues(
        {"category": "There is no such category."}
    ),
    ("events_category_id_fkey", "id"): _category_in_use,
    ("orders_buyer_id_fkey", "buyer_id"): lambda *_: AccountDeleted(),
    ("orders_event_id_fkey", "id"): lambda key, _: EventHasOrders(int(key["id"])),
    ("orders_registrant_key", "event_id"): lambda key, _: AlreadyRegistered(int(key["event_id"])),
    ("orders_registered_account_key", "event_id"): lambda key, _: AlreadyRegistered(
        int(key["event_id"])
    ),
    ("tickets_ticket_type_id_fkey", "id"): lambda key, _: TicketTypeInUse(int(key["id"])),
    ("accepted_requests_pkey", "owner"): lambda key, _: IdempotencyKeyReused(key["key"]),
}
"""By the constraint and the first column of the violated key.

A foreign key names the column `id` if a row is removed that others refer to, and
its own column if the row that it refers to does not exist.
"""
