"""Options and order of the tests, and the accounts that use an API."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from eventapi.testing import Client
from eventapi.testing.api import Api

settings.register_profile(
    "eventapi", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("eventapi")

MAX_WORKERS = 8  # each starts a PostgreSQL of its own
ONE_BY_ONE = {
    "tests/integration/test_agreement.py",
    "tests/integration/test_attacked.py",
    "tests/integration/test_workers.py",
}
"""Long tests without fixtures of their module."""
CLIENT = "generated client"
"""The property in which a test records which generated client it used, or why it did not."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of ``make attack``."""
    group = parser.getgroup("attack")
    group.addoption(
        "--attack-examples",
        type=int,
        metavar="NUMBER",
        help="send so many random requests to each operation as each role, and cover all of them",
    )
    group.addoption(
        "--attack-seed",
        type=int,
        default=20301,
        metavar="NUMBER",
        help="send other random requests",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the whole suite on all cores, and named files or tests in this process.

    ``-n`` overrides this.
    """
    if is_worker(config):
        return
    named = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    if config.option.numprocesses is None and not named and not config.option.usepdb:
        config.option.numprocesses = min(os.cpu_count() or 1, MAX_WORKERS)


def is_worker(config: pytest.Config) -> bool:
    """Return whether this is a worker process of a parallel run."""
    return hasattr(config, "workerinput")


class ByFile(LoadFileScheduling):
    """Gives all tests of a file to one process, and all tests of concurrency too.

    Tests that share nothing and take long are given out one by one.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """Return the name of the tests that run in one process with this one."""
    path = nodeid.partition("::")[0]
    if path in ONE_BY_ONE:
        return nodeid
    return "concurrency" if "/concurrency/" in path else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Return how the tests are distributed, so that module fixtures are set up once."""
    config.option.loadscopereorder = False  # modifyitems has ordered them
    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run slow tests and large files first in a parallel run, so that all processes end together."""
    if is_worker(config):
        sizes = Counter(scope_of(item.nodeid) for item in items)

        def position(item: pytest.Item) -> tuple[bool, int]:
            is_slow = item.get_closest_marker("slow") is not None
            return not is_slow, 0 if is_slow else -sizes[scope_of(item.nodeid)]

        items.sort(key=position)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print which generated clients were tested."""
    reports = (
        report
        for kind in ("passed", "failed", "skipped")
        for report in terminalreporter.getreports(kind)
    )
    used = [value for report in reports for name, value in report.user_properties if name == CLIENT]
    if used:
        terminalreporter.write_line(f"Generated clients: {', '.join(sorted(used))}")


@pytest.fixture
def guest(api: Api) -> Client:
    """A client that is not signed in."""
    return api.guest()


@pytest.fixture
def olga(api: Api) -> Client:
    """An organizer."""
    return api.sign_in("organizer", username="olga")


@pytest.fixture
def otto(api: Api) -> Client:
    """Another organizer."""
    return api.sign_in("organizer", username="otto")


@pytest.fixture
def bob(api: Api) -> Client:
    """A user."""
    return api.sign_in("user", username="bob")


@pytest.fixture
def admin(api: Api) -> Client:
    """An admin."""
    return api.sign_in("admin")
