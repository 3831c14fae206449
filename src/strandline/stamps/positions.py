"""A catalogue of positions in the place of detection: which galaxies get a stamp, by their names.

What is measured at a position is that of the object found there; where nothing was found the
stamp is cut all the same, its measurements are NaN and flagged.
"""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow.parquet
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astropy.wcs.utils import skycoord_to_pixel
from numpy.typing import NDArray
from scipy.spatial import KDTree

from strandline.errors import OptionError
from strandline.flags import StampFlag
from strandline.stamps.catalogue import Catalogue
from strandline.tiles import Tile

__all__ = ["Positions", "at_positions", "read_positions"]

_FORMATS = {
    ".csv": "ascii.csv",
    ".ecsv": "ascii.ecsv",
    ".fits": "fits",
    ".fit": "fits",
    ".votable": "votable",
    ".vot": "votable",
    ".xml": "votable",
}
_PARQUET = ".parquet"
_RA = ("ra", "ra_deg", "raj2000", "alpha_j2000")
_DEC = ("dec", "dec_deg", "dej2000", "decj2000", "delta_j2000")
_NAME = ("id", "name", "objid", "source_id")
_LEAST_REACH_PX = 2.0
_NOT_MEASURED = (
    "snr",
    "radius_arcsec",
    "axis_ratio",
    "position_angle_deg",
    "star_score",
    "flux_njy",
    "flux_err_njy",
)


@dataclass(frozen=True)
class Positions:
    """Where stamps are wanted.

    Attributes
    ----------
    path : Path
        Of the catalogue, for messages.
    ra_deg, dec_deg : ndarray of float64, shape (position,)
        ICRS.
    name : ndarray of str, shape (position,), or None
        What the catalogue calls each; unique.
    """

    path: Path
    ra_deg: NDArray[np.float64]
    dec_deg: NDArray[np.float64]
    name: NDArray[np.str_] | None

    def __len__(self) -> int:
        return len(self.ra_deg)


def read_positions(path: str | Path) -> Positions:
    """Read a catalogue of positions.

    Parameters
    ----------
    path : path
        ``.csv``, ``.ecsv``, ``.fits``, ``.votable`` or ``.parquet``, with columns ``ra`` and
        ``dec`` in degrees, or in the units that the table gives them (also RAJ2000, ALPHA_J2000
        and the like, in any case) and perhaps ``id`` (or name, objid), which becomes the stamps'
        id.

    Raises
    ------
    OptionError
        If it cannot be read, a column is missing, a position is none or an id comes twice; names
        the row and the value.
    """
    path = Path(path)
    table = _read(path)
    by_lower = {name.lower().lstrip("\ufeff"): name for name in table.colnames}
    ra_name, dec_name = (_first(by_lower, names) for names in (_RA, _DEC))
    if ra_name is None or dec_name is None:
        raise OptionError(
            f"{path}: has no columns of positions; expected ra and dec in degrees, it has "
            f"{', '.join(table.colnames) or 'none'}."
        )
    if not len(table):
        raise OptionError(f"{path}: holds no position.")
    ra, dec = (_numbers(path, table, name) for name in (ra_name, dec_name))
    _refuse(path, ra_name, ra, ~((ra >= -360) & (ra <= 360)), "-360 to 360 degrees")
    _refuse(path, dec_name, dec, ~(np.abs(dec) <= 90), "-90 to 90 degrees")
    name = _first(by_lower, _NAME)
    return Positions(path, ra % 360.0, dec, None if name is None else _names(path, table[name]))


def _read(path: Path) -> Table:
    ending = path.suffix.lower()
    if ending not in (*_FORMATS, _PARQUET):
        raise OptionError(
            f"{path}: a catalogue of positions ends in one of {', '.join((*_FORMATS, _PARQUET))}."
        )
    try:
        if ending == _PARQUET:
            return Table(pyarrow.parquet.read_table(path).to_pydict())
        return Table.read(path, format=_FORMATS[ending])
    except FileNotFoundError as error:
        raise OptionError(f"{path}: no such file.") from error
    except Exception as error:  # each format's reader raises its own
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise OptionError(f"{path}: cannot be read as a table ({text}).") from error


def _first(by_lower: dict[str, str], names: tuple[str, ...]) -> str | None:
    return next((by_lower[name] for name in names if name in by_lower), None)


