"""Doing together what waits at the same time."""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


class _Slot(Generic[Job, Result]):
    """A job in the queue, and the thread that waits for it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.result: Result | BaseException | None = None
        self.done = False
        self._sleep = Lock()
        self._sleep.acquire()

    def wait(self) -> None:
        """Sleep until woken: with the result, or to lead."""
        self._sleep.acquire()

    def wake(self) -> None:
        """Wake the thread that waits."""
        self._sleep.release()


class Batcher(Generic[Job, Result]):
    """Runs jobs of many threads, together those that wait at the same time.

    A thread that brings a job while nobody leads becomes the leader and runs
    it at once. What comes meanwhile queues up; when the leader is through, the
    first in the queue leads, and runs the whole queue as one. So a single job
    never waits for company, and the more jobs wait, the more are done at once.
    No thread is started, and none works for longer than for its own queue.
    """

    def __init__(
        self, run: Callable[[Sequence[Job]], Sequence[Result]], *, max_batch_size: int
    ) -> None:
        """Make one.

        Args:
            run: runs jobs and gives their results in the same order. What it
                raises, every thread whose job it was raises.
            max_batch_size: how many jobs are run together at most.
        """
        self._run = run
        self._max_batch_size = max_batch_size
        self._mutex = Lock()
        self._queue: deque[_Slot[Job, Result]] = deque()
        self._has_leader = False

    def __call__(self, job: Job) -> Result:
        """Have a job run, and give its result."""
        slot: _Slot[Job, Result] = _Slot(job)
        with self._mutex:
            self._queue.append(slot)
            leads, self._has_leader = not self._has_leader, True
        if not leads:
            slot.wait()
        if not slot.done:
            self._lead()
        if isinstance(slot.result, BaseException):
            raise slot.result
        return slot.result  # type: ignore[return-value]

    def _lead(self) -> None:
        """Run what is queued, this thread's own job first, and hand on the lead."""
        with self._mutex:
            batch = [
                self._queue.popleft() for _ in range(min(self._max_batch_size, len(self._queue)))
            ]
        results: Sequence[Result | BaseException]
        try:
            results = self._run([slot.job for slot in batch])
        except BaseException as error:  # noqa: BLE001 - it is raised in every waiting thread
            results = [error] * len(batch)
        with self._mutex:
            successor = self._queue[0] if self._queue else None
            self._has_leader = successor is not None
        if successor:
            successor.wake()
        for slot, result in zip(batch, results, strict=True):
            slot.result, slot.done = result, True
            slot.wake()
