"""Dask: the workers of this machine, or a cluster that runs already; what they are given to do.

Everything that touches Dask's scheduler is here. The rest of the package is functions that a worker
calls, which know nothing of it.
"""

import asyncio
import contextlib
import logging
import os
import queue
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import dask
import torch
from distributed import Client, Future, KilledWorker, LocalCluster, WorkerPlugin
from distributed.utils import CancelledError

from strandline.errors import OptionError, StrandlineError
from strandline.progress import Progress

__all__ = ["Engine", "Given", "LostError", "Outcome", "WorkerDiedError", "open_engine"]

T = TypeVar("T")
R = TypeVar("R")

_LOOK_EVERY_SECONDS = 0.5
_AHEAD = 2  # tasks a thread has waiting, so that it never is idle
_ANSWER_SECONDS = 20
_GPU_THREADS = 4
_SETTINGS = {
    # a task whose worker died is given back at once; who asked decides whether to try again
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.comm.timeouts.connect": f"{_ANSWER_SECONDS}s",
    "distributed.worker.memory.target": False,  # results are small; spilling them helps nobody
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": 0.85,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.admin.tick.limit": "1h",
    # one thread for each worker's products; Dask would also have malloc give back memory at once,
    # and pages of arrays that come and go would be asked for anew each time: half of all work
    "distributed.nanny.pre-spawn-environ": {
        "OMP_NUM_THREADS": 1,
        "MKL_NUM_THREADS": 1,
        "OPENBLAS_NUM_THREADS": 1,
    },
}


class LostError(StrandlineError):
    """The scheduler is gone; what was done is kept, and the same command goes on."""


class WorkerDiedError(StrandlineError):
    """The worker that had this task died, perhaps for want of memory."""


_PASSING = (WorkerDiedError, OSError)


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What came of one task: a value, or that its worker died, or what it raised."""

    key: str
    value: T | None = None
    error: BaseException | None = None


class Given(WorkerPlugin):  # type: ignore[misc]
    """An object that every worker is given once, also those that join later, or start anew.

    Parameters
    ----------
    name : str
    value : object
    """

    _there: dict[str, Any] = {}  # noqa: RUF012 - of the process: threads of a worker share it

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value

    def setup(self, worker: Any) -> None:  # noqa: D102 - Dask's own hook
        Given._there[self.name] = self.value

    def teardown(self, worker: Any) -> None:  # noqa: D102 - Dask's own hook
        close = getattr(Given._there.pop(self.name, None), "close", None)
        if close is not None:
            close()

    @staticmethod
    def called(name: str) -> Any:
        """Return what this worker was given under a name."""
        return Given._there[name]


def _apply(name: str, function: Callable[[Any, T], R], item: T) -> R:
    return function(Given.called(name), item)


class Engine:
    """Workers, and tasks for them.

    Parameters
    ----------
    client : Client
        Of Dask.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def dashboard(self) -> str | None:
        """Address of Dask's dashboard; None if it does not run."""
        try:
            link = self._client.dashboard_link
        except (KeyError, ValueError):
            return None
        return str(link) if link else None

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return str(self._client.scheduler.address)

    @property
    def threads(self) -> int:
        """Threads of all workers together; 0 while there is none."""
        return sum(self._client.nthreads().values())

    @property
    def workers(self) -> int:
        """Number of worker processes."""
        return len(self._client.nthreads())

    def memory_mb(self) -> float:
        """Return the memory that the fullest worker holds now."""
        info = self._client.scheduler_info(n_workers=-1)
        held = [one.get("metrics", {}).get("memory", 0) for one in info["workers"].values()]
        return float(max(held, default=0)) / 1e6

    @contextmanager
    def given(self, name: str, value: Any) -> Iterator[None]:
        """Give every worker an object while the body runs; see `run`."""
        try:
            self._client.register_plugin(Given(name, value), name=name)
        except (OSError, TimeoutError, CancelledError) as error:
            raise self._lost() from error
        try:
            yield
        finally:
            if self._client.status == "running":
                with contextlib.suppress(Exception):  # the workers may be gone
                    self._client.unregister_worker_plugin(name)

    def run(
        self,
        function: Callable[[Any, T], R],
        items: Iterable[tuple[str, T]],
        given: str,
        *,
        together: int | None = None,
    ) -> Iterator[Outcome[R]]:
        """Yield what `function` returns for each item, as it comes.

        Parameters
        ----------
        function : callable
            Called on workers with what they were given and the item.
        items : iterable of (str, item)
            Each with a key of its own, which the dashboard shows. Consumed as workers are free, so
            that there may be any number.
        given : str
            Name of what the workers were given.
        together : int, optional
            At most so many at a time; by default twice the number of threads.

        Raises
        ------
        LostError
            If the scheduler does not answer any more.
        """
        ended: queue.Queue[Future] = queue.Queue()
        waiting = iter(items)
        running: dict[Future, str] = {}
        more = True
        try:
            while more or running:
                room = (together or max(1, _AHEAD * self.threads)) - len(running)
                while more and room > 0:
                    entry = next(waiting, None)
                    if entry is None:
                        more = False
                        break
                    key, item = entry
                    future = self._client.submit(
                        _apply, given, function, item, key=key, pure=False, retries=0
                    )
                    running[future] = key
                    future.add_done_callback(ended.put)
                    room -= 1
                try:
                    future = ended.get(timeout=_LOOK_EVERY_SECONDS)
                except queue.Empty:
                    self._check()
                    continue
                key = running.pop(future)
                yield self._outcome(key, future)
                future.release()
        except (OSError, TimeoutError, CancelledError, asyncio.CancelledError) as error:
            raise self._lost() from error
        finally:
            for future in running:
                with contextlib.suppress(Exception):
                    future.cancel()

    def each(
        self,
        function: Callable[[Any, T], R],
        items: Sequence[tuple[str, T]],
        given: str,
        advance: Progress | None = None,
        tries: int = 3,
    ) -> list[R]:
        """Return what `function` returns for each item, in their order; see `run`.

        Items whose worker died, or that could not be read or written just then, are tried again.

        Raises
        ------
        Exception
            What `function` raised.
        """
        values: dict[str, R] = {}
        left = dict(items)
        for attempt in range(tries):
            numbered = ((f"{key}#{attempt}", item) for key, item in left.items())
            for outcome in self.run(function, numbered, given):
                key = outcome.key.rpartition("#")[0]
                if outcome.error is None:
                    values[key] = cast(R, outcome.value)
                    if advance is not None:
                        advance(1)
                elif attempt + 1 == tries or not isinstance(outcome.error, _PASSING):
                    raise outcome.error
            left = {key: item for key, item in left.items() if key not in values}
            if not left:
                break
        return [values[key] for key, _ in items]

    def _outcome(self, key: str, future: Future) -> Outcome[Any]:
        if future.status == "finished":
            return Outcome(key, value=future.result(timeout=_ANSWER_SECONDS))
        if future.status in ("cancelled", "lost"):
            raise self._lost()
        error = future.exception(timeout=_ANSWER_SECONDS)
        if isinstance(error, KilledWorker):
            return Outcome(
                key, error=WorkerDiedError("the worker died that had it, perhaps out of memory.")
            )
        return Outcome(key, error=error)

    def _check(self) -> None:
        if self._client.status != "running":
            raise self._lost()

    def _lost(self) -> LostError:
        return LostError(
            "the scheduler does not answer any more. What is done is kept; give the same command "
            "again and the survey goes on."
        )


