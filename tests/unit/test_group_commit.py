"""Jobs that wait at the same time run together, and a single job does not wait."""

import threading
from collections.abc import Sequence

import pytest

from eventapi.application.group_commit import Batcher
from tests.concurrency import wait_until


class Gate:
    """Runs jobs by doubling them, when it is open; records the batches."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.batches: list[list[int]] = []

    def __call__(self, jobs: Sequence[int]) -> list[int]:
        self.batches.append(list(jobs))
        self.entered.set()
        assert self.open.wait(10)
        if 13 in jobs:
            raise ZeroDivisionError
        return [2 * job for job in jobs]


def send(batcher: Batcher[int, int], jobs: Sequence[int], gate: Gate) -> dict[int, object]:
    """Send the first job, which waits at the gate, and then the others; open the gate."""
    results: dict[int, object] = {}

    def bring(job: int) -> None:
        try:
            results[job] = batcher(job)
        except ZeroDivisionError as error:
            results[job] = error

    threads = [threading.Thread(target=bring, args=(job,)) for job in jobs]
    threads[0].start()
    assert gate.entered.wait(10)
    for number, thread in enumerate(threads[1:], start=1):
        thread.start()
        wait_until(lambda: batcher.queued == number)  # noqa: B023
    gate.open.set()
    for thread in threads:
        thread.join(10)
    return results


def test_a_job_alone_is_run_at_once() -> None:
    gate = Gate()
    gate.open.set()

    assert Batcher(gate, max_batch_size=10)(21) == 42
    assert gate.batches == [[21]]


def test_what_comes_while_one_is_run_is_run_together_in_order_and_each_gets_its_own() -> None:
    gate = Gate()

    results = send(Batcher(gate, max_batch_size=10), [1, 2, 3, 4, 5], gate)

    assert gate.batches == [[1], [2, 3, 4, 5]]
    assert results == {1: 2, 2: 4, 3: 6, 4: 8, 5: 10}


def test_no_more_than_the_most_are_run_together() -> None:
    gate = Gate()

    results = send(Batcher(gate, max_batch_size=2), [1, 2, 3, 4, 5, 6], gate)

    assert gate.batches == [[1], [2, 3], [4, 5], [6]]
    assert results == {job: 2 * job for job in range(1, 7)}


def test_an_error_reaches_everybody_whose_job_it_was_and_nobody_else() -> None:
    gate = Gate()
    batcher = Batcher(gate, max_batch_size=2)

    results = send(batcher, [1, 13, 3, 4], gate)

    assert isinstance(results[13], ZeroDivisionError)
    assert results[3] is results[13]
    assert (results[1], results[4]) == (2, 8)
    with pytest.raises(ZeroDivisionError):
        batcher(13)
    assert batcher(5) == 10


def test_many_threads_lose_no_job_and_get_their_own_results() -> None:
    gate = Gate()
    gate.open.set()
    batcher = Batcher(gate, max_batch_size=7)
    wrong: list[int] = []

    def bring(first: int) -> None:
        wrong.extend(job for job in range(first, first + 500) if batcher(job) != 2 * job)

    threads = [threading.Thread(target=bring, args=(1000 * number + 20,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert wrong == []
    assert sum(map(len, gate.batches)) == 12 * 500
