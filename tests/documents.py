"""The documentation, as tests read it."""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
WALKTHROUGH = re.compile(r"<!-- walkthrough -->\n(.*?)<!-- /walkthrough -->", re.DOTALL)
_BLOCK = re.compile(
    r"(?:<!-- (?P<comment>[^\n]*) -->\n)? *```(?P<language>\w+)\n(?P<text>.*?) *```\n", re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        comment: the comment above it, which readers do not see.
    """

    page: str
    language: str
    text: str
    comment: str


def read(page: str) -> str:
    """Return the text of a page, by its path from the root."""
    return (ROOT / page).read_text("utf-8")


def blocks(text: str, page: str = "") -> list[Block]:
    """Return the blocks of code of a text."""
    return [
        Block(page, match["language"], dedent(match["text"]), match["comment"] or "")
        for match in _BLOCK.finditer(text)
    ]


def commands_outside_the_walkthrough() -> list[Block]:
    """Return the blocks of commands of all pages, but not those that sell a ticket."""
    return [
        block
        for path in PAGES
        for block in blocks(
            WALKTHROUGH.sub("", path.read_text("utf-8")), str(path.relative_to(ROOT))
        )
        if block.language == "sh"
    ]
