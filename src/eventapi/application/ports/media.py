"""Ports for images and printed tickets."""

from typing import Literal, Protocol

from eventapi.application.views import EventView, TicketDetails

PictureKind = Literal["svg", "png"]


class TicketPrinter(Protocol):
    """Turns tickets into what is shown at the door."""

    def qr_code(self, code: str, kind: PictureKind) -> bytes:
        """Draw a ticket's code for a camera to read, with the quiet zone around it."""

    def pdf(self, attendance: TicketDetails, event: EventView) -> bytes:
        """Print a ticket for its event, with its QR code; the same one gives the same bytes."""


class ImageInspector(Protocol):
    """Looks into images before they are taken."""

    def media_type(self, content: bytes) -> str:
        """Tell what kind of image this is, by its content: ``image/png``, for example.

        Raises:
            UnsuitableImage: it is broken, too large when unpacked, or not of
                a kind that every browser shows.
        """


class ImageStore(Protocol):
    """Keeps images by key. What is stored under a key never changes."""

    def put(self, key: str, content: bytes, media_type: str) -> None:
        """Store an image; the same key comes with the same content.

        Raises:
            StorageUnavailable: the store can't be reached or is full.
        """

    def get(self, key: str) -> bytes | None:
        """Give the image of a key, None where there is none.

        Raises:
            StorageUnavailable: the store can't be reached.
        """

    def delete(self, key: str) -> None:
        """Forget the image of a key; does nothing where there is none.

        Raises:
            StorageUnavailable: the store can't be reached.
        """
