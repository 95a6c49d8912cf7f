"""Load on a served program: by wrk where it is installed, else by Python."""

import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from math import nan
from os import cpu_count
from pathlib import Path
from typing import Self

from benchmarks.process import run_tool

SCRIPT = Path(__file__).with_name("purchase.lua")
LONGEST_ANSWER = 30  # seconds until a purchase counts as not answered


@dataclass(frozen=True, kw_only=True)
class Purchases:
    """What is sent: purchases of one ticket each, for the events in turn, by the buyers in turn.

    Attributes:
        address: host:port of the program.
        tokens: of the buyers.
    """

    address: str
    events: Sequence[int]
    tokens: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Load:
    """What came of a load.

    Attributes:
        accepted: how many were done; of purchases, how many were answered 201.
        failures: how many were not, by what came instead.
        latencies: how many took this many microseconds. wrk adds those that a
            slow answer kept it from sending.
    """

    accepted: int
    failures: Mapping[str, int]
    seconds: float
    latencies: Mapping[int, int]

    @classmethod
    def of_json(cls, text: str) -> Self:
        """Read what purchase.lua and python_load.py print."""
        fields = json.loads(text)
        return cls(**fields | {"latencies": dict(fields["latencies"])})

    @property
    def rate(self) -> float:
        """How many were done a second."""
        return self.accepted / self.seconds

    def percentile(self, share: float) -> float:
        """Give the milliseconds in which this share of the answers came."""
        left = share * sum(self.latencies.values())
        for latency, count in sorted(self.latencies.items()):
            left -= count
            if left <= 0:
                return latency / 1000
        return nan


def together(loads: Sequence[Load], *, seconds: float) -> Load:
    """Add loads up, which took so long in all."""
    failures: Counter[str] = Counter()
    latencies: Counter[int] = Counter()
    for load in loads:
        failures.update(load.failures)
        latencies.update(load.latencies)
    return Load(
        accepted=sum(load.accepted for load in loads),
        failures=failures,
        seconds=seconds,
        latencies=latencies,
    )


@dataclass(frozen=True)
class Generator:
    """Sends purchases from many connections at once."""

    name: str
    run: Callable[[Purchases, int, int], Load]


def choose(name: str) -> Generator:
    """Give the generator of a name; ``auto`` is wrk where it is installed."""
    if name == "auto":
        name = "wrk" if shutil.which("wrk") else "python"
    return Generator("wrk", by_wrk) if name == "wrk" else Generator("Python", by_python)


def by_wrk(purchases: Purchases, seconds: int, connections: int) -> Load:
    """Send as many purchases as are answered in this time."""
    with _written_down(purchases) as stage:
        printed = run_tool(
            ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s",
             "--timeout", f"{LONGEST_ANSWER}s", "-s", str(SCRIPT),
             f"http://{purchases.address}", "--", str(stage)],
            seconds=seconds + LONGEST_ANSWER,
        )  # fmt: skip
    return Load.of_json(printed.splitlines()[-1])


def by_python(purchases: Purchases, seconds: int, connections: int) -> Load:
    """Send as many purchases as are answered in this time.

    From two processes at least, as one would sleep while many answers come.
    They share the machine with what they measure, so there are no more than
    half as many as there are cores.
    """
    processes = min(connections, max(2, (cpu_count() or 1) // 2))
    with _written_down(purchases) as stage, ThreadPoolExecutor(processes) as pool:

        def send(number: int) -> Load:
            share = len(range(number, connections, processes))
            printed = run_tool(
                [sys.executable, "-m", "benchmarks.python_load",
                 purchases.address, str(stage), str(seconds), str(share), str(number * share)],
                seconds=seconds + LONGEST_ANSWER,
            )  # fmt: skip
            return Load.of_json(printed)

        loads = list(pool.map(send, range(processes)))
    return together(loads, seconds=max(load.seconds for load in loads))


@contextmanager
def _written_down(purchases: Purchases) -> Iterator[Path]:
    """Write the events and the tokens into a file, a line of each."""
    with tempfile.NamedTemporaryFile("w", prefix="eventapi-bench-", suffix=".stage") as file:
        file.write(f"{' '.join(map(str, purchases.events))}\n{' '.join(purchases.tokens)}\n")
        file.flush()
        yield Path(file.name)
