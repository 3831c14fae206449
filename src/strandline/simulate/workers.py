"""Work shared among processes: in order, bounded in memory, and alike for any number of them."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from strandline.errors import StrandlineError

__all__ = ["in_order"]

_Task = TypeVar("_Task")
_Done = TypeVar("_Done")
_AHEAD = 2  # tasks under way for each worker
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def in_order(
    work: Callable[[_Task], _Done], tasks: Sequence[_Task], workers: int
) -> Generator[_Done]:
    """Yield what `work` makes of each task, in their order.

    Close the generator when its results are no longer wanted; what is not begun is dropped then.

    Parameters
    ----------
    work : callable
        Can be pickled, as can tasks and results, if there are several workers.
    tasks : sequence
    workers : int
        Processes; 1 works in this one.

    Raises
    ------
    StrandlineError
        When a process ends before its work is done.
    """
    workers = min(workers, len(tasks))
    if workers <= 1:
        for task in tasks:
            yield work(task)
        return
    context = multiprocessing.get_context("spawn")
    with (
        _one_thread_each(),
        ProcessPoolExecutor(workers, mp_context=context, initializer=_begin) as pool,
    ):
        waiting: deque[Future[_Done]] = deque()
        left = iter(tasks)
        try:
            for task in left:
                waiting.append(pool.submit(work, task))
                if len(waiting) >= _AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise StrandlineError(
                "A process of the simulation ended before its work was done: out of memory, or "
                'started from a script without `if __name__ == "__main__":`. Try workers=1.'
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Start processes that leave the other processors to each other.

    Their libraries read these variables when they are imported, before any code of ours runs.
    """
    added = [name for name in _THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _begin() -> None:
    """Leave interrupts to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