def open_engine(
    scheduler: str | None = None,
    workers: int | None = None,
    memory_gb: float | None = None,
    threads: int | None = None,
) -> AbstractContextManager[Engine]:
    """Return a context that gives workers: processes of this machine, or a cluster that runs.

    Parameters
    ----------
    scheduler : str, optional
        Address of a scheduler that runs, as ``tcp://host:8786``.
    workers : int, optional
        Processes to start on this machine; by default one a core, or one a GPU.
    memory_gb : float, optional
        At which a process that was started here is ended; by default an equal share of all.
    threads : int, optional
        Tasks that a process has in hand; by default 1, or 4 where there is a GPU, so that some read
        and detect while it scores.

    Raises
    ------
    OptionError
        If an option makes no sense; on entering, if no scheduler answers at the address.
    """
    if scheduler is not None and (workers, memory_gb, threads) != (None, None, None):
        raise OptionError(
            f"{scheduler}: the workers of a running scheduler are what they are; leave out "
            "--workers, --memory and --threads."
        )
    for name, value in (("workers", workers), ("threads", threads)):
        if value is not None and value < 1:
            raise OptionError(f"{name} is {value}; at least 1 is needed.")
    if memory_gb is not None and memory_gb < 0.5:
        raise OptionError(f"memory is {memory_gb} GB; a worker needs at least 0.5.")
    return _opened(scheduler, workers, memory_gb, threads)


@contextmanager
def _opened(
    scheduler: str | None, workers: int | None, memory_gb: float | None, threads: int | None
) -> Iterator[Engine]:
    with dask.config.set(_SETTINGS):
        if scheduler is not None:
            yield from _joined(scheduler)
        else:
            yield from _started(workers, memory_gb, threads)


def _joined(scheduler: str) -> Iterator[Engine]:
    try:
        client = Client(scheduler, timeout=_ANSWER_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError, KeyError) as error:
        raise OptionError(
            f"{scheduler}: no scheduler of Dask answers there ({_first_line(error)}). Start one "
            "with: dask scheduler; and workers with: dask worker ADDRESS."
        ) from error
    try:
        yield Engine(client)
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=2)


def _started(workers: int | None, memory_gb: float | None, threads: int | None) -> Iterator[Engine]:
    gpus = torch.cuda.device_count()
    count = workers or gpus or os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="strandline-dask-") as folder:
        cluster = LocalCluster(
            n_workers=count,
            threads_per_worker=threads or (_GPU_THREADS if gpus else 1),
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=f"{memory_gb}GB" if memory_gb else "auto",
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        )
        try:
            client = Client(cluster, set_as_default=False)
            try:
                yield Engine(client)
            finally:
                with contextlib.suppress(Exception):
                    client.close(timeout=5)
        finally:
            with contextlib.suppress(Exception):
                cluster.close(timeout=5)


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
