"""A survey from its list of tiles to its catalogue; interrupted anywhere, the next run goes on."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from strandline.errors import NothingFoundError
from strandline.learn import Ensemble
from strandline.progress import say
from strandline.survey.desk import Desk, Failed, Orders, TileTask
from strandline.survey.engine import Engine
from strandline.survey.gathering import CATALOGUE, DamagedError, Gathered, gather
from strandline.survey.identity import check_identity, identity_of, model_files
from strandline.survey.keeping import STAMPS, KeepTask, keep_stamps
from strandline.survey.manifest import (
    MANIFEST,
    manifest_of,
    parts_digest,
    read_manifest,
    write_skipped,
)
from strandline.survey.onetile import SurveyPlan
from strandline.survey.parts import PARTS, Part, find_parts, inputs_key
from strandline.survey.places import Place
from strandline.survey.regions import Box, Region
from strandline.survey.tasks import do_tiles
from strandline.survey.tilelist import TileList
from strandline.survey.vectors import VECTORS, build_vectors
from strandline.survey.watching import watched
from strandline.survey.wishes import Wish, chosen

__all__ = ["FinalOptions", "SurveyOutcome", "run_survey"]

_DAMAGED_AT_MOST = 3


@dataclass(frozen=True)
class FinalOptions:
    """What is decided when all tiles are done, and may differ from run to run.

    Attributes
    ----------
    prevalence : float
        Share of galaxies that interact, for ``probability_sky``.
    wishes : tuple of Wish
        Which stamps to keep.
    seed : int
        Of novelty.
    """

    prevalence: float
    wishes: tuple[Wish, ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class SurveyOutcome:
    """What a survey left in its folder.

    Attributes
    ----------
    out : Place
    galaxies : int
        Rows of the catalogue.
    tiles : int
        That are in it.
    set_aside : tuple of Failed
        Tiles that are not, with the reason.
    stamps : int
        That were kept.
    manifest : dict
    """

    out: Place
    galaxies: int
    tiles: int
    set_aside: tuple[Failed, ...]
    stamps: int
    manifest: dict[str, Any]

    def summary(self) -> str:
        """Return what the command line prints at the end."""
        lines = [f"{self.galaxies} galaxies on {self.tiles} tiles: {self.out}/{CATALOGUE}"]
        if self.stamps:
            lines.append(f"{self.stamps} stamps kept: {self.out}/{STAMPS}")
        if self.set_aside:
            lines.append(
                f"{len(self.set_aside)} tiles set aside (reasons in {self.out}/skipped.parquet); "
                "the same command tries them again"
            )
        return "\n".join(lines)


def run_survey(
    workers: AbstractContextManager[Engine],
    tiles: TileList,
    plan: SurveyPlan,
    models: Ensemble,
    out: Place,
    final: FinalOptions,
) -> SurveyOutcome:
    """Do all tiles that are not done yet, and write the catalogue of all that are.

    Parameters
    ----------
    workers : context manager of Engine
        See `strandline.survey.open_engine`; entered only if there is something to do.
    tiles : TileList
    plan : SurveyPlan
    models : Ensemble
    out : Place
    final : FinalOptions

    Raises
    ------
    OptionError
        If another survey is in `out`; names the differences.
    NothingFoundError
        If no tile could be used, or none has a galaxy.
    LostError
        If the scheduler is gone.
    OutputError
        If results cannot be written.
    """
    files = model_files(models)
    identity = identity_of(plan, models, files)
    if check_identity(out, identity):
        out.sweep(PARTS)
    tasks = {
        tile.name: TileTask(tile, inputs_key(tile, box), box)
        for tile, box in zip(tiles.tiles, _boxes(tiles), strict=True)
    }
    wanted = {name: task.inputs for name, task in tasks.items()}
    desk = Desk(Orders(_key(identity, out), plan, files, out))
    before = read_manifest(out)
    parts = find_parts(out, wanted)
    if len(parts) == len(tasks) and (same := _finished(before, parts, final, tiles)):
        say(f"{out}: is complete; there is nothing to do.")
        return _outcome(out, same, {})
    with workers as engine, engine.given(desk.orders.key, desk):
        if engine.dashboard:
            say(f"Dask's dashboard: {engine.dashboard}")
        failed, facts = _do(engine, desk, tasks, parts)
        write_skipped(out, _skipped(tiles, failed))
        if not parts:
            raise NothingFoundError(_nothing(failed))
        if same := _finished(before, parts, final, tiles):
            return _outcome(out, same, failed)
        gathered = _gathered(engine, desk, tasks, parts, final)
        kept = _keep(engine, desk, tasks, parts, gathered, final.wishes)
    _index(out, gathered)
    runs = [*(before or {}).get("runs", []), facts]
    options = _options(final) | {"kept_stamps": kept}
    told = manifest_of(identity, options, len(tasks), parts, gathered, runs)
    out.write(MANIFEST, json.dumps(told, indent=1).encode())
    return _outcome(out, told, failed)


def _gathered(
    engine: Engine,
    desk: Desk,
    tasks: dict[str, TileTask],
    parts: dict[str, Part],
    final: FinalOptions,
) -> Gathered:
    """Write the catalogue of `parts`; tiles whose parts are damaged are done again first."""
    boxes: dict[str, Region] = {name: task.box for name, task in tasks.items() if task.box}
    for attempt in range(_DAMAGED_AT_MOST):
        try:
            return gather(
                engine,
                desk.orders.key,
                desk.orders.out,
                parts,
                boxes or None,
                prevalence=final.prevalence,
                wishes=final.wishes,
                seed=final.seed,
            )
        except DamagedError as error:
            if attempt + 1 == _DAMAGED_AT_MOST:
                raise
            for one in error.damaged:
                say(f"done again: {one.reason}")
                desk.orders.out.remove(one.part.name)
                parts.pop(one.part.tile)
            _do(engine, desk, tasks, parts)
    raise AssertionError("the loop returns or raises")


def _boxes(tiles: TileList) -> Sequence[Box | None]:
    return tiles.boxes if tiles.boxes is not None else [None] * len(tiles.tiles)


def _key(identity: dict[str, Any], out: Place) -> str:
    told = json.dumps([identity, str(out)], sort_keys=True)
    return f"strandline-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _do(
    engine: Engine, desk: Desk, tasks: dict[str, TileTask], parts: dict[str, Part]
) -> tuple[dict[str, Failed], dict[str, Any]]:
    """Do the tiles that are not among `parts`, and add them; return what failed, and facts."""
    left = [task for name, task in tasks.items() if name not in parts]
    if parts:
        say(f"{desk.orders.out}: {len(parts)} of {len(tasks)} tiles are done; the survey goes on.")
    started = datetime.now(UTC).isoformat(timespec="seconds")
    with watched(len(left)) as watch:
        found = do_tiles(engine, desk.orders.key, left, watch)
    parts |= found.parts
    facts = {"started": started, "workers": engine.workers, "threads": engine.threads}
    return found.failed, facts | watch.facts()


def _finished(
    before: dict[str, Any] | None, parts: dict[str, Part], final: FinalOptions, tiles: TileList
) -> dict[str, Any] | None:
    """Return the manifest of an earlier run that did all of this; None if there is more to do."""
    if before is None or before.get("parts") != parts_digest(parts):
        return None
    options = dict(before.get("options", {}))
    options.pop("kept_stamps", None)
    if options != _options(final) or before["tiles"]["listed"] != len(tiles.tiles):
        return None
    return before


def _options(final: FinalOptions) -> dict[str, Any]:
    return {
        "prevalence": final.prevalence,
        "stamps": [str(wish) for wish in final.wishes],
        "seed": final.seed,
    }


def _outcome(out: Place, told: dict[str, Any], failed: dict[str, Failed]) -> SurveyOutcome:
    return SurveyOutcome(
        out,
        told["galaxies"],
        told["tiles"]["done"],
        tuple(failed[name] for name in sorted(failed)),
        told["options"].get("kept_stamps", 0),
        told,
    )


def _skipped(tiles: TileList, failed: dict[str, Failed]) -> Iterable[tuple[str, str, str]]:
    yield from (("", item.path, item.reason) for item in tiles.skipped)
    yield from ((one.tile, one.path, one.reason) for one in failed.values())


def _nothing(failed: dict[str, Failed]) -> str:
    last = failed[max(failed)]
    return (
        f"None of the {len(failed)} tiles could be used; the last one was {last.tile}: "
        f"{last.reason}"
    )


def _keep(
    engine: Engine,
    desk: Desk,
    tasks: dict[str, TileTask],
    parts: dict[str, Part],
    gathered: Gathered,
    wishes: Sequence[Wish],
) -> int:
    out = desk.orders.out
    if not wishes:
        return 0
    wanted = chosen(wishes, gathered.candidates)
    kinds = {name: told for names in wanted.values() for name, told in names.items()}
    keep = [KeepTask(tasks[tile].tile, parts[tile], tuple(ids)) for tile, ids in wanted.items()]

    def write(path: Path) -> int:
        return keep_stamps(engine, desk.orders.key, desk, keep, kinds, path)

    return _written(out, STAMPS, write)


def _index(out: Place, gathered: Gathered) -> None:
    files = [f"{CATALOGUE}/{name}" for name in gathered.files]

    def write(path: Path) -> int:
        return build_vectors(out, files, path)

    _written(out, VECTORS, write)


def _written(out: Place, name: str, write: Callable[[Path], int]) -> int:
    """Write a Lance dataset in place on disk, or here and then to where results go."""
    if out.local is not None:
        return write(out.local / name)
    folder = Path(tempfile.mkdtemp(prefix="strandline-"))
    try:
        count = write(folder / name)
        out.remove(name)
        out.put(folder / name, name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return count
