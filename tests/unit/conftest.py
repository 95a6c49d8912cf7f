"""Unit tests use no network and no other processes."""

import socket
import subprocess

import pytest


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("a unit test does no I/O; put it into tests/integration")


@pytest.fixture(autouse=True)
def no_io(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", _refuse)
    monkeypatch.setattr(subprocess, "Popen", _refuse)
