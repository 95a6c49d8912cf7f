"""Printed tickets and QR codes."""

from eventapi.adapters.printing.printer import TypstTicketPrinter

__all__ = ["TypstTicketPrinter"]
