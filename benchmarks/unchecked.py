"""The program, asking once for each session instead of for each request.

What asking costs is the difference. Run as ``python -m benchmarks.unchecked PORT``; the settings
come from the environment.
"""

import sys
from dataclasses import replace

from flask import Flask

from eventapi.application.orders import Principal, Purchase, PurchaseResult, PurchaseTickets
from eventapi.application.sessions import Authenticate
from eventapi.domain.policy import Actor
from eventapi.entrypoints.bootstrap import http_config, postgres_use_cases
from eventapi.entrypoints.http import create_app
from eventapi.entrypoints.server import serve
from eventapi.entrypoints.settings import Settings


class AskOnce(PurchaseTickets):
    """Sells to whoever once was who they say."""

    def __init__(self, sell: PurchaseTickets, identify: Authenticate) -> None:
        """Sell as always, once it is known to whom."""
        self._sell_to = sell
        self._identify = identify
        self._known: dict[Principal, Actor] = {}

    def __call__(self, sender: Principal | None, purchase: Purchase) -> PurchaseResult:
        """Sell, without asking for the session a second time."""
        if sender is not None and not isinstance(sender, Actor):
            if sender not in self._known:
                self._known[sender] = self._identify.by_session(sender)
            sender = self._known[sender]
        return self._sell_to(sender, purchase)


def unchecked_app(settings: Settings) -> Flask:
    """Make the application."""
    use_cases = postgres_use_cases(settings)
    use_cases = replace(
        use_cases,
        purchase_tickets=AskOnce(use_cases.purchase_tickets, use_cases.authenticate),
    )
    return create_app(use_cases, http_config(settings))


if __name__ == "__main__":
    serve(
        replace(Settings.from_environment(), port=int(sys.argv[1])),
        unchecked_app,
        announce=lambda: print("Stop with Ctrl-C.", flush=True),
    )
