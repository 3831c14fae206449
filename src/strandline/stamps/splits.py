"""Train, validation and test by block of sky, so that no galaxy is judged by its neighbours."""

from collections.abc import Sequence

import astropy.units as u
import numpy as np
from astropy_healpix import lonlat_to_healpix
from numpy.typing import NDArray

from strandline.seeding import stable_seed
from strandline.stamps.schema import SPLITS

__all__ = ["POSITION_ORDER", "healpix", "split_by_name", "split_by_sky"]

POSITION_ORDER = 29
"""HEALPix order of the table's ``healpix`` column: cells of 0.4 milliarcsec."""

_BLOCK_ORDER = 10
"""Blocks of 3.4', several stamps wide: a small survey has blocks enough to divide."""

_UPPER_ENDS = (0.70, 0.85, 1.0)  # of `SPLITS`


def healpix(ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the nested HEALPix index of positions at `POSITION_ORDER`; -1 where one is NaN."""
    index = np.full(len(ra_deg), -1, dtype=np.int64)
    known = np.isfinite(ra_deg) & np.isfinite(dec_deg)
    if known.any():
        index[known] = lonlat_to_healpix(
            ra_deg[known] * u.deg, dec_deg[known] * u.deg, 2**POSITION_ORDER, order="nested"
        )
    return index


def split_by_sky(index: NDArray[np.int64], seed: int) -> list[str]:
    """Return the split of each HEALPix index (see `healpix`; not -1).

    All galaxies of a block of 3.4' share a split, 70 % of the blocks are for training, 15 % for
    validation and 15 % for the test. A block's split depends on the seed and on the block alone,
    not on what else is in the table.
    """
    blocks = index >> 2 * (POSITION_ORDER - _BLOCK_ORDER)
    known = {block: _split(seed, "sky", block) for block in np.unique(blocks).tolist()}
    return [known[block] for block in blocks.tolist()]


def split_by_name(names: Sequence[str], seed: int) -> list[str]:
    """Return the split of images without a position, each by its name, in the same shares."""
    return [_split(seed, "name", name) for name in names]


def _split(seed: int, *names: object) -> str:
    draw = stable_seed(seed, "split", *names) / 2**63
    return next(name for name, end in zip(SPLITS, _UPPER_ENDS, strict=True) if draw < end)
