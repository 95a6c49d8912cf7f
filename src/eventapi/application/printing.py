"""Printed tickets and their QR codes."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventapi.application.orders import find_visible_order
from eventapi.application.ports.accounts import UserQueries
from eventapi.application.ports.events import EventQueries
from eventapi.application.ports.media import ImageFormat, TicketDocument, TicketPrinter
from eventapi.application.ports.orders import OrderAccessTokens, OrderQueries
from eventapi.application.tickets import find_ticket, find_with_event
from eventapi.application.views import EventView, TicketDetails
from eventapi.domain.errors import NoValidTickets, OrderNotFound
from eventapi.domain.policy import Actor
from eventapi.domain.values import EventId, OrderId, UserId


@dataclass(frozen=True, slots=True)
class PrintedTickets:
    """A PDF document of tickets, and their event."""

    pdf: bytes
    event: EventView


@dataclass(frozen=True, slots=True)
class PrintTickets:
    """Print single tickets and all tickets of an order, and draw QR codes."""

    orders: OrderQueries
    events: EventQueries
    users: UserQueries
    tokens: OrderAccessTokens
    printer: TicketPrinter

    def qr_code(self, code: str, format: ImageFormat) -> bytes:
        """Return the QR code of a ticket, for the holder of its code.

        Raises:
            TicketNotFound: no ticket has this code.
        """
        return self.printer.qr_code(find_ticket(code, self.orders).ticket.code, format)

    def ticket(self, code: str) -> PrintedTickets:
        """Return a ticket as a page, for the holder of its code; a cancelled one says so.

        Raises:
            TicketNotFound: no ticket has this code.
        """
        found = find_with_event(code, self.orders, self.events)
        return self._print(found.event, [found.ticket])

    def order(
        self, actor: Actor | None, order_id: OrderId, *, secret: str | None = None
    ) -> PrintedTickets:
        """Return the valid tickets of an order, a page for each.

        Raises:
            NotSignedIn, OrderNotFound: as `find_visible_order`.
            NoValidTickets: the order is waitlisted, or all its tickets were cancelled.
        """
        order = find_visible_order(actor, order_id, secret, self.orders, self.tokens)
        valid = [ticket for ticket in TicketDetails.all_of(order) if ticket.is_valid]
        if not valid:
            raise NoValidTickets(order.id, order.status)
        event = self.events.get(EventId(order.event.id))
        if event is None:
            raise OrderNotFound(order_id)
        return self._print(event.for_others(), valid)

    def _print(self, event: EventView, tickets: Sequence[TicketDetails]) -> PrintedTickets:
        organizer = self.users.get(UserId(event.organizer.id))
        name = organizer.display_name() if organizer else event.organizer.username
        document = TicketDocument(event=event, organizer=name, tickets=tickets)
        return PrintedTickets(self.printer.pdf(document), event)
