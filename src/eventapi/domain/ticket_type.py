"""Ticket types: the kinds of ticket that one event has."""

from dataclasses import dataclass
from datetime import datetime

from eventapi.domain.errors import CapacityBelowSold, InvalidValues, SalesClosed, SoldOut
from eventapi.domain.values import (
    ALWAYS,
    MAX_AMOUNT,
    Money,
    SalesWindow,
    TicketTypeId,
    clean_text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTypeDetails:
    """What an organizer says of a ticket type.

    Attributes:
        name: up to 100 characters.
        price: of one ticket.
        quantity: how many tickets of this type there are at the most, at least 1.
        sales: when they are sold, within the event's own window.
    """

    name: str
    price: Money
    quantity: int
    sales: SalesWindow = ALWAYS

    MAX_NAME_LENGTH = 100
    MAX_QUANTITY = 10_000_000

    def __post_init__(self) -> None:
        name = clean_text("name", self.name, longest=self.MAX_NAME_LENGTH)
        object.__setattr__(self, "name", name)
        if not 1 <= self.quantity <= self.MAX_QUANTITY:
            raise InvalidValues({"quantity": f"Must be 1 to {self.MAX_QUANTITY}."})
        if self.price.amount > MAX_AMOUNT:
            raise InvalidValues({"price": f"Must not be more than {MAX_AMOUNT}."})


class TicketType:
    """A kind of ticket of one event; the event it belongs to is the one that changes it.

    Attributes:
        tickets_sold: how many tickets of this type its event's confirmed
            orders hold (invariant 2).
    """

    def __init__(
        self, *, id: TicketTypeId, details: TicketTypeDetails, tickets_sold: int = 0
    ) -> None:
        self.id = id
        self.details = details
        self.tickets_sold = tickets_sold

    @property
    def tickets_remaining(self) -> int:
        """How many are left of this type; the event may have fewer places."""
        return self.details.quantity - self.tickets_sold

    def check_sale(self, quantity: int, *, now: datetime) -> None:
        """Make sure that this many can be sold now.

        Raises:
            SalesClosed: the type is not on sale at this moment (invariant 7).
            SoldOut: fewer are left (invariant 1).
        """
        sales = self.details.sales
        if not sales.is_open(now):
            raise SalesClosed(sales.start, sales.end, self.id)
        if quantity > self.tickets_remaining:
            raise SoldOut(quantity, self.tickets_remaining, self.id)

    def check_quantity(self, quantity: int) -> None:
        """Make sure that the quantity may become this.

        Raises:
            CapacityBelowSold: more are sold (invariant 6).
        """
        if quantity < self.tickets_sold:
            raise CapacityBelowSold(quantity, self.tickets_sold, self.id)
