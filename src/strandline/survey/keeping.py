"""Stamps of the galaxies that were wished for: their tiles are read once more, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.errors import TileError
from strandline.progress import say, track
from strandline.stamps import Cutouts, StampTable
from strandline.survey.desk import Desk
from strandline.survey.engine import Engine
from strandline.survey.looking import vectors_of
from strandline.survey.onetile import chosen_cutouts
from strandline.survey.parts import Part, read_part
from strandline.survey.staging import staged
from strandline.survey.tilelist import SurveyTile
from strandline.tiles import read_tile

__all__ = ["STAMPS", "KeepTask", "Kept", "keep_stamps"]

STAMPS = "stamps.lance"
"""The stamp table in the folder of the survey."""

_TOGETHER = 4  # tiles whose stamps may wait in memory to be written


@dataclass(frozen=True)
class KeepTask:
    """A tile, its part, and the galaxies of it whose stamps are kept, by id."""

    tile: SurveyTile
    part: Part
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """Stamps of a tile, and what was said of them.

    Attributes
    ----------
    cutouts : Cutouts
    rows : Table
        Of the part, in the same order.
    """

    cutouts: Cutouts
    rows: pa.Table


def keep_stamps(
    engine: Engine,
    desk: str,
    spec_of: Desk,
    tasks: Sequence[KeepTask],
    kinds: dict[str, list[str]],
    out: Path,
) -> int:
    """Write a stamp table of chosen galaxies, with their embedding and probability.

    Parameters
    ----------
    engine : Engine
    desk : str
        What the workers were given for the tiles.
    spec_of : Desk
        The same here.
    tasks : sequence of KeepTask
        Along the table.
    kinds : dict of list of str
        Kinds of wishes, by id: becomes column ``wished``.
    out : Path
        The table.

    Returns
    -------
    int
        Number of stamps. A tile that cannot be read any more is said, and left out.
    """
    rows: list[pa.Table] = []
    with (
        StampTable.writer(out, spec_of.orders.plan.cut.spec) as writer,
        track("Keeping stamps", len(tasks), "tiles") as advance,
    ):
        for start in range(0, len(tasks), _TOGETHER):
            group = [(f"stamps-{t.tile.name}", t) for t in tasks[start : start + _TOGETHER]]
            for (_, task), kept in zip(group, engine.each(_keep, group, desk), strict=True):
                advance(1)
                if isinstance(kept, str):
                    say(f"no stamps of {task.tile.first_file}: {kept}")
                    continue
                stamps = kept.cutouts.stamps
                writer.append(kept.cutouts.columns, stamps.pixels, stamps.unit_njy)
                rows.append(kept.rows)
        count = writer.count
    if count:
        _add(StampTable.open(out), pa.concat_tables(rows).combine_chunks(), kinds)
    return count


def _keep(desk: Desk, task: KeepTask) -> Kept | str:
    plan = desk.orders.plan
    try:
        with staged(task.tile, plan.read) as here:
            tile = read_tile(here.source, plan.read)
            cutouts = chosen_cutouts(tile, plan, list(task.ids))
    except TileError as error:
        return str(error)
    table, _ = read_part(desk.orders.out, task.part)
    place = {name: row for row, name in enumerate(table["id"].to_pylist())}
    return Kept(cutouts, table.take([place[name] for name in task.ids]))


def _add(table: StampTable, rows: pa.Table, kinds: dict[str, list[str]]) -> None:
    names = [n for n in rows.column_names if n.startswith("probability") or n == "embedding"]
    chosen = rows.select(names)
    width = chosen.schema.field("embedding").type.list_size
    flat: NDArray[np.float32] = vectors_of(chosen).astype(np.float32).reshape(-1)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(flat), width)
    place = chosen.column_names.index("embedding")
    chosen = chosen.set_column(place, "embedding", vectors)
    wished = [",".join(kinds[name]) for name in rows["id"].to_pylist()]
    chosen = chosen.append_column("wished", pa.array(wished)).combine_chunks()
    table.add_columns(chosen.to_batches(), chosen.schema)
