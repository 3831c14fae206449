"""How soon rare galaxies that no model was told of are found: polar rings among simulated stamps.

Runs only when it is named: ``python -m benchmarks discovery``. 20 polar rings, a kind that no
training table holds, are hidden among stamps as `make_stamps` makes them, three in ten of which
interact otherwise. A person looks at ten pages of 20 stamps and clicks on each polar ring; what
was shown and not clicked counts as dull. After 20 clicks nothing more is learned. What comes next
is decided in several ways; the table counts the rings seen.

Stamps and vectors are in ``discovery-work/``, in parts of 1000 stamps: what is there is not made
again, so that an interrupted run goes on. ``--count=20000`` hides them among so many stamps;
``--table=PATH`` in a table that is there; ``--model=NAME`` looks by another model; ``--draws=N``:
other 20 rings, and other random numbers, in each.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.embedded import Embedded, embedded, option
from strandline.explore.novelty import novelty_of, rescore
from strandline.explore.vectors import Space
from strandline.learn.rare import draw_background, fit_rare
from strandline.seeding import generator
from strandline.simulate import SurveyTruth, make_stamps
from strandline.stamps import StampTable

__all__ = ["main"]

_WORK = Path("discovery-work")
_PART, _WORKERS = 1000, 2
_RINGS_MADE, _RINGS = 60, 20
_PAGE, _PAGES, _CLICKS, _STARTS = 20, 10, 20, 4
_SHOWN = (20, 40, 60, 100, 150, 200)

Score = NDArray[np.floating]


class _Sky:
    """Stamps among which 20 rings are hidden, and what is known of them at the start."""

    def __init__(self, x: NDArray[np.float32], rings: NDArray[np.bool_], draw: int) -> None:
        rng = generator(draw, "discovery")
        hidden = rng.permutation(np.flatnonzero(rings))[:_RINGS]
        rows = rng.permutation(np.concatenate([np.flatnonzero(~rings), hidden]))
        self.x, self.is_ring, self.draw = x[rows], rings[rows], draw
        self.places = Space.of(self.x, seed=draw)(self.x)
        self.novelty = novelty_of(self.x, seed=draw).score

    def chance(self, shown: list[int], clicked: list[int]) -> Score:
        """Show anything."""
        return generator(self.draw, "chance").random(len(self.x))

    def novel(self, shown: list[int], clicked: list[int]) -> Score:
        """Show what is unlike all else."""
        return self.novelty

    def corrected(self, shown: list[int], clicked: list[int]) -> Score:
        """Show what is unlike all else, less what was dull."""
        interest = np.isin(shown, clicked).astype(float)
        return rescore(self.places, self.novelty, shown, interest, seed=self.draw)

    def learned(self, shown: list[int], clicked: list[int]) -> Score:
        """Show what is like the rings clicked, once there is one."""
        if not clicked:
            return self.corrected(shown, clicked)
        if len(clicked) == 1:
            apart = self.places - self.places[clicked[0]]
            return np.asarray(-np.linalg.norm(apart, axis=1))
        rows = [row for row in shown if np.isfinite(self.x[row]).all()]
        values = np.isin(rows, clicked).astype(np.int64)
        free = draw_background(len(self.x), rows, self.draw)
        free = free[np.isfinite(self.x[free]).all(axis=1)]
        return fit_rare(self.x[rows], values, self.x[free], self.draw).head.logit(self.x)

    def look(
        self, decide: Callable[[list[int], list[int]], Score], known: list[int]
    ) -> NDArray[np.int64]:
        """Return how many rings were seen after each stamp shown; `known` were seen before."""
        clicked, shown, learned = list(known), list(known), None
        while len(shown) - len(known) < _PAGE * _PAGES:
            if learned is None or len(clicked) - len(known) < _CLICKS:
                learned = np.nan_to_num(decide(shown, clicked), nan=-np.inf)
            order = np.argsort(-learned, kind="stable")
            page = [int(row) for row in order[~np.isin(order, shown)][:_PAGE]]
            shown += page
            clicked += [row for row in page if self.is_ring[row]]
        return np.cumsum(self.is_ring[shown[len(known) :]])


def _stamps(count: int) -> list[Path]:
    """Return tables of together so many stamps, made now unless they are there."""
    _WORK.mkdir(exist_ok=True)
    parts = []
    for part in range(-(-count // _PART)):
        path = _WORK / f"stamps-{part:03d}.lance"
        parts.append(path)
        if not path.exists():
            make_stamps(
                path, count=_PART, interacting_fraction=0.3, seed=1000 + part, workers=_WORKERS
            )
    return parts


def _rings() -> tuple[Path, NDArray[np.int64]]:
    """Return the table of polar rings, and the rows of those that can be seen."""
    path = _WORK / "rings.lance"
    if not path.exists():
        _WORK.mkdir(exist_ok=True)
        make_stamps(
            path, count=_RINGS_MADE, interacting_fraction=1, kinds=("polar_ring",), seed=7,
            workers=_WORKERS,
        )  # fmt: skip
    truth = SurveyTruth.read(path.with_suffix(".truth.csv"))
    ids = truth.column("id")[truth.has_label].astype(str)
    known = StampTable.open(path).columns("id")["id"].to_pylist()
    return path, np.flatnonzero(np.isin(known, ids))


def main() -> None:
    """Print how many rings are seen, by what decides which stamps are shown."""
    arguments = sys.argv[1:]
    count = int(option(arguments, "count", "2000"))
    table = option(arguments, "table", "")
    model = option(arguments, "model", "strandline-survey/nnclr")
    draws = int(option(arguments, "draws", "5"))
    ring_table, seen = _rings()
    tables = [Path(table)] if table else _stamps(count)
    others = Embedded.joined([embedded(path, model, _WORK) for path in tables])
    if not table:
        others = others.rows(np.arange(count))
    rings = embedded(ring_table, model, _WORK).rows(seen)
    whole, width = Embedded.joined([others, rings]), len(others.embedding)
    is_ring = np.arange(len(whole.embedding)) >= width
    for shapes in (False, True):
        x = whole.inputs(shapes=shapes)
        skies = [_Sky(x, is_ring, draw) for draw in range(draws)]
        print(
            f"\n{model}{' and shapes' if shapes else ''}: {_RINGS} polar rings (of {len(seen)}) "
            f"among {width} others, {draws} draws"
        )
        print(f"{'rings seen':44s}{''.join(f'{n:>7d}' for n in _SHOWN)}  shown")
        for name, of in {
            "random order": _Sky.chance,
            "novelty": _Sky.novel,
            "novelty corrected by marks": _Sky.corrected,
            "that, then what is like the rings clicked": _Sky.learned,
        }.items():
            _print(name, [sky.look(of.__get__(sky), []) for sky in skies])
        started = [
            sky.look(sky.learned, [int(ring)])
            for sky in skies
            for ring in np.flatnonzero(sky.is_ring)[:_STARTS]
        ]
        _print("one ring known, what is like it and others", started)


def _print(name: str, curves: list[NDArray[np.int64]]) -> None:
    found = np.array(curves)[:, np.array(_SHOWN) - 1]
    enough = (found[:, -1] >= _RINGS // 2).mean()
    cells = "".join(f"{n:7.1f}" for n in found.mean(axis=0))
    print(f"{name:44s}{cells}  half or more in {enough:.0%}", flush=True)


if __name__ == "__main__":
    main()
