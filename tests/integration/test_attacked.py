"""The served program, attacked by its own OpenAPI document, as each role (schemathesis).

Nothing may answer 5xx, and every answer must have the status, the headers and
the schema that the document says.

Every operation is tried as every role with some random requests, always the
same; and as one role with all that its parameters make worth trying. ``make
attack`` tries all of it as all roles, with many requests that differ each time.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance import document
from tests.integration.served import served

pytestmark = pytest.mark.slow

EXAMPLES = 5  # random requests to each operation

# The role that tries everything of the operations with a tag, as one that may call them.
COVERED = {
    "guest": ["accounts", "calendars", "health", "root", "tickets"],
    "user": ["accounts", "orders"],
    "organizer": ["api-keys", "check-in", "events", "reports"],
    "admin": ["audit", "categories", "event-parts", "users"],
}
# What no schema can tell is refused with 422: a cursor of another list, a currency that is none.
CONFIGURATION = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 422]
missing_required_header.expected-statuses = [401, 403, 404, 422]
"""
COVER_ONLY = """
[[operations]]
exclude-tag = {tags}
phases.coverage.enabled = false
"""
# These end the role's own session, and the rest would be tried as a guest.
SESSION_ENDING = ("logout", "erase_me", "change_password", "refresh_token")
# So do these with the admin's own id, which the attack learns from responses: they are tried last.
LAST = ("erase_user", "update_user")


def test_every_operation_is_covered_as_some_role() -> None:
    tags = {
        tag
        for path in document()["paths"].values()
        for method, operation in path.items()
        if method != "parameters"
        for tag in operation["tags"]
    }

    assert {tag for covered in COVERED.values() for tag in covered} == tags


@pytest.mark.parametrize("role", COVERED)
def test_no_request_breaks_it_or_gets_an_answer_that_is_not_documented(
    role: str, database_url: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    examples: int | None = pytestconfig.getoption("attack_examples")
    seed: int = pytestconfig.getoption("attack_seed")
    configuration = CONFIGURATION if examples else CONFIGURATION + COVER_ONLY
    (tmp_path / "schemathesis.toml").write_text(configuration.format(tags=COVERED[role]), "utf-8")
    with served(
        "--workers",
        "1",
        DATABASE_URL=database_url,
        EVENTAPI_DATA_DIR=str(tmp_path),
        EVENTAPI_RATE_LIMIT="",
        EVENTAPI_LOGIN_LIMIT="",
        EVENTAPI_ADDRESS_LIMIT="",
    ) as program:
        organizer = program.sign_in("organizer")
        token = None
        if role != "guest":
            token = organizer if role == "organizer" else program.sign_in(role)
        for number in range(3):
            event = {"name": f"Jazz {number}", "date": "2090-06-01", "capacity": 1_000_000}
            assert program.request("POST", "/api/events", event, organizer)[0] == 201

        command = [
            str(Path(sys.executable).with_name("schemathesis")), "run",
            f"{program.base}/api/openapi.json", "--url", program.base, "--checks", "all",
            "--phases", "examples,coverage,fuzzing", "--seed", str(seed),
            "--max-examples", str(examples or EXAMPLES), "--workers", "1", "--no-color",
        ]  # fmt: skip
        command += ["-H", f"Authorization: Bearer {token}"] if token else []
        apart = SESSION_ENDING + LAST if role == "admin" else SESSION_ENDING if token else ()
        run([*command, *(f"--exclude-operation-id={name}" for name in apart)], tmp_path)
        if token:  # it was tried as this role until the end
            assert program.request("GET", "/api/users/me", token=token)[1]["role"] == role
        if role == "admin":
            run([*command, *(f"--include-operation-id={name}" for name in LAST)], tmp_path)
        assert "unhandled" not in program.interrupt()


def run(command: list[str], folder: Path) -> None:
    attack = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert attack.returncode == 0, attack.stdout
