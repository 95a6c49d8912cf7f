"""The names under which clients save files (RFC 6266)."""

from urllib.parse import quote
from zoneinfo import ZoneInfo

from eventapi.application.views import EventView
from eventapi.domain.values import tokenize

MAX_NAME_LENGTH = 50
"""The maximum number of letters of the event's name; file systems allow 255 bytes in all."""


def file_name(event: EventView, kind: str) -> str:
    """Return the name of a file about an event, from its name and its date there.

    Letters of all scripts are kept: `summer-festival-2030-06-01-tickets.pdf`.

    Args:
        event: the event.
        kind: what the file contains, with the extension, such as `tickets.pdf`.
    """
    name = "-".join(tokenize(event.name))
    if len(name) > MAX_NAME_LENGTH:
        name = name[: MAX_NAME_LENGTH + 1].rpartition("-")[0] or name[:MAX_NAME_LENGTH]
    day = event.start_time.astimezone(ZoneInfo(event.timezone)).date()
    return f"{name or 'event'}-{day}-{kind}"


def content_disposition(name: str, *, inline: bool = False) -> str:
    """Return the header that names a file: in UTF-8, and for old clients in ASCII.

    Args:
        name: of letters, digits, hyphens and full stops.
        inline: whether browsers should show the file instead of saving it.
    """
    disposition = "inline" if inline else "attachment"
    if name.isascii():
        return f'{disposition}; filename="{name}"'
    words = [word for word in name.encode("ascii", "ignore").decode().split("-") if word]
    ascii_name = "-".join(words)
    if ascii_name[:1].isdigit():
        ascii_name = f"event-{ascii_name}"  # only the date is left of the name
    return f"{disposition}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}"
