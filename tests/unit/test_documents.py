"""The documentation says what the program says, and its links lead somewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.settings_page import settings_page

from eventapi.entrypoints.http.problems import PROBLEMS
from eventapi.entrypoints.settings import describe_variables
from tests.documents import PAGES, ROOT, blocks, commands_outside_the_walkthrough, read

CODES = {problem.code: problem.status for problem in PROBLEMS.values()}
VARIABLES = {name for name, _ in describe_variables()}
OTHER_VARIABLES = {
    "EVENTAPI_ADMIN_PASSWORD",  # of a command
    "EVENTAPI_TEST_DATABASE_URL",  # of the tests
}
MIN_LITERAL = 12  # characters of a message that are not values


def test_the_page_of_settings_is_that_of_the_declarations() -> None:
    assert read("docs/settings.md") == settings_page(), "run make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]

    assert [link for link in links if not _exists(page, *link.partition("#")[::2])] == []


def _exists(page: Path, path: str, anchor: str) -> bool:
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in _anchors(target.read_text("utf-8")))


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_variables_exist(page: Path) -> None:
    if page.name == "CHANGELOG.md":
        return  # it names former ones
    text = re.sub(r"```text\n.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    named = set(re.findall(r"\bEVENTAPI_[A-Z_0-9]+", text))

    assert named <= VARIABLES | OTHER_VARIABLES


def test_every_command_is_run_or_says_why_not() -> None:
    strange = [
        block
        for block in commands_outside_the_walkthrough()
        if not block.comment.startswith("not run: ")
        for line in block.text.splitlines()
        if not line.removeprefix(".venv/bin/").startswith("eventapi ")
    ]

    assert strange == []  # tests/integration/test_documented_commands.py runs the others


def test_the_proofs_of_security_exist() -> None:
    named = set(re.findall(r"`(test_\w+)`", read("SECURITY.md")))
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))

    assert len(named) > 30
    assert {name for name in named if f"def {name}(" not in tests} == set()


class TestTroubleshooting:
    def test_messages_are_those_of_the_program(self) -> None:
        templates = [*_templates()]
        shown = [
            line
            for block in blocks(read("docs/troubleshooting.md"))
            if block.language == "text"
            for line in block.text.splitlines()
        ]

        assert len(shown) > 10
        for line in shown:
            message = line.removeprefix("eventapi: ")
            problem = re.sub(r"^[A-Z_0-9]+: ", "", message)  # of a variable
            assert any(
                template.fullmatch(text) for template in templates for text in (message, problem)
            ), line

    def test_codes_are_those_of_the_api(self) -> None:
        rows = re.findall(r"^\| (\d{3}) `(\w+)`", read("docs/troubleshooting.md"), re.MULTILINE)

        assert len(rows) > 5
        for status, code in rows:
            assert int(status) == CODES[code]

    def test_a_message_that_no_longer_exists_is_found(self) -> None:
        assert not any(
            template.fullmatch("the database is at revision 5, upgrade it")
            for template in _templates()
        )


def _templates() -> Iterator[re.Pattern[str]]:
    """Yield the texts in the source, with any text for the values that are inserted."""
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            texts = [
                part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
                for part in parts
            ]
            if sum(map(len, texts)) >= MIN_LITERAL:
                yield re.compile("".join(re.escape(text) or ".+" for text in texts))
