"""Ports for images and printed tickets."""

from typing import Literal, Protocol

from eventapi.application.views import EventView, TicketDetails

ImageFormat = Literal["svg", "png"]


class TicketPrinter(Protocol):
    """Renders tickets for paper and screens."""

    def qr_code(self, code: str, format: ImageFormat) -> bytes:
        """Return the QR code of a ticket's code, with its quiet zone."""

    def pdf(self, ticket: TicketDetails, event: EventView) -> bytes:
        """Return a ticket as a PDF page with its QR code; equal input gives equal bytes."""


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
