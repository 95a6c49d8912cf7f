"""What events can be searched by."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from eventapi.domain.values import UserId


class EventSort(StrEnum):
    """By what a list of events is sorted, and then by id; a hyphen means the last one first."""

    START_TIME = "start_time"
    START_TIME_DOWN = "-start_time"
    CREATED_AT = "created_at"
    CREATED_AT_DOWN = "-created_at"
    NAME = "name"
    NAME_DOWN = "-name"

    @property
    def field(self) -> str:
        """What of an event is compared."""
        return self.value.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the last one comes first."""
        return self.value.startswith("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSearch:
    """Which events are looked for: those that fulfil all that is said here.

    Attributes:
        now: in UTC; what starts later is upcoming.
        past: those that have started, instead of those that are upcoming.
        owner: all events of this organizer, whoever may see them and whatever
            became of them; None for those that are public and not cancelled.
        words: each stands in the name, the description or the location;
            as :func:`eventapi.domain.values.tokenize` gives them. None asks
            for nothing; none of them, for something that can't be found.
        location: words that stand in the location.
        category: its slug.
        organizer: whose events.
        starts_after, starts_before: in UTC; neither moment itself is meant.
        available: those of which tickets are sold now, and some are left.
        sort: in which order they come.
    """

    now: datetime
    past: bool = False
    owner: UserId | None = None
    words: frozenset[str] | None = None
    location: frozenset[str] | None = None
    category: str | None = None
    organizer: UserId | None = None
    starts_after: datetime | None = None
    starts_before: datetime | None = None
    available: bool = False
    sort: EventSort = EventSort.START_TIME
