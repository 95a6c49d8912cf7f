"""Tickets on paper and on screens."""

from eventapi.adapters.printing.printer import TypstTicketPrinter

__all__ = ["TypstTicketPrinter"]
