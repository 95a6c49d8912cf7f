"""The waitlist: places that come free go to who came first."""

from datetime import datetime

from eventapi.application.ports.storage import UnitOfWork
from eventapi.domain.event import Event
from eventapi.domain.order import Order


def promote_waitlist(
    event: Event, work: UnitOfWork, *, now: datetime, exclude: Order | None = None
) -> None:
    """Give free places to waiting orders, in the same unit of work that freed them.

    The event stays locked until the commit, so nobody who comes later sees these
    places free.

    Args:
        event: loaded for update, and changed already.
        work: the unit of work of the change.
        now: in UTC.
        exclude: an order that was cancelled in this unit of work; the storage does
            not know that yet.
    """
    if event.tickets_remaining <= 0:
        return
    waiting = work.orders.waiting(event.id)
    if exclude is not None:
        waiting = [order for order in waiting if order.id != exclude.id]
    for order in event.promote(waiting, now=now):
        work.orders.save(order)
