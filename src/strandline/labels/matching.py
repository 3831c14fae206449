"""Labels and the rows of a table that they are about: by id, by file name, by place on the sky."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from strandline.errors import LabelError

__all__ = ["ByFile", "ById", "ByPlace", "LabelKeys", "Labels"]

_SAME_PLACE_ARCSEC = 1.0
_SAME_PLACE_CHORD = 2 * np.sin(np.radians(_SAME_PLACE_ARCSEC / 3600) / 2)


@dataclass(frozen=True)
class LabelKeys:
    """What a label may name a galaxy by; one entry a row of the table or catalogue.

    `path` may be empty when it is not known; it only settles which of several pictures of the
    same file name is meant. So may `ra_deg` and `dec_deg` (NaN for pictures), by which votes of
    a label store find galaxies of a table that was cut anew.
    """

    id: Sequence[str]
    source: Sequence[str]
    path: Sequence[str] = ()
    ra_deg: Sequence[float] = ()
    dec_deg: Sequence[float] = ()


@dataclass(frozen=True)
class Labels:
    """Labels matched to rows.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        Rows of the table, ascending, each once.
    values : ndarray of int64, shape (n,)
        1 interacting, or whatever `name` says; 0 not.
    left_out : dict
        Label values that are neither, with how often they occur.
    unknown : tuple of str
        Names in the file or store that are not in the table.
    name : str
        What a 1 means.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.int64]
    left_out: dict[str, int]
    unknown: tuple[str, ...]
    name: str = "interacting"

    def summary(self) -> str:
        """Say in one line what was used and what was left out."""
        ones = int(self.values.sum())
        text = f"{len(self.values)} labels: {ones} {self.name}, {len(self.values) - ones} not"
        if self.left_out:
            values = ", ".join(f"{value!r} {count}" for value, count in self.left_out.items())
            text += f"; left out by value: {values}"
        if self.unknown:
            some = ", ".join(self.unknown[:3]) + (", …" if len(self.unknown) > 3 else "")
            text += f"; not in the table: {len(self.unknown)} ({some})"
        return text


class ById:
    """Match by id."""

    def __init__(self, keys: LabelKeys) -> None:
        self._rows = {name: row for row, name in enumerate(keys.id)}

    def __call__(self, name: str) -> int | None:
        """Return the row of an id."""
        return self._rows.get(name)


class ByFile:
    """Match by file name; among pictures of the same name the longest shared path end wins."""

    def __init__(self, keys: LabelKeys, labels: Path) -> None:
        self._labels = labels
        self._paths: Sequence[str] = keys.path or keys.source
        self._rows: defaultdict[str, list[int]] = defaultdict(list)
        for row, source in enumerate(keys.source):
            self._rows[PurePath(source).name].append(row)

    def __call__(self, name: str) -> int | None:
        """Return the row of a file; LabelError if it may be several."""
        rows = self._rows.get(PurePath(name).name, [])
        if len(rows) < 2:
            return rows[0] if rows else None
        shared = [_shared_end(name, self._paths[row]) for row in rows]
        best = [row for row, length in zip(rows, shared, strict=True) if length == max(shared)]
        if len(best) > 1:
            raise LabelError(
                f"{self._labels}: {name!r} stands for {len(best)} galaxies of the table "
                f"(cut from the same image, or pictures of the same name). Label them by 'id'."
            )
        return best[0]


class ByPlace:
    """Match a galaxy of a label store: by id if both are at the same place, else by place alone.

    Where either has no position, as pictures have none, the id decides. Places within 1 arcsec
    are the same; so a table that was cut anew, and numbers its galaxies anew, keeps its labels.
    """

    def __init__(self, keys: LabelKeys) -> None:
        self._rows = {name: row for row, name in enumerate(keys.id)}
        self._points = np.full((len(keys.id), 3), np.nan)
        if len(keys.ra_deg):
            self._points = _unit_vectors(keys.ra_deg, keys.dec_deg)
        self._placed = np.flatnonzero(np.isfinite(self._points).all(axis=1))
        self._tree = KDTree(self._points[self._placed]) if self._placed.size else None

    def __call__(self, name: str, ra_deg: float | None, dec_deg: float | None) -> int | None:
        """Return the row of a galaxy."""
        row = self._rows.get(name)
        if ra_deg is None or dec_deg is None or self._tree is None:
            return row
        point = _unit_vectors([ra_deg], [dec_deg])[0]
        if row is not None:
            apart = float(np.linalg.norm(self._points[row] - point))
            if not apart > _SAME_PLACE_CHORD:  # also where the row has no position
                return row
        distance, nearest = self._tree.query(point)
        return int(self._placed[nearest]) if distance <= _SAME_PLACE_CHORD else None


def _unit_vectors(ra_deg: Sequence[float], dec_deg: Sequence[float]) -> NDArray[np.float64]:
    ra, dec = np.radians(np.asarray(ra_deg, float)), np.radians(np.asarray(dec_deg, float))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def _shared_end(one: str, other: str) -> int:
    count = 0
    for a, b in zip(reversed(PurePath(one).parts), reversed(PurePath(other).parts), strict=False):
        if a != b:
            break
        count += 1
    return count
