"""Which stamps are kept of a survey that stores none: likeliest, most novel, some at random."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.survey.looking import lots

__all__ = ["Candidates", "Wish", "candidates_of", "chosen", "read_wish"]

_KINDS = {"top": "probability", "novel": "novelty", "random": ""}


@dataclass(frozen=True)
class Wish:
    """So many stamps of one kind.

    Attributes
    ----------
    kind : str
        ``top``: those of the highest probability. ``novel``: of the highest novelty. ``random``:
        drawn at random from all galaxies, as a control sample.
    count : int
    """

    kind: str
    count: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.count}"


@dataclass(frozen=True)
class Candidates:
    """Galaxies that may be among those wished for, the best first.

    Attributes
    ----------
    ids, tiles : ndarray of str, shape (row,)
    merit : ndarray of float64, shape (row,)
        The highest are wanted.
    """

    ids: NDArray[np.str_]
    tiles: NDArray[np.str_]
    merit: NDArray[np.float64]


def read_wish(text: str) -> Wish:
    """Return what ``top:1000``, ``novel:100`` or ``random:500`` asks for.

    Raises
    ------
    OptionError
        For anything else.
    """
    found = re.fullmatch(r"(\w+):(\d+)", text.strip().lower())
    if found is None or found[1] not in _KINDS or int(found[2]) < 1:
        raise OptionError(
            f"stamps is {text!r}; expected {', '.join(f'{kind}:N' for kind in _KINDS)} with N from "
            "1, such as top:1000."
        )
    return Wish(found[1], int(found[2]))


def candidates_of(catalogue: pa.Table, wish: Wish) -> Candidates:
    """Return the rows of a part of the catalogue that may be among those wished for."""
    if wish.kind == "random":
        merit = -lots(catalogue["_healpix_29"].to_numpy()).astype(np.float64)
    else:
        values = catalogue[_KINDS[wish.kind]].to_numpy().astype(np.float64)
        merit = np.where(np.isfinite(values), values, -np.inf)
    whole = Candidates(_texts(catalogue["id"]), _texts(catalogue["tile"]), merit)
    return _best([whole], wish.count)


def chosen(
    wishes: Sequence[Wish], found: Iterable[tuple[Candidates, ...]]
) -> dict[str, dict[str, list[str]]]:
    """Return the galaxies that are wished for: by tile and id, the kinds of wishes they are for.

    Parameters
    ----------
    wishes : sequence of Wish
    found : iterable of tuple of Candidates
        Of each partition, for each wish.
    """
    by_tile: dict[str, dict[str, list[str]]] = {}
    every = list(found)
    for number, wish in enumerate(wishes):
        best = _best([candidates[number] for candidates in every], wish.count)
        for name, tile in zip(best.ids.tolist(), best.tiles.tolist(), strict=True):
            kinds = by_tile.setdefault(tile, {}).setdefault(name, [])
            if wish.kind not in kinds:
                kinds.append(wish.kind)
    return {tile: dict(sorted(names.items())) for tile, names in sorted(by_tile.items())}


def _best(parts: Sequence[Candidates], count: int) -> Candidates:
    ids = np.concatenate([part.ids for part in parts]) if parts else np.zeros(0, dtype=np.str_)
    tiles = np.concatenate([part.tiles for part in parts]) if parts else np.zeros(0, dtype=np.str_)
    merit = np.concatenate([part.merit for part in parts]) if parts else np.zeros(0)
    order = np.lexsort((ids, -merit))[:count]
    return Candidates(ids[order], tiles[order], merit[order])


def _texts(column: pa.ChunkedArray) -> NDArray[np.str_]:
    return np.array(column.to_pylist(), dtype=np.str_)
