"""Requests that were accepted under an idempotency key, on PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select, tuple_

from eventapi.adapters.postgres.repository import Repository
from eventapi.adapters.postgres.tables import accepted_requests
from eventapi.application.idempotency import AcceptedRequest, RequestKey, RequestName
from eventapi.application.views import OrderView
from eventapi.domain.order import TicketStatus


class PostgresAcceptedRequests(Repository):
    """Accepted requests; sql/record_orders.sql inserts them, with their orders if any."""

    def find(
        self, requests: Sequence[RequestKey], answer: type = OrderView
    ) -> dict[RequestName, AcceptedRequest]:
        columns = accepted_requests.c
        names = {request.name for request in requests}
        known = {(request.name, request.fingerprint) for request in requests}
        query = select(accepted_requests).where(tuple_(columns.owner, columns.key).in_(names))
        return {
            (name := (row.owner, row.key)): AcceptedRequest(
                fingerprint := bytes(row.fingerprint),
                # The answer to another request may be of another type.
                _restore(row.answer, answer) if (name, fingerprint) in known else None,
            )
            for row in self._rows(query)
        }

    def add(self, request: RequestKey, answer: object, at: datetime) -> None:
        self._staged.requests.append((request, answer, at))


def _restore(stored: Mapping[str, Any], answer: type) -> Any:
    return answer_from_json(stored) if answer is OrderView else msgspec.convert(stored, answer)


def request_to_row(request: RequestKey, answer: object, at: datetime) -> dict[str, object]:
    """Return the row of an accepted request, for JSON."""
    return {
        "owner": request.owner,
        "key": request.key,
        "fingerprint": f"\\x{request.fingerprint.hex()}",
        "answer": answer,
        "accepted_at": at,
    }


def answer_from_json(stored: Mapping[str, Any]) -> OrderView:
    """Return an order that was stored by this or an earlier version of the program.

    Before there were ticket types, a ticket had neither a type nor a price. Before
    guests purchased, a guest was the attendee of the only ticket.
    """
    tickets = [
        {"ticket_type": None, "price": "0.00", "status": TicketStatus.VALID} | ticket
        for ticket in stored["tickets"]
    ]
    buyer = {"id": None, "username": None, "name": None, "email": None}
    guest = tickets[0]["attendee"] if tickets and stored["buyer"] is None else None
    answer = {
        "quantity": len(tickets),
        **stored,
        "tickets": tickets,
        "buyer": buyer | (stored["buyer"] or guest or {}),
    }
    return msgspec.convert(answer, OrderView)
