"""Stamps of one tile as a table holds them, whether they are written to one or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.stamps.catalogue import Catalogue
from strandline.stamps.planning import CutPlan
from strandline.stamps.quantise import quantise
from strandline.stamps.rows import Rows, galaxy_rows, picture_row
from strandline.stamps.table import StampBatch
from strandline.tiles import Tile

__all__ = ["Cutouts", "galaxy_cutouts", "picture_cutouts"]


@dataclass(frozen=True)
class Cutouts:
    """Some stamps of a tile.

    Attributes
    ----------
    columns : dict of str to ndarray, shape (row,)
        The table's scalar columns.
    stamps : StampBatch
        Its pixels at two bytes each, as in a table; rows are numbered through the tile.
    """

    columns: dict[str, NDArray[Any]]
    stamps: StampBatch

    def __len__(self) -> int:
        return len(self.stamps)

    @classmethod
    def joined(cls, parts: list["Cutouts"]) -> "Cutouts":
        """Return several as one; at least one must be given."""
        if len(parts) == 1:
            return parts[0]
        stamps = [part.stamps for part in parts]
        return cls(
            {
                name: np.concatenate([part.columns[name] for part in parts])
                for name in parts[0].columns
            },
            StampBatch(
                np.concatenate([one.rows for one in stamps]),
                np.concatenate([one.pixels for one in stamps]),
                np.concatenate([one.unit_njy for one in stamps]),
                np.concatenate([one.noise_njy for one in stamps]),
            ),
        )


def galaxy_cutouts(
    tile: Tile, galaxies: Catalogue, plan: CutPlan, *, at_once: int | None = None
) -> Iterator[Cutouts]:
    """Yield the stamps of a tile's galaxies, in order.

    Parameters
    ----------
    tile : Tile
    galaxies : Catalogue
        Of that tile.
    plan : CutPlan
    at_once : int, optional
        Stamps in each part but the last; by default as they are cut, 32. So many are in memory.
    """
    waiting: list[Cutouts] = []
    start = 0
    for rows in galaxy_rows(
        tile, galaxies, plan.spec, pixel_arcsec=plan.pixel_arcsec, seed=plan.seed
    ):
        part = _stored(rows, rows.noise_njy, start)
        start += len(part)
        if at_once is None:
            yield part
            continue
        waiting.append(part)
        while sum(map(len, waiting)) >= at_once:
            whole = Cutouts.joined(waiting)
            yield _slice(whole, slice(at_once))
            rest = _slice(whole, slice(at_once, None))
            waiting = [rest] if len(rest) else []
    if waiting:
        yield Cutouts.joined(waiting)


def picture_cutouts(tile: Tile, plan: CutPlan) -> Cutouts:
    """Return the one stamp of a colour picture."""
    rows = picture_row(tile, plan.spec, plan.seed)
    # pictures are kept in their own counts, which float16 holds exactly
    return _stored(rows, np.full_like(rows.noise_njy, np.nan), 0)


def _stored(rows: Rows, noise_per_unit_njy: NDArray[np.float32], start: int) -> Cutouts:
    pixels, unit = quantise(rows.pixels_njy, noise_per_unit_njy)
    numbers = np.arange(start, start + len(rows), dtype=np.int64)
    return Cutouts(rows.columns, StampBatch(numbers, pixels, unit, rows.noise_njy))


def _slice(whole: Cutouts, part: slice) -> Cutouts:
    stamps = whole.stamps
    return Cutouts(
        {name: values[part] for name, values in whole.columns.items()},
        StampBatch(
            stamps.rows[part], stamps.pixels[part], stamps.unit_njy[part], stamps.noise_njy[part]
        ),
    )
