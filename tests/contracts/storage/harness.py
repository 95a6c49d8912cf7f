"""The storage under test."""

from dataclasses import dataclass

import pytest

from eventapi.application.ports.accounts import UserQueries
from eventapi.application.ports.categories import CategoryQueries
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.orders import (
    OrderQueries,
)
from eventapi.application.ports.storage import UnitOfWorkFactory
from eventapi.domain.event import Event, OrderLine
from eventapi.domain.order import Buyer, Order
from eventapi.domain.user import Role, User
from eventapi.domain.values import Attendee, EmailAddress, EventId
from tests import builders
from tests.builders import IDENTITIES, NOW


@dataclass
class Storage:
    """The storage ports of one adapter."""

    unit_of_work: UnitOfWorkFactory
    users: UserQueries
    categories: CategoryQueries
    events: EventQueries
    orders: OrderQueries

    def add_user(self, username: str = "bob", role: Role = Role.USER) -> User:
        with self.unit_of_work() as work:
            user = builders.user(id=work.users.next_id(), username=username, role=role)
            work.users.add(user)
            work.commit()
        return user

    def add_event(self, organizer: User, **changes: object) -> Event:
        with self.unit_of_work() as work:
            event = builders.event(
                id=work.events.next_id(),
                organizer_id=organizer.id,
                **changes,  # type: ignore[arg-type]
            )
            work.events.add(event)
            work.commit()
        return event

    def sell(self, event_id: EventId, buyer: User, quantity: int = 1) -> Order:
        with self.unit_of_work() as work:
            event = work.events.get_for_update(event_id)[event_id]
            order = sell_to(event, buyer, quantity)
            work.orders.add(order)
            work.commit()
        return order

    def sold(self, event_id: EventId) -> int:
        view = self.events.get(event_id)
        assert view is not None
        return view.tickets_sold


def sell_to(event: Event, buyer: User, quantity: int = 1) -> Order:
    return event.sell(
        [OrderLine(quantity)],
        buyer=Buyer.account(buyer.id),
        attendees=[Attendee("Ada", EmailAddress("ada@example.org"))],
        order_limit=10,
        now=NOW,
        identities=IDENTITIES,
    )


class StorageTests:
    """A user and an event for the tests."""

    @pytest.fixture
    def bob(self, storage: Storage) -> User:
        return storage.add_user("bob")

    @pytest.fixture
    def event(self, storage: Storage) -> Event:
        return storage.add_event(storage.add_user("olga", Role.ORGANIZER), capacity=5)
