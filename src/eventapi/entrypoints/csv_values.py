"""Numbers, dates and times as spreadsheets of several countries write them.

What can have two meanings is refused, or decided by a rule:

- Points separate day, month and year, in this order: 01.06.2030.
- Where slashes or hyphens do, the order of day and month is that of the dates of the file
  that allow only one: 25/06/2030. If there is none, dates such as 01/06/2030 are refused.
- A point or comma before three digits separates thousands in whole numbers (1.234), and
  is refused in prices, unless a decimal separator follows (1.234,50).
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

MAX_LENGTH = 60
"""The maximum number of characters of a number, a date or a time; longer cells are refused."""
_DAYS, _MONTHS, _MAX_DIGITS = 31, 12, 9
_RELATIVE = re.compile(r"\+(?P<days>\d{1,4})d(?: (?P<clock>\d{1,2}:\d{2}))?", re.ASCII)
_LOCAL = re.compile(
    r"(?P<date>(?P<first>\d{1,2})(?P<mark>[./-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2}))"
    r"(?:(?:,? |T)(?P<clock>\d{1,2}:\d{2}(?::\d{2})?)(?: ?(?P<half>[AP])M)?)?",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?P<whole>\d{1,3}(?:(?P<group>[.,'\u2019 \u00a0\u202f])\d{3}(?:(?P=group)\d{3})*)?|\d+)"
    r"(?:(?P<point>[.,])(?P<decimals>\d{1,2}))?",
    re.ASCII,
)
_MARKS = {".": "points", ",": "commas", "'": "apostrophes", "\u2019": "apostrophes"}
_DATE_FORMS = "Must be a date: 2027-03-01 or 01.03.2027."
_TIME_FORMS = (
    "Must be a time: 2027-03-01 19:30 or 01.03.2027 19:30 in the event's time zone, "
    "or with an offset, 2027-03-01T19:30:00+01:00."
)


class DayOrder(StrEnum):
    """The order of day and month in dates such as 01/06/2030."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class _CellError(ValueError):
    """Says what is wrong with a cell."""


