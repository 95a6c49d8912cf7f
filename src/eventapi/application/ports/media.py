"""Ports for images and printed tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from eventapi.application.views import EventView, TicketDetails

ImageFormat = Literal["svg", "png"]

MAX_IMAGE_PIXELS = 40_000_000
"""The maximum decoded size of an image: a file of a few kilobytes can decode to gigabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDocument:
    """A document of tickets of one event, a page for each.

    Attributes:
        organizer: the name of the organizer to print.
    """

    event: EventView
    organizer: str
    tickets: Sequence[TicketDetails]


class TicketPrinter(Protocol):
    """Renders tickets for paper and screens."""

    def qr_code(self, code: str, format: ImageFormat) -> bytes:
        """Return the QR code of a ticket's code, with its quiet zone."""

    def pdf(self, document: TicketDocument) -> bytes:
        """Return tickets as PDF pages with QR codes; equal input gives equal bytes.

        A page has the event's image, unless the image store can't provide it.
        """


class ImageInspector(Protocol):
    """Checks images before they are stored."""

    def media_type(self, content: bytes) -> str:
        """Return the media type of an image by its content, such as `image/png`.

        Raises:
            UnsuitableImage: it is broken, has too many pixels, or is not of a format
                that every browser shows.
        """


class ImageStore(Protocol):
    """Stores images by key. The content of a key never changes."""

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Store an image.

        Raises:
            StorageUnavailable: the store can't be reached or is full.
        """

    def get(self, key: str) -> bytes | None:
        """Return the image of a key, None if there is none.

        Raises:
            StorageUnavailable: the store can't be reached.
        """

    def delete(self, key: str) -> None:
        """Delete the image of a key, if there is one.

        Raises:
            StorageUnavailable: the store can't be reached.
        """
