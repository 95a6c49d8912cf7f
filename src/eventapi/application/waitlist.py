"""The waitlist: who comes first is let in first."""

from datetime import datetime

from eventapi.application.ports.storage import UnitOfWork
from eventapi.domain.event import Event
from eventapi.domain.order import Order


def promote_waitlist(
    event: Event, work: UnitOfWork, *, now: datetime, exclude: Order | None = None
) -> None:
    """Give the places that came free to those who wait, in this very unit of work (invariant 8).

    Since the event is locked until it is committed, nobody who comes later
    sees these places free.

    Args:
        event: loaded for update, and changed already.
        work: in which it was.
        now: in UTC.
        exclude: an order that was just cancelled in this unit of work.
    """
    if event.tickets_remaining <= 0:
        return
    waiting = [
        order for order in work.orders.waiting(event.id) if not exclude or order.id != exclude.id
    ]
    for order in event.promote(waiting, now=now):
        work.orders.save(order)
