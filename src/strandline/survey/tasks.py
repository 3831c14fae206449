"""All tiles through the workers, whatever happens to some of them."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from strandline.errors import OutputError
from strandline.progress import say
from strandline.survey.desk import Desk, Done, Failed, TileTask, work
from strandline.survey.engine import Engine, Outcome, WorkerDiedError
from strandline.survey.parts import Part
from strandline.survey.watching import Watch

__all__ = ["TilesDone", "do_tiles"]

_TRIES = 3


@dataclass
class TilesDone:
    """What came of tiles.

    Attributes
    ----------
    parts : dict of Part
        By tile.
    failed : dict of Failed
        By tile, with the last reason.
    tries : Counter
        Failed tries, by tile.
    """

    parts: dict[str, Part] = field(default_factory=dict)
    failed: dict[str, Failed] = field(default_factory=dict)
    tries: Counter[str] = field(default_factory=Counter)


def do_tiles(
    engine: Engine, orders: str, tasks: Sequence[TileTask], watch: Watch, tries: int = _TRIES
) -> TilesDone:
    """Do tiles; one that fails is tried again, then set aside, and the others go on.

    Tiles on which a worker died are tried again when all others are done, one at a time, so that
    one that kills workers harms no other.

    Parameters
    ----------
    engine : Engine
    orders : str
        What the workers were given: a `Desk`.
    tasks : sequence of TileTask
    watch : Watch
        Is told of all that happens.
    tries : int
        Before a tile is set aside.

    Raises
    ------
    LostError
        If the scheduler is gone.
    OutputError
        If results cannot be written.
    """
    done = TilesDone()
    by_name = {task.tile.name: task for task in tasks}
    again: deque[str] = deque()  # tried again beside the others
    alone: deque[str] = deque()  # tried again by themselves

    def first() -> Iterator[tuple[str, TileTask]]:
        for name, task in by_name.items():
            yield _key(name, done.tries[name]), task

    def rest(names: deque[str]) -> Iterator[tuple[str, TileTask]]:
        while names:
            name = names.popleft()
            yield _key(name, done.tries[name]), by_name[name]

    def run(items: Iterator[tuple[str, TileTask]], together: int | None) -> None:
        for outcome in engine.run(_work, items, orders, together=together):
            name = outcome.key.rpartition("#")[0]
            told = _told(outcome, by_name[name])
            if isinstance(told, Done):
                done.parts[name] = told.part
                done.failed.pop(name, None)
                watch.done(told)
                continue
            if told.stops:
                raise OutputError(told.reason)
            done.tries[name] += 1
            done.failed[name] = told
            died = isinstance(outcome.error, WorkerDiedError)
            watch.died() if died else watch.failed()
            if done.tries[name] < tries:
                (alone if died else again).append(name)
            else:
                watch.set_aside()
                say(f"skipped {told.path}: {told.reason}")

    run(first(), None)
    while again:
        run(rest(again), None)
    while alone:
        run(rest(alone), 1)
        alone.extend(again)
        again.clear()
    return done


def _key(name: str, attempt: int) -> str:
    return f"{name}#{attempt}"


def _work(desk: Desk, task: TileTask) -> Done | Failed:
    return work(desk, task)


def _told(outcome: Outcome[Done | Failed], task: TileTask) -> Done | Failed:
    if outcome.value is not None:
        return outcome.value
    reason = str(outcome.error) or type(outcome.error).__name__
    return Failed(task.tile.name, task.tile.first_file, reason)
