"""The waitlist: who comes first is let in first."""

from datetime import datetime

from eventapi.application.ports import UnitOfWork
from eventapi.domain.event import Event
from eventapi.domain.order import Order


def let_in_who_waits(
    event: Event, work: UnitOfWork, *, now: datetime, but: Order | None = None
) -> None:
    """Give the places that came free to those who wait, in this very unit of work (invariant 8).

    Since the event is locked until it is committed, nobody who comes later
    sees these places free.

    Args:
        event: loaded for update, and changed already.
        work: in which it was.
        now: in UTC.
        but: who was just cancelled, and so waits no longer.
    """
    if event.tickets_remaining <= 0:
        return
    waiting = [order for order in work.orders.waiting(event.id) if not but or order.id != but.id]
    for order in event.promote(waiting, now=now):
        work.orders.save(order)
