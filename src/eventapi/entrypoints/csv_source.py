"""CSV files as programs write them: their encoding, their separators, their columns.

Nothing is assumed that the file itself can tell: the encoding follows from its bytes,
the separator from the names of the columns in the first line.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from io import StringIO
from pathlib import Path

from eventapi.application.importing import RowProblem
from eventapi.entrypoints.csv_lists import unescape_formula

Cells = Mapping[str, str]

MAX_FILE_SIZE = 64 * 1024 * 1024  # bytes
MAX_CELL_LENGTH = 100_000  # characters
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\r?\n", re.IGNORECASE)
_CSV_ERRORS = {
    "unexpected end of data": "a quotation mark is opened and never closed",
    "field larger than field limit": f"a cell is longer than {MAX_CELL_LENGTH} characters; "
    "perhaps a quotation mark is not closed",
    "expected after": "text follows a closing quotation mark; "
    'within a cell in quotation marks, write "" for one',
}


class CsvError(Exception):
    """Raised with a message of one line for a file that can't be read at all."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a file may have.

    Attributes:
        max_length: the maximum number of characters of a cell.
    """

    name: str
    required: bool = False
    max_length: int = 1_000


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file.

    Attributes:
        line: in which it begins, from 1.
        cells: by the names of their columns, without surrounding white space.
    """

    line: int
    cells: Cells


@dataclass(slots=True)
class Table:
    """The content of a file.

    Attributes:
        columns: the names of its columns, in their order.
        notes: how the file was understood, for people.
        problems: the rows that have not a cell for each column.
    """

    columns: Sequence[str]
    records: list[Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


def read_table(
    path: Path, columns: Sequence[Column], *, ignored: Sequence[str] = (), encoding: str | None
) -> Table:
    """Return the content of a file.

    Args:
        path: the file.
        columns: those that it may have.
        ignored: the names of columns that it may have too, which are not read.
        encoding: the name of its encoding; None to find it out.

    Raises:
        CsvError: the file can't be read, or has not these columns.
    """
    text, encoding_note = _decode(_content(path), encoding)
    known = {column.name for column in columns}
    delimiter = _delimiter(text, known | set(ignored))
    rows = _rows(text, delimiter)
    header = [_column_name(name) for name in next(rows, (1, 1, []))[2]]
    while header and not header[-1]:  # spreadsheets save empty columns
        header.pop()
    _check_header(header, columns, ignored)
    table = Table(header)
    table.notes += [f"{encoding_note}, cells separated by {_name_of(delimiter)}"]
    table.notes += [f"columns: {', '.join(name for name in header if name in known)}"]
    if left_out := [name for name in header if name not in known]:
        table.notes += [f"columns that are not imported: {', '.join(left_out)}"]
    for first, last, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue  # spreadsheets leave empty lines at the end
        while len(cells) > len(header) and not cells[-1].strip():
            cells.pop()
        if len(cells) == len(header):
            trimmed = (unescape_formula(cell.strip()) for cell in cells)
            table.records.append(Record(first, dict(zip(header, trimmed, strict=True))))
        else:
            reason = f"Has {len(cells)} cells, the first line has {len(header)}."
            if last > first:
                reason += f" It ends in line {last}: is a quotation mark missing?"
            elif len(cells) > len(header):
                reason += f" Put cells that contain {_name_of(delimiter)} in quotation marks."
            table.problems.append(RowProblem(first, None, reason))
    return table


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        raise CsvError(error.strerror or str(error)) from error
    if len(content) > MAX_FILE_SIZE:
        raise CsvError(f"the file is larger than {MAX_FILE_SIZE // 1024**2} MiB; divide it")
    return content


def _decode(content: bytes, encoding: str | None) -> tuple[str, str]:
    """Return the text of a file, and its encoding for people."""
    if encoding is not None:
        return _decode_as(content, encoding).removeprefix("\ufeff"), encoding
    for mark, codec, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            text = _decode_as(content.removeprefix(mark), codec)
            return text, f"{name} with byte-order mark"
    start = content[:1000]
    if b"\0" in start:
        little_endian = start[1::2].count(0) > start[::2].count(0)
        return _decode_as(content, "utf-16-le" if little_endian else "utf-16-be"), "UTF-16"
    try:
        return content.decode(), "UTF-8"
    except UnicodeDecodeError as error:
        escaped = content.decode(errors="surrogateescape")
        if any("\x7f" < letter < "\udc80" or letter > "\udcff" for letter in escaped):
            line = content.count(b"\n", 0, error.start) + 1
            raise CsvError(
                f"line {line} is not UTF-8, although other lines are; "
                'save the file as "CSV UTF-8" again'
            ) from error
        return _decode_as(content, "Windows-1252"), "Windows-1252, as it is not UTF-8"


def _decode_as(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except (LookupError, UnicodeError) as error:
        raise CsvError(
            f'the encoding is not {encoding}; save the file as "CSV UTF-8", '
            "or name its encoding with --encoding"
        ) from error


def _delimiter(text: str, known: set[str]) -> str:
    """Return what separates the cells: what makes the most known names of the first line."""
    declared = _SEPARATOR_LINE.match(text)
    if declared:
        return declared[1]

    def known_names(delimiter: str) -> tuple[int, int]:
        try:
            _, _, names = next(_rows(text, delimiter), (1, 1, []))
        except CsvError:
            return 0, 0
        return len(known.intersection(map(_column_name, names))), len(names)

    return max(DELIMITERS, key=known_names)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the first line, the last line and the cells of each row that is not blank."""
    csv.field_size_limit(MAX_CELL_LENGTH)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    if _SEPARATOR_LINE.match(text):
        next(reader)
    while True:
        first = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            meaning = next((says for part, says in _CSV_ERRORS.items() if part in str(error)), None)
            raise CsvError(f"line {first}: {meaning or error}") from error
        if cells is None:
            return
        if cells:
            yield first, reader.line_num, cells


def _column_name(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", cell.strip("\ufeff \t\r\n").lower())


def _check_header(header: Sequence[str], columns: Sequence[Column], ignored: Sequence[str]) -> None:
    """Raise CsvError unless these are known columns, each once, with all required ones."""
    names = [column.name for column in columns]
    known = {*names, *ignored}
    problems = {
        "missing": [one.name for one in columns if one.required and one.name not in header],
        "more than once": [name for name, count in Counter(header).items() if name and count > 1],
        "unknown": [_suggest(name, names) for name in dict.fromkeys(header) if name not in known],
    }
    if any(problems.values()):
        required = ", ".join(column.name for column in columns if column.required)
        optional = ", ".join(column.name for column in columns if not column.required)
        faults = [f"{fault}: {', '.join(found)}" for fault, found in problems.items() if found]
        raise CsvError(
            f"the first line must name the columns; {'; '.join(faults)} "
            f"(required: {required}; optional: {optional})"
        )


def _suggest(name: str, names: Sequence[str]) -> str:
    shown = repr(name[:40]) if name else "a column without a name"
    similar = get_close_matches(name[:40], names, n=1)
    return f"{shown} (perhaps {similar[0]})" if similar else shown


def _name_of(delimiter: str) -> str:
    return DELIMITERS.get(delimiter, repr(delimiter))
