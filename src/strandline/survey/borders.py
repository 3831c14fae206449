"""Each galaxy once: which rows of a tile are its own, and what becomes of those on a border.

A row well inside its tile's primary region counts, one well outside is another tile's. Two tiles
may place the same galaxy a fraction of a pixel apart, so that near a border both, or neither, would
call it their own. Rows there are matched between tiles: of each group of rows of different tiles
that are one galaxy, the one deepest in its own region counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from strandline.survey.regions import BORDER_ARCSEC, unit_vectors

__all__ = ["Border", "border_of", "settle"]

_LEAST_REACH_ARCSEC = 1.5
_MOST_REACH_ARCSEC = BORDER_ARCSEC / 2  # a position that moves by d changes its depth by 2d at most


@dataclass(frozen=True)
class Border:
    """Rows of one tile near the border of its region.

    Attributes
    ----------
    tile : str
    rows : ndarray of int64, shape (row,)
        In the tile's part.
    healpix : ndarray of int64, shape (row,)
        Order 29.
    ra_deg, dec_deg : ndarray of float64, shape (row,)
    inside_arcsec : ndarray of float64, shape (row,)
        See `strandline.survey.regions.Region`.
    reach_arcsec : ndarray of float64, shape (row,)
        Within which a row of another tile is the same galaxy.
    """

    tile: str
    rows: NDArray[np.int64]
    healpix: NDArray[np.int64]
    ra_deg: NDArray[np.float64]
    dec_deg: NDArray[np.float64]
    inside_arcsec: NDArray[np.float64]
    reach_arcsec: NDArray[np.float64]


def border_of(
    tile: str,
    healpix: NDArray[np.int64],
    ra_deg: NDArray[np.float64],
    dec_deg: NDArray[np.float64],
    inside_arcsec: NDArray[np.float64],
    radius_arcsec: NDArray[np.float64],
) -> Border:
    """Return the rows of a tile that are near the border of its region.

    Rows count as one galaxy within 1.5 arcsec, or their half-light radius, up to 3 arcsec.
    """
    rows = np.flatnonzero(np.abs(inside_arcsec) <= BORDER_ARCSEC).astype(np.int64)
    reach = np.clip(
        np.nan_to_num(radius_arcsec[rows].astype(np.float64)),
        _LEAST_REACH_ARCSEC,
        _MOST_REACH_ARCSEC,
    )
    return Border(
        tile, rows, healpix[rows], ra_deg[rows], dec_deg[rows], inside_arcsec[rows], reach
    )


def settle(borders: Sequence[Border]) -> dict[str, NDArray[np.int64]]:
    """Return, by tile, which rows near borders count.

    Parameters
    ----------
    borders : sequence of Border
        One a tile, in any order.
    """
    borders = sorted(borders, key=lambda border: border.tile)
    tile = np.repeat(np.arange(len(borders)), [len(border.rows) for border in borders])
    if not len(tile):
        return {border.tile: border.rows for border in borders}
    rows = np.concatenate([border.rows for border in borders])
    inside = np.concatenate([border.inside_arcsec for border in borders])
    reach = np.concatenate([border.reach_arcsec for border in borders])
    places = unit_vectors(
        np.concatenate([border.ra_deg for border in borders]),
        np.concatenate([border.dec_deg for border in borders]),
    )
    pairs = _pairs(places, tile, np.radians(reach / 3600))
    counts = inside >= 0
    out = np.zeros(len(tile), dtype=np.bool_)
    order = np.lexsort((rows, tile, -inside))  # who counts first
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    number = np.bincount(pairs.ravel(), minlength=len(tile))
    alone = (number[pairs] == 1).all(axis=1)  # two rows and no third: nearly all
    swapped = rank[pairs[:, 0]] > rank[pairs[:, 1]]
    first, second = np.where(swapped[:, None], pairs[:, ::-1], pairs).T
    counts[first[alone]] = True
    out[second[alone]] = True
    for k, others in _groups(pairs[~alone], rank):
        if not out[k]:
            counts[k] = True
            out[others] = True
    counts &= ~out
    ends = np.cumsum([len(border.rows) for border in borders])[:-1]
    kept = np.split(counts, ends)
    return {border.tile: border.rows[own] for border, own in zip(borders, kept, strict=True)}


def _pairs(
    places: NDArray[np.float64], tile: NDArray[np.int64], reach: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the pairs of rows of different tiles that are the same galaxy, shape (pair, 2)."""
    pairs = KDTree(places).query_pairs(float(reach.max()), output_type="ndarray")
    apart = np.linalg.norm(places[pairs[:, 0]] - places[pairs[:, 1]], axis=1)
    same = (tile[pairs[:, 0]] != tile[pairs[:, 1]]) & (apart <= reach[pairs].max(axis=1))
    return np.asarray(pairs[same], dtype=np.int64)


def _groups(pairs: NDArray[np.int64], rank: NDArray[np.int64]) -> Iterator[tuple[int, list[int]]]:
    """Yield rows that are in pairs, first those of the lowest rank, with their partners."""
    partners: dict[int, list[int]] = {}
    for first, second in pairs.tolist():
        partners.setdefault(first, []).append(second)
        partners.setdefault(second, []).append(first)
    for row in sorted(partners, key=lambda row: int(rank[row])):
        yield row, partners[row]