def _numbers(path: Path, table: Table, name: str) -> NDArray[np.float64]:
    column = table[name]
    try:
        values = np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)
        return np.asarray(values * (1.0 if column.unit is None else column.unit.to(u.deg)))
    except (TypeError, ValueError) as error:
        held = str(column[0]) if column.unit is None else f"{column[0]} {column.unit}"
        raise OptionError(f"{path}: column {name} holds {held!r}, no degrees.") from error


def _refuse(
    path: Path, name: str, values: NDArray[np.float64], bad: NDArray[np.bool_], expected: str
) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        more = f" ({int(bad.sum())} rows are like it)" if bad.sum() > 1 else ""
        raise OptionError(
            f"{path}: {name} of row {row + 1} is {values[row]:g}{more}; expected {expected}."
        )


def _names(path: Path, column: Any) -> NDArray[np.str_]:
    told = ["" if value is None else str(value).strip() for value in column.tolist()]
    if not all(told):
        raise OptionError(
            f"{path}: {column.name} of row {told.index('') + 1} is empty; each must be unique."
        )
    name, count = Counter(told).most_common(1)[0]
    if count > 1:
        raise OptionError(
            f"{path}: the {column.name} {name!r} comes {count} times; each must be unique."
        )
    return np.array(told)


def at_positions(
    tile: Tile, found: Catalogue, positions: Positions
) -> tuple[Catalogue, NDArray[np.int64]]:
    """Return what was measured at the positions that lie on a tile, and which ones they are.

    Parameters
    ----------
    tile : Tile
    found : Catalogue
        Everything that `strandline.stamps.detect` found on it.
    positions : Positions

    Returns
    -------
    catalogue : Catalogue
        Centred on the given positions. An object counts as found there if it lies no further off
        than its half-light radius, the seeing or 2 px, whichever is largest.
    which : ndarray of int64, shape (object,)
        Their numbers in `positions`.
    """
    centre = _centre(tile)
    there = SkyCoord(positions.ra_deg, positions.dec_deg, unit="deg")
    x, y = (np.asarray(values) for values in skycoord_to_pixel(there, tile.wcs))
    height, width = tile.saturated.shape
    ahead = there.separation(centre).deg < 90  # a tangential projection shows both sides
    with np.errstate(invalid="ignore"):
        on_tile = ahead & (x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)
    which = np.flatnonzero(on_tile).astype(np.int64)
    x, y = x[which], y[which]
    if not len(found) or not len(which):
        nothing = np.zeros(len(which), dtype=np.bool_)
        return _centred(_blank(found, len(which)), positions, which, x, y, nothing), which
    apart, nearest = KDTree(np.stack([found.x, found.y], axis=1)).query(np.stack([x, y], axis=1))
    radius_px = np.nan_to_num(found.radius_arcsec[nearest]) / tile.pixel_scale_arcsec
    matched = apart <= np.maximum(radius_px, max(found.sky.seeing_px, _LEAST_REACH_PX))
    return _centred(found.take(np.asarray(nearest)), positions, which, x, y, matched), which


def _centre(tile: Tile) -> SkyCoord:
    height, width = tile.saturated.shape
    if tile.wcs is None:
        raise OptionError(f"{tile.path}: has no world coordinates to place a catalogue on.")
    return tile.wcs.pixel_to_world((width - 1) / 2, (height - 1) / 2).icrs


def _blank(found: Catalogue, count: int) -> Catalogue:
    shape = {1: (count,), 2: (count, len(found.bands))}
    empty: dict[str, Any] = {
        name: np.full(shape[getattr(found, name).ndim], np.nan) for name in _NOT_MEASURED
    }
    known = StampFlag(0) if all(found.calibrated) else StampFlag.UNCALIBRATED
    return replace(found, **empty, flags=np.full(count, known, dtype=np.int32))


def _centred(
    catalogue: Catalogue,
    positions: Positions,
    which: NDArray[np.int64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    matched: NDArray[np.bool_],
) -> Catalogue:
    """Return `catalogue` at the given positions, without what was measured of no object there."""
    changed: dict[str, Any] = {}
    for name in _NOT_MEASURED:
        values = getattr(catalogue, name).copy()
        values[~matched] = np.nan
        changed[name] = values
    flags = catalogue.flags.copy()
    flags[~matched] &= StampFlag.UNCALIBRATED
    flags[~matched] |= StampFlag.BAD_PHOTOMETRY
    return replace(
        catalogue,
        **changed,
        flags=flags,
        x=x,
        y=y,
        ra=positions.ra_deg[which],
        dec=positions.dec_deg[which],
        label=None if positions.name is None else positions.name[which],
    )
