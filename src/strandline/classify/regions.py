"""Galaxies as regions for DS9, and for what else reads its files (CARTA, Aladin, QFitsView)."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa

from strandline.errors import OptionError, TableError
from strandline.files import write_aside

__all__ = ["write_regions"]

_HEAD = "# Region file format: DS9 version 4.1\nglobal color=green width=1\nicrs\n"
_HALF_LIGHT_RADII, _LEAST_ARCSEC = 3.0, 3.0


def write_regions(catalogue: pa.Table, path: str | Path) -> int:
    """Write a circle around each galaxy, named by its id, and return how many there are.

    The radius is three half-light radii (``radius_arcsec``), 3 arcsec at least. Galaxies without
    a position are left out.

    Raises
    ------
    TableError
        If there are no columns ``ra`` and ``dec``, or none has a position.
    """
    missing = [name for name in ("ra", "dec") if name not in catalogue.column_names]
    if missing:
        raise TableError(f"The catalogue has no column {missing[0]}, so that it has no regions.")
    ra, dec = _numbers(catalogue, "ra"), _numbers(catalogue, "dec")
    rows = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    if not len(rows):
        raise TableError("No galaxy has a position on the sky, so that there are no regions.")
    radius = np.full(len(ra), np.nan)
    if "radius_arcsec" in catalogue.column_names:
        radius = _HALF_LIGHT_RADII * _numbers(catalogue, "radius_arcsec")
    radius = np.fmax(radius, _LEAST_ARCSEC)
    ids = catalogue["id"].to_pylist() if "id" in catalogue.column_names else [""] * len(ra)
    with write_aside(path) as aside, aside.open("w", encoding="utf-8") as file:
        file.write(_HEAD)
        for row in rows:
            text = re.sub(r"[{}\r\n]", "_", str(ids[row]))
            circle = f'circle({ra[row]:.7f},{dec[row]:.7f},{radius[row]:.2f}")'
            file.write(f"{circle} # text={{{text}}}\n")
    return len(rows)


def _numbers(catalogue: pa.Table, name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    try:
        return np.asarray(catalogue[name].cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowInvalid as error:
        raise OptionError(f"Column {name} holds {catalogue[name].type}, no numbers.") from error
