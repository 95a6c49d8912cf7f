"""Ticket types: the kinds of ticket that one event sells."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from eventapi.domain.errors import CapacityBelowSold, InvalidValues, SalesClosed, SoldOut
from eventapi.domain.faults import Faults
from eventapi.domain.values import (
    ALWAYS,
    MAX_AMOUNT,
    Money,
    SalesWindow,
    TicketTypeId,
    clean_text,
    fields_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTypeDetails:
    """The properties of a ticket type that its organizer sets.

    Attributes:
        name: up to 100 characters.
        price: of one ticket.
        quantity: the maximum number of tickets of this type, at least 1.
        sales: its sales window, within that of the event.
    """

    name: str
    price: Money
    quantity: int
    sales: SalesWindow = ALWAYS

    MAX_NAME_LENGTH = 100
    MAX_QUANTITY = 10_000_000

    def __post_init__(self) -> None:
        faults = Faults()
        name = faults.check(clean_text, "name", self.name, longest=self.MAX_NAME_LENGTH)
        object.__setattr__(self, "name", name)
        faults.check(_check_quantity, self.quantity)
        faults.check(_check_price, self.price)
        faults.note(self.sales)
        faults.raise_any()

    @classmethod
    def from_fields(
        cls,
        *,
        price: Decimal,
        currency: str | None,
        sales_start: datetime | None,
        sales_end: datetime | None,
        **others: Any,
    ) -> Self:
        """Create the details from plain values by name, as forms and storage have them.

        Raises:
            InvalidValues: values are not acceptable; it has the faults of all.
        """
        faults = Faults()
        details = faults.build(
            cls,
            price=faults.build(Money, price, currency),
            sales=faults.build(SalesWindow, sales_start, sales_end),
            **others,
        )
        faults.raise_any()
        return details

    def to_fields(self) -> dict[str, Any]:
        """Return the details as plain values by name, the reverse of `from_fields`."""
        return fields_of(self) | {
            "price": self.price.amount,
            "currency": self.price.currency,
        }


def _check_quantity(quantity: int) -> None:
    if not 1 <= quantity <= TicketTypeDetails.MAX_QUANTITY:
        raise InvalidValues({"quantity": f"Must be 1 to {TicketTypeDetails.MAX_QUANTITY}."})


def _check_price(price: Money) -> None:
    if price.amount > MAX_AMOUNT:
        raise InvalidValues({"price": f"Must not be more than {MAX_AMOUNT}."})


class TicketType:
    """A kind of ticket of one event; only its event changes it.

    Attributes:
        tickets_sold: the number of live tickets of this type in confirmed orders.
    """

    def __init__(
        self, *, id: TicketTypeId, details: TicketTypeDetails, tickets_sold: int = 0
    ) -> None:
        self.id = id
        self.details = details
        self.tickets_sold = tickets_sold

    @property
    def tickets_remaining(self) -> int:
        """The number left of this type; the event may have fewer places."""
        return self.details.quantity - self.tickets_sold

    def check_sale(self, quantity: int, *, now: datetime) -> None:
        """Check that this many tickets can be sold now.

        Raises:
            SalesClosed: outside the sales window of the type.
            SoldOut: fewer are left.
        """
        sales = self.details.sales
        if not sales.is_open(now):
            raise SalesClosed(sales.start, sales.end, self.id)
        if quantity > self.tickets_remaining:
            raise SoldOut(quantity, self.tickets_remaining, self.id)

    def check_quantity(self, quantity: int) -> None:
        """Check that the quantity may be changed to this number.

        Raises:
            CapacityBelowSold: more are sold.
        """
        if quantity < self.tickets_sold:
            raise CapacityBelowSold(quantity, self.tickets_sold, self.id)
