"""The served program, attacked by its own OpenAPI document, as each role (schemathesis).

Nothing may answer 5xx, and every answer must have the status, the headers and
the schema that the document says.
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from eventapi.testing.api import PASSWORD
from tests.integration.served import served

pytestmark = pytest.mark.slow

EXAMPLES = 5  # of each operation, besides all that its schemas make worth trying
SEED = 20301  # the same requests each time, so that a failure can be looked at

# What no schema can tell is refused with 422: a cursor of another list, a currency that is none.
# What If-Match lacks is 428 (RFC 6585), which schemathesis does not expect of a missing header.
CONFIGURATION = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 422, 428]
missing_required_header.expected-statuses = [401, 403, 422, 428]
"""
# With these the role would end its own session, and the rest would be tried as a guest.
SUICIDAL = ("logout", "erase_me", "change_password", "refresh_token")


def send(base: str, path: str, body: object = None, token: str | None = None) -> dict[str, object]:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(base + path, data, headers)) as answer:
        shown: dict[str, object] = json.load(answer)
        return shown


def sign_in(base: str, role: str) -> str:
    account = {"username": f"the-{role}", "password": PASSWORD}
    send(base, "/api/register", {**account, "role": role})
    return str(send(base, "/api/login", account)["access"])


@pytest.mark.parametrize("role", ["guest", "user", "organizer", "admin"])
def test_no_request_breaks_it_or_gets_an_answer_that_is_not_documented(
    role: str, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION, "utf-8")
    with served(
        "--workers",
        "2",
        DATABASE_URL=database_url,
        EVENTAPI_DATA_DIR=str(tmp_path),
        EVENTAPI_RATE_LIMIT="",
        EVENTAPI_LOGIN_LIMIT="",
        EVENTAPI_ADDRESS_LIMIT="",
    ) as program:
        organizer = sign_in(program.base, "organizer")
        token = None
        if role != "guest":
            token = organizer if role == "organizer" else sign_in(program.base, role)
        for number in range(3):
            event = {"name": f"Jazz {number}", "date": "2090-06-01", "capacity": 1_000_000}
            send(program.base, "/api/events", event, organizer)

        attack = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")), "run",
                f"{program.base}/api/openapi.json", "--url", program.base, "--checks", "all",
                "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES),
                "--seed", str(SEED), "--workers", "2", "--no-color",
                *(["-H", f"Authorization: Bearer {token}"] if token else []),
                *(word for name in SUICIDAL if token for word in ("--exclude-operation-id", name)),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip

        assert attack.returncode == 0, attack.stdout
        if token:  # it was tried as this role until the end
            assert send(program.base, "/api/users/me", token=token)["role"] == role
        assert "unhandled" not in program.interrupt()
