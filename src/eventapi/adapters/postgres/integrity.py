"""The translation of violated constraints into errors of the domain."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
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

UNKNOWN, UNKNOWN_ID = "(unknown)", "0"
"""The values of an error if several staged values, or none, may have violated the constraint."""


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
        if not key and diagnostics.constraint_name in STAGED_KEYS:
            key = STAGED_KEYS[diagnostics.constraint_name](staged)
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
    slug = staged.removed_categories.get(CategoryId(int(key["id"])))
    return CategoryInUse(slug.value if slug else UNKNOWN)


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


def _only(values: Iterable[object], default: str = UNKNOWN) -> str:
    """Return the value if all are the same one."""
    distinct = set(map(str, values))
    return distinct.pop() if len(distinct) == 1 else default


def _category_key(staged: Staged) -> Key:
    if staged.removed_categories:
        return {"id": _only(staged.removed_categories, UNKNOWN_ID)}
    return {"category_id": UNKNOWN_ID}


def _reference_key(staged: Staged) -> Key:
    references = [event.details.reference for event in (*staged.events, *staged.loaded_events)]
    return {"organizer_id": UNKNOWN_ID, "reference": _only(filter(None, references))}


def _registration_key(staged: Staged) -> Key:
    of_orders = (order.event_id for order in staged.orders)
    loaded = (event.id for event in staged.loaded_events)
    return {"event_id": _only((*of_orders, *loaded), UNKNOWN_ID)}


STAGED_KEYS: dict[str, Callable[[Staged], Key]] = {
    "users_username_key_key": lambda staged: {
        "username_key": _only(user.username.key for user in staged.users)
    },
    "categories_slug_key": lambda staged: {
        "slug": _only(category.slug for category in staged.categories)
    },
    "events_reference_key": _reference_key,
    "events_organizer_id_fkey": lambda _: {"organizer_id": UNKNOWN_ID},
    "events_category_id_fkey": _category_key,
    "orders_buyer_id_fkey": lambda _: {"buyer_id": UNKNOWN_ID},
    "orders_event_id_fkey": lambda staged: {
        "id": _only((event.id for event in staged.loaded_events), UNKNOWN_ID)
    },
    "orders_registrant_key": _registration_key,
    "orders_registered_account_key": _registration_key,
    "tickets_ticket_type_id_fkey": lambda _: {"id": UNKNOWN_ID},
    "accepted_requests_pkey": lambda staged: {
        "owner": UNKNOWN,
        "key": _only(request.key for request, *_ in staged.requests),
    },
}
"""The violated keys as far as the staged changes tell, by the constraint.

PostgreSQL withholds the key from a role that may not read its columns.
"""
