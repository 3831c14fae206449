"""Primary regions: to which of several overlapping tiles a position belongs.

Where regions were given with the tiles, a position belongs to the tile whose box in right
ascension and declination holds it. Else it belongs to the tile in which it lies deepest, that is
farthest from the nearest edge: there a stamp is most complete. The edges of an image in a
tangential projection are great circles, so that depth is a dot product with the normals of four
planes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from strandline.errors import OptionError

__all__ = [
    "BORDER_ARCSEC",
    "Box",
    "Covered",
    "Region",
    "box_regions",
    "covered_regions",
    "unit_vectors",
]

BORDER_ARCSEC = 6.0
"""Galaxies so near to the border of a region are kept by both sides and told apart at the end."""

_ARCSEC = np.degrees(1.0) * 3600
_ALIKE_ARCSEC = 1e-4  # of tiles on the same footprint the first one counts


class Region(Protocol):
    """What belongs to one tile."""

    def inside_arcsec(
        self, ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how far within the region positions lie; negative outside, infinite far within."""


@dataclass(frozen=True)
class Box:
    """A region in right ascension and declination; its lower bounds are part of it.

    Attributes
    ----------
    ra_min_deg, ra_max_deg, dec_min_deg, dec_max_deg : float
        Right ascension may run over 0: from 359 to 1.
    """

    ra_min_deg: float
    ra_max_deg: float
    dec_min_deg: float
    dec_max_deg: float

    def inside_arcsec(
        self, ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the distance to the nearest side; see `Region`."""
        width = (self.ra_max_deg - self.ra_min_deg) % 360 or 360.0
        along = (ra_deg - self.ra_min_deg + (360 - width) / 2) % 360 - (360 - width) / 2
        cos = np.cos(np.radians(dec_deg))
        sides = [
            (dec_deg - self.dec_min_deg),
            _open(self.dec_max_deg - dec_deg),
        ]
        if width < 360:
            sides += [along * cos, _open(width - along) * cos]
        nearest: NDArray[np.float64] = np.min(sides, axis=0) * 3600
        return nearest


def _open(distance_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return distances to an upper bound, which is no part of the region."""
    return np.where(distance_deg == 0, -np.finfo(np.float64).tiny, distance_deg)


@dataclass(frozen=True)
class Covered:
    """The positions that lie deeper in one tile than in any other.

    Attributes
    ----------
    own : ndarray of float64, shape (4, 3)
        Inward normals of the tile's edges.
    others : ndarray of float64, shape (tile, 4, 3)
        Those of tiles that may overlap it.
    first : ndarray of bool, shape (tile,)
        Which of them come first where both are equally deep.
    """

    own: NDArray[np.float64]
    others: NDArray[np.float64]
    first: NDArray[np.bool_]

    def inside_arcsec(
        self, ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how much deeper positions lie in this tile than in others; see `Region`."""
        places = unit_vectors(ra_deg, dec_deg)
        inside = np.full(len(places), np.inf)
        own = _depth_arcsec(self.own, places)
        for normals, first in zip(self.others, self.first, strict=True):
            depth = _depth_arcsec(normals, places)
            ahead = own - depth
            alike = np.abs(ahead) < _ALIKE_ARCSEC
            ahead[alike] = -np.inf if first else np.inf
            ahead[depth < -BORDER_ARCSEC] = np.inf
            inside = np.minimum(inside, ahead)
        return np.where(own < 0, np.minimum(inside, own), inside)


def box_regions(boxes: Sequence[tuple[float, float, float, float]]) -> list[Box]:
    """Return regions from (ra_min, ra_max, dec_min, dec_max) in degrees.

    Raises
    ------
    OptionError
        If one is no box on the sky.
    """
    for box in boxes:
        ra_min, ra_max, dec_min, dec_max = box
        if not (np.isfinite(box).all() and -90 <= dec_min < dec_max <= 90 and ra_min != ra_max):
            raise OptionError(
                f"A primary region has ra_min, ra_max, dec_min, dec_max = {box}; expected degrees "
                "with dec_min below dec_max, within -90 to 90, and ra_min other than ra_max."
            )
    return [Box(*box) for box in boxes]


def covered_regions(corners_deg: NDArray[np.float64]) -> list[Covered]:
    """Return regions from the corners of tiles.

    Parameters
    ----------
    corners_deg : ndarray of float64, shape (tile, 4, 2)
        Right ascension and declination, in order along the edge.
    """
    corners = unit_vectors(corners_deg[..., 0].ravel(), corners_deg[..., 1].ravel())
    corners = corners.reshape(-1, 4, 3)
    middles = corners.mean(axis=1)
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    normals = np.cross(corners, np.roll(corners, -1, axis=1))
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    turned = np.einsum("tkc,tc->tk", normals, middles) < 0
    normals[turned] *= -1
    reach = np.linalg.norm(corners - middles[:, None], axis=2).max(axis=1)
    tree = KDTree(middles)
    most = float(reach.max(initial=0.0)) + 2 * BORDER_ARCSEC / _ARCSEC
    regions = []
    for k, middle in enumerate(middles):
        near = np.array(sorted(tree.query_ball_point(middle, reach[k] + most)), dtype=np.int64)
        apart = np.linalg.norm(middles[near] - middle, axis=1)
        near = near[(apart <= reach[k] + reach[near] + 2 * BORDER_ARCSEC / _ARCSEC) & (near != k)]
        regions.append(Covered(normals[k], normals[near], near < k))
    return regions


def unit_vectors(ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return positions as vectors of length 1, shape (position, 3)."""
    ra, dec = np.radians(ra_deg), np.radians(dec_deg)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def _depth_arcsec(normals: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    sines = np.clip(places @ normals.T, -1, 1)
    depth: NDArray[np.float64] = np.arcsin(sines).min(axis=1) * _ARCSEC
    return depth
