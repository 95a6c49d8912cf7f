"""Load generators: wrk if it is installed, Python otherwise."""

import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

SCRIPT = Path(__file__).with_name("purchase.lua")


@dataclass(frozen=True)
class Load:
    """The result of one measurement.

    Attributes:
        accepted: number of purchases answered with 201.
        errors: number of purchases with another answer or none.
        seconds: duration of the measurement.
        p50, p99: percentiles of the latency, in milliseconds.
    """

    accepted: int
    errors: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Accepted purchases per second."""
        return self.accepted / self.seconds


def combine(loads: Sequence[Load]) -> Load:
    """Return the sum of several rounds, with the medians of their latencies."""
    return Load(
        accepted=sum(load.accepted for load in loads),
        errors=sum(load.errors for load in loads),
        seconds=sum(load.seconds for load in loads),
        p50=statistics.median(load.p50 for load in loads),
        p99=statistics.median(load.p99 for load in loads),
    )


class Generator(Protocol):
    """Sends purchases over many connections at once."""

    name: str

    def run(
        self, address: str, events: list[int], tokens: list[str], *, seconds: int, connections: int
    ) -> Load:
        """Send as many purchases as the server answers in this time."""


class Wrk:
    """Sends with wrk, a load generator in C."""

    name = "wrk"

    def run(
        self, address: str, events: list[int], tokens: list[str], *, seconds: int, connections: int
    ) -> Load:
        """Send as many purchases as the server answers in this time."""
        with tempfile.NamedTemporaryFile("w", suffix=".fixture") as fixture:
            fixture.write(f"{' '.join(map(str, events))}\n{' '.join(tokens)}\n")
            fixture.flush()
            printed = subprocess.run(
                ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s",
                 "--timeout", "30s", "-s", str(SCRIPT), f"http://{address}"],
                env={**os.environ, "BENCH_FIXTURE": fixture.name},
                capture_output=True,
                text=True,
                check=True,
            ).stdout  # fmt: skip
        result = json.loads(printed.strip().splitlines()[-1])
        return Load(
            accepted=result["requests"] - result["errors"],
            errors=result["errors"],
            seconds=result["seconds"],
            p50=result["p50"],
            p99=result["p99"],
        )


class PythonLoad:
    """Sends with the standard library: slower, but always available."""

    name = "Python"

    def run(
        self, address: str, events: list[int], tokens: list[str], *, seconds: int, connections: int
    ) -> Load:
        """Send as many purchases as the server answers in this time."""
        process = subprocess.run(
            [sys.executable, "-m", "benchmarks.load", address, str(seconds), str(connections)],
            input=json.dumps({"events": events, "tokens": tokens}),
            capture_output=True,
            text=True,
            check=True,
        )
        return Load(**json.loads(process.stdout))


def choose(name: str) -> Generator:
    """Return the generator of a name; ``auto`` is wrk if it is installed."""
    if name == "auto":
        name = "wrk" if shutil.which("wrk") else "python"
    return Wrk() if name == "wrk" else PythonLoad()


def _send(
    address: str, events: list[int], tokens: list[str], seconds: int, connections: int
) -> Load:
    latencies: list[float] = []
    errors = [0] * connections
    end = time.monotonic() + seconds

    def buy(number: int) -> None:
        connection = http.client.HTTPConnection(address, timeout=30)
        index = number
        while time.monotonic() < end:
            index += connections
            start = time.monotonic()
            connection.request(
                "POST",
                f"/api/events/{events[index % len(events)]}/purchase",
                '{"quantity": 1}',
                {
                    "Content-Type": "application/json",
                    "Authorization": f"Bearer {tokens[index % len(tokens)]}",
                },
            )
            response = connection.getresponse()
            response.read()
            if response.status == http.client.CREATED:
                latencies.append((time.monotonic() - start) * 1000)
            else:
                errors[number] += 1
        connection.close()

    threads = [threading.Thread(target=buy, args=(number,)) for number in range(connections)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles(latencies, n=100)
    return Load(len(latencies), sum(errors), time.monotonic() - start, cuts[49], cuts[98])


if __name__ == "__main__":
    fixture = json.loads(sys.stdin.read())
    load = _send(
        sys.argv[1], fixture["events"], fixture["tokens"], int(sys.argv[2]), int(sys.argv[3])
    )
    print(json.dumps(vars(load)))
