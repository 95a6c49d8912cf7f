"""Clients that are generated from the committed OpenAPI document live the life of a shop.

The Python client is always tested; the TypeScript client where there is Node, and
``make client-tools`` has installed its tools. The summary of the tests lists which ran.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api import picture
from tests.conftest import CLIENT
from tests.documents import blocks, read
from tests.integration.served import Served, served

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
CLIENTS = Path(__file__).parent / "clients"
TYPESCRIPT = CLIENTS / "typescript"


@pytest.fixture(scope="module")
def program(migrated_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(
        "--workers",
        "1",
        DATABASE_URL=migrated_url,
        EVENTAPI_DATA_DIR=str(tmp_path_factory.mktemp("data")),
        EVENTAPI_ADDRESS_LIMIT="",
    ) as program:
        yield program


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image.png"
    path.write_bytes(picture())
    return path


def shown(language: str) -> str:
    """Return the code in a language that the page on clients shows."""
    (code,) = (
        block.text for block in blocks(read("docs/clients.md")) if block.language == language
    )
    return code


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_generated_python_client(
    program: Served, image: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property(CLIENT, f"Python {sys.version.partition(' ')[0]}")
    config = tmp_path / "config.yaml"
    config.write_text(f"{shown('yaml')}post_hooks: []\n", "utf-8")
    printed = run(
        Path(sys.executable).with_name("openapi-python-client"), "generate", "--path", DOCUMENT,
        "--output-path", tmp_path / "eventapi_client", "--meta", "none", "--fail-on-warning",
        "--config", config,
        folder=tmp_path,
    )  # fmt: skip
    assert "WARNING" not in printed

    shutil.copy(CLIENTS / "life.py", tmp_path)  # beside the client, so that it can import it
    run(sys.executable, "life.py", program.base, image, folder=tmp_path)


def test_the_generated_typescript_client(
    program: Served, image: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    node = shutil.which("node")
    if node is None or not (TYPESCRIPT / "node_modules").exists():
        reason = "run make client-tools" if node else "there is no Node"
        record_property(CLIENT, f"not TypeScript: {reason}")
        pytest.skip(f"The generated TypeScript client: {reason}.")
    record_property(CLIENT, f"TypeScript with Node {run(node, '--version', folder=tmp_path)}")
    (tmp_path / "generate.mjs").write_text(shown("js"), "utf-8")
    for name in ("life.ts", "package.json", "tsconfig.json"):
        shutil.copy(TYPESCRIPT / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(TYPESCRIPT / "node_modules")

    run(node, "generate.mjs", DOCUMENT, "api.d.ts", folder=tmp_path)
    run(node, "node_modules/typescript/bin/tsc", folder=tmp_path)  # strict, see tsconfig.json
    run(node, "build/life.js", program.base, image, folder=tmp_path)
