"""Run an iterator ahead of its consumer in a thread, a bounded number of items at most."""

import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["read_ahead"]

T = TypeVar("T")


@dataclass(frozen=True)
class _Item(Generic[T]):
    value: T


@dataclass(frozen=True)
class _End:
    error: BaseException | None


def read_ahead(items: Iterable[T], depth: int = 2) -> Iterator[T]:
    """Yield `items` in order while a thread already makes the next ones.

    Parameters
    ----------
    items : iterable
        Consumed in the thread; what it raises is raised here.
    depth : int
        Items that may wait; ``depth + 1`` more than the consumer holds are in memory at most.

    Notes
    -----
    The thread ends with this generator, also when the consumer stops early.
    """
    waiting: queue.Queue[_Item[T] | _End] = queue.Queue(maxsize=depth)
    stop = threading.Event()

    def offer(entry: _Item[T] | _End) -> bool:
        while not stop.is_set():
            try:
                waiting.put(entry, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        error: BaseException | None = None
        try:
            for value in items:
                if not offer(_Item(value)):
                    return
        except BaseException as caught:  # handed to the consumer, whatever it is
            error = caught
        offer(_End(error))

    thread = threading.Thread(target=work, name="strandline-read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            entry = waiting.get()
            if isinstance(entry, _End):
                if entry.error is not None:
                    raise entry.error
                return
            yield entry.value
            del entry  # else it would live until the next one arrives
    finally:
        stop.set()
        thread.join()
