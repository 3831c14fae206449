"""Which galaxies of a stamp table are hosts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from strandline.errors import NothingFoundError, OptionError, TableError
from strandline.flags import StampFlag, describe_flags
from strandline.seeding import generator
from strandline.simulate.injection import check_bands
from strandline.simulate.injection.hosts import reference_magnitude
from strandline.stamps import StampTable

__all__ = ["UNFIT", "choose_rows"]

UNFIT = (
    StampFlag.EDGE
    | StampFlag.MISSING_BAND
    | StampFlag.MISSING_PIXELS
    | StampFlag.SATURATED
    | StampFlag.UNCALIBRATED
    | StampFlag.BAD_PHOTOMETRY
)
"""Flags of galaxies that are left out unless they are asked for by name."""


def choose_rows(
    table: StampTable, *, rows: str | None, ids: Sequence[str], count: int | None, seed: int
) -> NDArray[np.int64]:
    """Return which rows of a table may be hosts, in row order; in any order where `count` is given.

    Parameters
    ----------
    table : StampTable
    rows : str or None
        ``0:100`` (the end is not included), or ``3,7,12``.
    ids : sequence of str
        Names; these are taken whatever their flags, if they can be measured.
    count : int or None
        How many will be taken.
    seed : int

    Raises
    ------
    OptionError
        If a row is not there, or a named galaxy has no photometry to build on.
    TableError
        If the table is one of pictures, or an id is not in it.
    NothingFoundError
        If no galaxy is fit.
    """
    spec = table.spec
    if spec.kind == "picture":
        raise TableError(
            f"{table.path}: holds colour pictures, whose light is stretched and has no zero point: "
            "no surface brightness can be injected. Give stamps of FITS images."
        )
    check_bands(spec.bands)
    told = table.columns("id", "flags", "radius_arcsec", *(f"mag_{band}" for band in spec.bands))
    magnitudes = {band: told[f"mag_{band}"].to_numpy() for band in spec.bands}
    measured = np.isfinite(reference_magnitude(magnitudes)) & (told["radius_arcsec"].to_numpy() > 0)
    flags = told["flags"].to_numpy()
    if ids:
        every = {name: k for k, name in enumerate(told["id"].to_pylist())}
        missing = [name for name in ids if name not in every]
        if missing:
            raise TableError(f"{table.path}: has no galaxy {missing[0]!r}.")
        chosen = np.unique([every[name] for name in ids])
        for k in chosen[~measured[chosen]]:
            raise OptionError(
                f"{told['id'][int(k)].as_py()}: has no magnitude or radius to build a feature on "
                f"(flags: {describe_flags(int(flags[k])) or 'none'}). Leave it out."
            )
    else:
        within = _parse_rows(rows, len(table))
        chosen = within[measured[within] & ((flags[within] & UNFIT) == 0)]
    if not len(chosen):
        raise NothingFoundError(
            f"{table.path}: none of the {len(table)} galaxies asked for has flag-free photometry "
            "to build a feature on. Name some with --ids to take them all the same."
        )
    if count is not None:
        return generator(seed, "hosts").permutation(chosen).astype(np.int64)
    return np.sort(chosen).astype(np.int64)


def _parse_rows(text: str | None, length: int) -> NDArray[np.int64]:
    if text is None:
        return np.arange(length)
    try:
        if ":" in text:
            start, end = (int(part) if part else None for part in text.split(":"))
            found = np.arange(length)[start:end]
        else:
            found = np.array([int(part) for part in text.split(",")], dtype=np.int64)
    except ValueError:
        found = np.array([], dtype=np.int64)
    if not len(found) or (found < 0).any() or (found >= length).any():
        raise OptionError(
            f"rows is {text!r}; expected a range such as 0:100 or a list such as 3,7,12 of rows "
            f"from 0 to {length - 1}."
        )
    return np.unique(found)
