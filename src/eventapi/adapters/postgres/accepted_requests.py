"""Requests that were accepted under an idempotency key, on PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select, tuple_

from eventapi.adapters.postgres.repository import Repository
from eventapi.adapters.postgres.tables import accepted_requests
from eventapi.application.idempotency import AcceptedRequest, RequestKey, RequestName
from eventapi.application.views import OrderView
from eventapi.domain.order import TicketStatus


class PostgresAcceptedRequests(Repository):
    """Accepted requests; sql/record_orders.sql inserts them with their orders."""

    def find(self, requests: Sequence[RequestKey]) -> dict[RequestName, AcceptedRequest]:
        columns = accepted_requests.c
        names = {request.name for request in requests}
        query = select(accepted_requests).where(tuple_(columns.owner, columns.key).in_(names))
        return {
            (row.owner, row.key): AcceptedRequest(
                bytes(row.fingerprint), answer_from_json(row.answer)
            )
            for row in self._rows(query)
        }

    def add(self, request: RequestKey, answer: OrderView) -> None:
        self._staged.requests.append((request, answer))


def request_to_row(request: RequestKey, answer: OrderView) -> dict[str, object]:
    """Return the row of an accepted request, for JSON."""
    return {
        "owner": request.owner,
        "key": request.key,
        "fingerprint": f"\\x{request.fingerprint.hex()}",
        "answer": answer,
        "accepted_at": answer.created_at,
    }


def answer_from_json(stored: Mapping[str, Any]) -> OrderView:
    """Return an answer that was stored by this or an earlier version of the program.

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
