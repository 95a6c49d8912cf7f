"""Group commit: jobs that wait at the same time are executed together."""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from eventapi.application.ports.storage import StorageUnavailable

Job = TypeVar("Job")
Result = TypeVar("Result")


class _Slot(Generic[Job, Result]):
    """A queued job, and the thread that waits for its result."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.result: Result | BaseException | None = None
        self.done = False
        self._wake_up = Lock()
        self._wake_up.acquire()

    def wait(self) -> None:
        """Sleep until the result is there, or until this thread has to lead."""
        self._wake_up.acquire()

    def wake(self) -> None:
        """Wake the waiting thread."""
        self._wake_up.release()


class Batcher(Generic[Job, Result]):
    """Executes the jobs of many threads in batches.

    A thread that brings a job while no batch is running becomes the leader and
    runs it at once. Jobs that arrive meanwhile are queued; when the leader is
    done, the first thread of the queue leads and runs the whole queue as one
    batch. A single job never waits for others, and the more jobs wait, the larger
    the batch. No thread is started, and no thread works longer than for one batch.
    """

    def __init__(
        self, run: Callable[[Sequence[Job]], Sequence[Result]], *, max_batch_size: int
    ) -> None:
        """Create a batcher.

        Args:
            run: executes jobs and returns their results in the same order. An
                error that it raises is raised in each thread that waits for one.
            max_batch_size: the maximum number of jobs of a batch.
        """
        self._run = run
        self._max_batch_size = max_batch_size
        self._mutex = Lock()
        self._queue: deque[_Slot[Job, Result]] = deque()
        self._has_leader = False

    @property
    def queued(self) -> int:
        """The number of jobs that wait for the running batch."""
        return len(self._queue)

    def __call__(self, job: Job) -> Result:
        """Execute a job, and return its result."""
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
        """Run the queued jobs, beginning with this thread's own, and pass on the lead."""
        with self._mutex:
            size = min(self._max_batch_size, len(self._queue))
            batch = [self._queue.popleft() for _ in range(size)]
        results: Sequence[Result | BaseException]
        try:
            results = self._run([slot.job for slot in batch])
        except BaseException as error:  # noqa: BLE001 - raised again in every waiting thread
            results = [error] * len(batch)
        with self._mutex:
            successor = self._queue[0] if self._queue else None
            self._has_leader = successor is not None
        if successor:
            successor.wake()
        for slot, result in zip(batch, results, strict=True):
            slot.result, slot.done = result, True
            slot.wake()


class GroupCommit(Generic[Job, Result]):
    """Lets jobs that wait at the same time share one unit of work.

    Most of the cost of a unit of work is the same for one job or twenty: the
    round trips, the locks, the commit that waits for the disk. Each job is decided
    by itself. If what they wrote together can't be committed, each is executed
    again in a unit of work of its own, so that no job fails because of another.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Job]], Sequence[Result | Exception]],
        *,
        max_batch_size: int,
    ) -> None:
        """Create a group commit.

        Args:
            run: executes jobs in one unit of work, and returns for each its
                result or the error to be raised to its caller.
            max_batch_size: the maximum number of jobs of one unit of work.
        """
        self._run = run
        self._execute = Batcher(self._run_together, max_batch_size=max_batch_size)

    @property
    def queued(self) -> int:
        """The number of jobs that wait for the running unit of work."""
        return self._execute.queued

    def __call__(self, job: Job) -> Result:
        """Execute a job, and return its result or raise its error."""
        outcome = self._execute(job)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _run_together(self, jobs: Sequence[Job]) -> Sequence[Result | Exception]:
        try:
            return self._run(jobs)
        except StorageUnavailable:
            raise  # to all of them: each would meet the same
        except Exception as error:  # noqa: BLE001 - raised to the caller of the job
            if len(jobs) == 1:
                return [error]
        return [self._run_alone(job) for job in jobs]

    def _run_alone(self, job: Job) -> Result | Exception:
        try:
            (outcome,) = self._run([job])
        except Exception as error:  # noqa: BLE001 - raised to the caller of the job
            return error
        return outcome
