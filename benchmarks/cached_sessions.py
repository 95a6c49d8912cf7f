"""The program with sessions looked up once instead of with each purchase.

The difference to the program is the cost of the lookups. Run as
``python -m benchmarks.cached_sessions PORT``, with settings from the environment.
"""

from dataclasses import replace

from flask import Flask

from benchmarks.program import serve_at_port
from eventapi.application.orders import PlacedOrder
from eventapi.application.purchases import Principal, Purchase, PurchaseTickets
from eventapi.application.sessions import Authenticate
from eventapi.domain.policy import Actor
from eventapi.entrypoints.bootstrap import http_config, postgres_use_cases
from eventapi.entrypoints.http import create_app
from eventapi.entrypoints.settings import Settings


class PurchaseWithCachedSessions(PurchaseTickets):
    """Sells tickets to principals that were authenticated once."""

    def __init__(self, purchase_tickets: PurchaseTickets, authenticate: Authenticate) -> None:
        """Wrap a use case."""
        self._purchase_tickets = purchase_tickets
        self._authenticate = authenticate
        self._actors: dict[Principal, Actor] = {}

    def __call__(self, principal: Principal | None, purchase: Purchase) -> PlacedOrder:
        """Sell the tickets; look up a session only the first time."""
        if principal is not None and not isinstance(principal, Actor):
            if principal not in self._actors:
                self._actors[principal] = self._authenticate.by_session(principal)
            principal = self._actors[principal]
        return self._purchase_tickets(principal, purchase)


def make_app(settings: Settings) -> Flask:
    """Return the application."""
    use_cases = postgres_use_cases(settings)
    cached = PurchaseWithCachedSessions(use_cases.purchase_tickets, use_cases.authenticate)
    return create_app(replace(use_cases, purchase_tickets=cached), http_config(settings))


if __name__ == "__main__":
    serve_at_port(make_app)