@dataclass(slots=True)
class Notation:
    """How the numbers and dates of a file are written.

    All methods that parse raise ValueError for what they can't parse, and for what can
    have two meanings.

    Attributes:
        order: of day and month in dates with slashes or hyphens; None if unknown.
        notes: what was understood, for people, in the order in which it occurred.
    """

    order: DayOrder | None = None
    notes: dict[str, None] = field(default_factory=dict)

    def learn_order(self, cells: Iterable[tuple[int, str]]) -> None:
        """Set the order of day and month from the dates that allow only one.

        If dates of both orders occur, it stays unknown.

        Args:
            cells: dates and times, each with its line.
        """
        decisive: dict[DayOrder, tuple[int, str]] = {}
        for line, cell in cells:
            match = _match(_LOCAL, cell)
            if match and match["mark"] != ".":
                first, second = int(match["first"]), int(match["second"])
                if _DAYS >= first > _MONTHS >= second:
                    decisive.setdefault(DayOrder.DAY_FIRST, (line, match["date"]))
                if _DAYS >= second > _MONTHS >= first:
                    decisive.setdefault(DayOrder.MONTH_FIRST, (line, match["date"]))
        if self.order is None and len(decisive) == 1:
            ((self.order, (line, example)),) = decisive.items()
            self.notes[f"dates {self.order}, because of {example} in line {line}"] = None

    def parse_whole_number(self, cell: str) -> int:
        """Return a whole number, such as 1234, 1.234, 1 234 or 80,00."""
        match = _match(_NUMBER, cell)
        if not match or match["group"] == match["point"] is not None:
            raise _CellError("Must be a whole number.")
        digits = _digits(match)
        if len(digits) > _MAX_DIGITS or int(match["decimals"] or 0):
            raise _CellError("Must be a whole number.")
        self._note_number(match)
        return int(digits)

    def parse_price(self, cell: str) -> Decimal:
        """Return an amount, such as 5, 5.00, 5,00, 1.234,50 or 1'234.50."""
        match = _match(_NUMBER, cell)
        if not match or match["group"] == match["point"] is not None:
            raise _CellError(f"{cell[:MAX_LENGTH]!r} is not a price, such as 25.00 or 25,00.")
        digits = _digits(match)
        if match["group"] in {".", ","} and cell.count(match["group"]) == 1 and not match["point"]:
            raise _CellError(f"{cell!r} has two meanings: write {digits} or two decimal places.")
        self._note_number(match)
        return Decimal(f"{digits}.{match['decimals'] or 0}")

    def _note_number(self, match: re.Match[str]) -> None:
        if match["point"]:
            self.notes[f"decimal {'commas' if match['point'] == ',' else 'points'}"] = None
        if match["group"]:
            self.notes[f"thousands separated by {_MARKS.get(match['group'], 'spaces')}"] = None

    def parse_date(self, cell: str, *, today: dt.date) -> dt.date:
        """Return a date: 2027-03-01, 01.03.2027, 25/03/2027, or days from today, +12d."""
        relative, local = _match(_RELATIVE, cell), _match(_LOCAL, cell)
        if relative and relative["clock"] is None:
            return today + dt.timedelta(days=int(relative["days"]))
        if local and local["clock"] is None:
            return self._local_date(local)
        try:
            return dt.date.fromisoformat(cell[:MAX_LENGTH])
        except ValueError:
            raise _CellError(_DATE_FORMS) from None

    def parse_time(self, cell: str, *, zone: ZoneInfo, today: dt.date) -> dt.datetime:
        """Return a time, local to a time zone unless it has an offset.

        Dates are as in `parse_date`. Without a time of day, it is midnight.
        """
        try:
            moment = self._moment(cell, today)
        except _CellError:
            raise
        except (ValueError, OverflowError):
            raise _CellError(_TIME_FORMS) from None
        return moment if moment.tzinfo else disambiguate_dst(moment, zone)

    def _moment(self, cell: str, today: dt.date) -> dt.datetime:
        relative, local = _match(_RELATIVE, cell), _match(_LOCAL, cell)
        if relative and relative["clock"]:
            day = today + dt.timedelta(days=int(relative["days"]))
            return dt.datetime.combine(day, _clock(relative["clock"]))
        if local:
            clock = _clock(local["clock"], local["half"])
            return dt.datetime.combine(self._local_date(local), clock)
        return dt.datetime.fromisoformat(cell[:MAX_LENGTH])

    def _local_date(self, match: re.Match[str]) -> dt.date:
        text, year = match["date"], match["year"]
        if len(year) < len("2030"):
            raise _CellError(f"Write the year of {text} with four digits.")
        first, second = int(match["first"]), int(match["second"])
        readings = {
            DayOrder.DAY_FIRST: _day(int(year), second, first),
            DayOrder.MONTH_FIRST: _day(int(year), first, second),
        }
        order = self.order
        if match["mark"] == ".":
            self.notes["dates as day.month.year"] = None
            order = DayOrder.DAY_FIRST
        orders = list(DayOrder) if order is None else [order]
        found = sorted({day for one in orders if (day := readings[one])})
        if not found:
            raise _CellError(f"There is no such day: {text}.")
        if order is None and first != second:
            forms = " or ".join(map(str, found))
            raise _CellError(
                f"Day and month of {text} are not clear: write {forms}, or use --dates."
            )
        return found[0]


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _match(pattern: re.Pattern[str], cell: str) -> re.Match[str] | None:
    return pattern.fullmatch(cell) if len(cell) <= MAX_LENGTH else None


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", match["whole"])


def _clock(text: str | None, half: str | None = None) -> dt.time:
    """Return a time of day; midnight if there is no text."""
    if text is None:
        return dt.time()
    hour, minute, *second = map(int, text.split(":"))
    if half:
        if not 1 <= hour <= _MONTHS:
            raise ValueError
        hour = hour % 12 + (12 if half.upper() == "P" else 0)
    return dt.time(hour, minute, second[0] if second else 0)


def disambiguate_dst(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return a local time in its zone.

    Raises:
        ValueError: the time occurs twice or never, because clocks change on that day.
    """
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.astimezone(dt.UTC).astimezone(zone).replace(tzinfo=None) != moment:
        raise ValueError("This local time does not exist on that day; add an offset.")
    if first.utcoffset() != second.utcoffset():
        raise ValueError("This local time occurs twice on that day; add an offset.")
    return first
