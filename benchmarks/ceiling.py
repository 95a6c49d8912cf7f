"""The program with a purchase that returns a fixed order: all but the storage.

Run as ``python -m benchmarks.ceiling PORT``, with settings from the environment.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from flask import Flask

from benchmarks.program import serve_at_port
from eventapi.application.orders import PlacedOrder
from eventapi.application.purchases import Principal, Purchase, PurchaseTickets
from eventapi.application.views import BuyerView, EventRef, OrderView, TicketView
from eventapi.entrypoints.bootstrap import http_config, memory_use_cases
from eventapi.entrypoints.http import create_app
from eventapi.entrypoints.settings import Settings

_TIME = datetime(2030, 1, 1, tzinfo=UTC)
_ID = UUID("01932c07-209c-7f7a-8b0e-5f1e6a3c9d42")
_ORDER = OrderView(
    id=_ID,
    event=EventRef(1, "Jazz night", _TIME),
    buyer=BuyerView(1, "buyer-1", None, None),
    status="confirmed",
    total=Decimal("0.00"),
    currency=None,
    created_at=_TIME,
    quantity=1,
    tickets=(
        TicketView(
            id=_ID,
            code="0" * 26,
            ticket_type=None,
            price=Decimal("0.00"),
            attendee=None,
            issued_at=_TIME,
            checked_in_at=None,
            status="valid",
        ),
    ),
)


class PurchaseNothing(PurchaseTickets):
    """Returns the same order for every purchase."""

    def __init__(self) -> None:
        """Do without ports."""

    def __call__(self, principal: Principal | None, purchase: Purchase) -> PlacedOrder:
        """Return the order."""
        del principal, purchase
        return PlacedOrder(_ORDER, None, replayed=False)


def make_app(settings: Settings) -> Flask:
    """Return the application."""
    use_cases = replace(memory_use_cases(settings), purchase_tickets=PurchaseNothing())
    return create_app(use_cases, http_config(settings))


if __name__ == "__main__":
    serve_at_port(make_app)
