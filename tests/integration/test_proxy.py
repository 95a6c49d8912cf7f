"""The program behind nginx with the configuration of ``deploy/``, where nginx is installed."""

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tests.api import event_body
from tests.concurrency import wait_until
from tests.documents import read
from tests.integration.served import free_port, served

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]

REST = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    {temporary}
    include {folder}/site.conf;
}}
"""


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[int]:
    """Run nginx with ``deploy/nginx.conf``, but without TLS, and return its port."""
    port = free_port()
    site = read("deploy/nginx.conf").replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    site = re.sub(r"server {\n    listen 80;.*?\n}\n", "", site, flags=re.DOTALL)
    site = re.sub(r" *(listen \[::\]|ssl_certificate).*\n", "", site)
    site = site.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    (folder / "site.conf").write_text(site)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(REST.format(folder=folder, temporary=temporary))
    process = subprocess.Popen(
        [str(NGINX), "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
    )
    try:
        wait_until(lambda: process.poll() is not None or (folder / "nginx.pid").exists())
        assert process.poll() is None, (folder / "error.log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait()


def test_a_proxy_that_compresses_and_is_trusted(tmp_path: Path) -> None:
    with (
        served("--memory", EVENTAPI_TRUSTED_PROXIES="1") as program,
        nginx(tmp_path, program.port) as port,
    ):
        organizer, admin = program.sign_in("organizer"), program.sign_in("admin")
        headers = {"Authorization": f"Bearer {organizer}", "X-Forwarded-For": "192.0.2.66"}

        created, _ = request(
            port, "POST", "/api/events", headers, event_body(description="x" * 2000)
        )
        shown, content = request(port, "GET", "/api/events/1", {"Accept-Encoding": "gzip"})
        etag = str(shown.headers["ETag"])
        changed, _ = request(
            port, "PATCH", "/api/events/1", headers | {"If-Match": etag}, {"location": "Oslo"}
        )
        stale, _ = request(
            port, "PATCH", "/api/events/1", headers | {"If-Match": etag}, {"location": "Rome"}
        )
        entries = program.request("GET", "/api/audit", token=admin)[1]["items"]

    assert created.status == 201
    assert shown.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(content))["description"] == "x" * 2000
    assert etag.startswith('W/"')
    assert (changed.status, stale.status) == (200, 412)
    # It is the address that the proxy saw, not the one that the client claims to have.
    (entry,) = [entry for entry in entries if entry["action"] == "event.created"]
    assert entry["address"] == "127.0.0.1"
    assert "Strict-Transport-Security" not in shown.headers  # as this nginx has no TLS


def request(
    port: int, method: str, path: str, headers: dict[str, str], body: object = None
) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    content: Any = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"Content-Type": "application/json"} | headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content
