"""Violated constraints become errors of the domain, with and without the details of PostgreSQL."""

from types import SimpleNamespace

import pytest
from sqlalchemy.exc import IntegrityError

from eventapi.adapters.postgres.integrity import TRANSLATIONS, translate_integrity_errors
from eventapi.adapters.postgres.repository import Staged
from eventapi.application.audit import DomainEventCollector
from eventapi.application.idempotency import RequestKey
from eventapi.application.views import BuyerView, OrderView
from eventapi.domain.category import Category
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
from eventapi.domain.values import CategoryId, Slug
from tests import builders

WITHHELD = [None, "", 'Key is not present in table "users".']
"""Details for a role that may not read the columns of the key."""


def staged() -> Staged:
    return Staged(DomainEventCollector(None))


def violation(constraint: str, detail: str | None) -> IntegrityError:
    cause = Exception()
    cause.diag = SimpleNamespace(  # type: ignore[attr-defined]
        constraint_name=constraint, message_detail=detail
    )
    return IntegrityError("INSERT", {}, cause)


def translated(constraint: str, detail: str | None, changes: Staged) -> DomainError:
    with pytest.raises(DomainError) as raised, translate_integrity_errors(changes):
        raise violation(constraint, detail)
    return raised.value


def test_a_detail_names_the_value_that_clashes() -> None:
    changes = staged()
    changes.users = [builders.user(id=1, username=name) for name in ("Bob", "Eve")]
    detail = "Key (username_key)=(bob) already exists."

    error = translated("users_username_key_key", detail, changes)

    assert (type(error), str(error)) == (UsernameTaken, str(UsernameTaken("Bob")))


BUYER = BuyerView(7, "bob", None, None)


@pytest.mark.parametrize("detail", WITHHELD)
def test_without_a_detail_the_only_staged_value_is_the_one_that_clashes(
    detail: str | None,
) -> None:
    changes = staged()
    changes.users = [builders.user(id=1, username="Bob")]
    changes.categories = [Category(id=CategoryId(1), slug=Slug("jazz"), name="Jazz")]
    changes.loaded_events = [builders.event(id=5, reference="r")]
    changes.removed_categories = {CategoryId(3): Slug("opera")}
    changes.orders = [builders.sell(builders.event(id=5))]
    order = OrderView.of(changes.orders[0], event=builders.event(id=5), buyer=BUYER)
    changes.requests = [(RequestKey.of("account 1", "k", {}), order, order.created_at)]

    for constraint, expected in {
        "users_username_key_key": UsernameTaken("Bob"),
        "categories_slug_key": CategoryTaken("jazz"),
        "events_reference_key": ReferenceTaken("r"),
        "events_organizer_id_fkey": AccountDeleted(),
        "events_category_id_fkey": CategoryInUse("opera"),
        "orders_buyer_id_fkey": AccountDeleted(),
        "orders_event_id_fkey": EventHasOrders(5),
        "orders_registrant_key": AlreadyRegistered(5),
        "orders_registered_account_key": AlreadyRegistered(5),
        "accepted_requests_pkey": IdempotencyKeyReused("k"),
    }.items():
        error = translated(constraint, detail, changes)
        assert (type(error), str(error)) == (type(expected), str(expected))


def test_without_a_detail_and_one_staged_value_the_constraint_decides() -> None:
    several = staged()
    several.users = [builders.user(id=1), builders.user(id=2)]
    several.loaded_events = [builders.event(id=1), builders.event(id=2)]
    several.removed_categories = {CategoryId(3): Slug("opera"), CategoryId(4): Slug("jazz")}
    constraints = {constraint for constraint, _ in TRANSLATIONS if constraint}

    for changes in (staged(), several):
        for constraint in constraints:
            assert isinstance(translated(constraint, None, changes), DomainError)
    assert isinstance(translated("events_category_id_fkey", None, staged()), InvalidValues)
    assert isinstance(translated("events_category_id_fkey", None, several), CategoryInUse)
    assert isinstance(translated("tickets_ticket_type_id_fkey", None, several), TicketTypeInUse)


@pytest.mark.parametrize("detail", [None, "Key (id)=(1) already exists."])
def test_a_constraint_that_only_a_defect_violates_stays_an_error(detail: str | None) -> None:
    with pytest.raises(IntegrityError), translate_integrity_errors(staged()):
        raise violation("users_pkey", detail)
