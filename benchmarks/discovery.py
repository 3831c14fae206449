"""How soon rare galaxies that no model was told of are found: polar rings among simulated stamps.

Runs only when it is named: ``python -m benchmarks discovery``. 20 polar rings are hidden among
stamps as `make_stamps` makes them, three in ten of which interact; polar rings that are among
these by chance are left out. A person looks at ten pages of 20 stamps and clicks on each polar
ring; what was shown and not clicked counts as dull. After 20 clicks nothing more is learned. What
comes next is decided in several ways, each by the functions that the explorer calls; the table
counts the rings seen. It begins with what is unlike all else, or with one polar ring that the
person knows, which is one of the 20 but not counted as seen.

The embedding of `strandline-survey` is told of interactions, and 0.3 % of the galaxies that it
learned to be undisturbed are polar rings. Harmonics of light are not trained at all: only what is
seen with "harmonics alone" is found by something that has never seen a polar ring. What harmonics
tell was chosen by people who had, on 60 others than these.

Stamps and vectors are in ``discovery-work/``, in parts of 1000 stamps: what is there is not made
again, so that an interrupted run goes on. ``--count=20000`` hides them among so many stamps;
``--table=PATH,PATH`` in tables that are there, with their truth beside; ``--model=NAME`` looks by
another model; ``--draws=N``: other 20 rings, and other random numbers, in each;
``--figure=PATH`` draws the curves.
"""

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.embedded import looks, option
from strandline.explore.novelty import novelty_in_any, rescore
from strandline.explore.vectors import Space, aspects_of, likeness
from strandline.learn.rare import draw_background, fit_rare
from strandline.seeding import generator
from strandline.shapes import HARMONICS_PARTS
from strandline.simulate import SurveyTruth, make_stamps
from strandline.stamps import StampTable

__all__ = ["main"]

_WORK = Path("discovery-work")
_PART, _WORKERS = 1000, 2
_RINGS_MADE, _RINGS = 60, 20
_RINGS_SEED = 20261127  # what harmonics tell was chosen with rings of other seeds
_PAGE, _PAGES, _CLICKS, _STARTS = 20, 10, 20, 4
_ENOUGH_FOR_HEAD = 3  # the explorer trains a head from as many examples
_SHOWN = (20, 40, 60, 100, 150, 200)
_COLOURS = {
    "embedding": "#b0793a", "harmonics alone": "#7d5ba6", "embedding and harmonics": "#0b6e75",
}  # fmt: skip

Floats = NDArray[np.float32]
Score = NDArray[np.floating]
Counts = NDArray[np.int64]


class _Sky:
    """Stamps among which 20 rings are hidden, and what is known of them at the start."""

    def __init__(
        self, x: Floats, aspects: Sequence[slice], rings: NDArray[np.bool_], draw: int
    ) -> None:
        rng = generator(draw, "discovery")
        hidden = rng.permutation(np.flatnonzero(rings))[:_RINGS]
        rows = rng.permutation(np.concatenate([np.flatnonzero(~rings), hidden]))
        self.x, self.aspects, self.is_ring, self.draw = x[rows], aspects, rings[rows], draw

    @cached_property
    def places(self) -> Floats:
        """In the space of the strongest axes."""
        return Space.of(self.x, seed=self.draw)(self.x)

    @cached_property
    def novelty(self) -> Floats:
        """How unlike all else each is."""
        return novelty_in_any(self.x, self.aspects, seed=self.draw)

    def chance(self, shown: list[int], clicked: list[int]) -> Score:
        """Show anything."""
        return generator(self.draw, "chance").random(len(self.x))

    def novel(self, shown: list[int], clicked: list[int]) -> Score:
        """Show what is unlike all else."""
        return self.novelty

    def learned(self, shown: list[int], clicked: list[int]) -> Score:
        """Show what is like the rings clicked, once there is one; until then what is novel."""
        if not clicked:
            dull = np.zeros(len(shown))
            return rescore(self.places, self.novelty, shown, dull, seed=self.draw)
        if len(clicked) < _ENOUGH_FOR_HEAD:
            return likeness(self.places, self.places[clicked])
        rows = [row for row in shown if np.isfinite(self.x[row]).all()]
        values = np.isin(rows, clicked).astype(np.int64)
        free = draw_background(len(self.x), rows, self.draw)
        free = free[np.isfinite(self.x[free]).all(axis=1)]
        return fit_rare(self.x[rows], values, self.x[free], self.draw).head.logit(self.x)

    def look(self, decide: Callable[[list[int], list[int]], Score], known: list[int]) -> Counts:
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


def _looks_of_stamps(count: int, model: str) -> tuple[Floats, Floats]:
    """Return embedding and harmonics of `count` stamps, made now unless they are there."""
    found: list[tuple[Floats, Floats]] = []
    part = 0
    while sum(len(embedding) for embedding, _ in found) < count:
        path = _WORK / f"stamps-{part:03d}.lance"
        if not path.exists():
            _WORK.mkdir(exist_ok=True)
            make_stamps(
                path, count=_PART, interacting_fraction=0.3, seed=1000 + part, workers=_WORKERS
            )
        found.append(_looks_of_others(path, model))
        part += 1
    return _joined(found, count)


def _looks_of_others(path: Path, model: str) -> tuple[Floats, Floats]:
    """Return those of all stamps of a table but polar rings."""
    truth = SurveyTruth.read(path.with_suffix(".truth.csv"))
    rings = truth.column("id")[truth.column("kind") == "polar_ring"].astype(str)
    ids = StampTable.open(path).columns("id")["id"].to_pylist()
    others = ~np.isin(ids, rings)
    embedding, harmonics = looks(path, model, _WORK)
    return embedding[others], harmonics[others]


def _looks_of_rings(model: str) -> tuple[Floats, Floats]:
    """Return those of the polar rings that can be seen."""
    path = _WORK / f"rings-{_RINGS_SEED}.lance"
    if not path.exists():
        _WORK.mkdir(exist_ok=True)
        make_stamps(
            path, count=_RINGS_MADE, interacting_fraction=1, kinds=("polar_ring",),
            seed=_RINGS_SEED, workers=_WORKERS,
        )  # fmt: skip
    truth = SurveyTruth.read(path.with_suffix(".truth.csv"))
    ids = truth.column("id")[truth.has_label].astype(str)
    seen = np.isin(StampTable.open(path).columns("id")["id"].to_pylist(), ids)
    embedding, harmonics = looks(path, model, _WORK)
    return embedding[seen], harmonics[seen]


def _joined(parts: list[tuple[Floats, Floats]], count: int | None = None) -> tuple[Floats, Floats]:
    embedding, harmonics = zip(*parts, strict=True)
    return np.concatenate(embedding)[:count], np.concatenate(harmonics)[:count]


def main() -> None:
    """Print how many rings are seen, by what decides which stamps are shown."""
    arguments = sys.argv[1:]
    count = int(option(arguments, "count", "2000"))
    tables = [Path(name) for name in option(arguments, "table", "").split(",") if name]
    model = option(arguments, "model", "strandline-survey/nnclr")
    draws = int(option(arguments, "draws", "5"))
    figure = option(arguments, "figure", "")
    rings = _looks_of_rings(model)
    others = (
        _joined([_looks_of_others(path, model) for path in tables])
        if tables
        else _looks_of_stamps(count, model)
    )
    width = len(others[0])
    is_ring = np.arange(width + len(rings[0])) >= width
    embedding, harmonics = _joined([others, rings])
    print(f"{_RINGS} polar rings (of {len(rings[0])}) among {width} others, {draws} draws")
    curves: dict[str, list[Counts]] = {}
    both = np.concatenate([embedding, harmonics], axis=1)
    for name, x, aspects in (
        ("embedding", embedding, aspects_of(embedding, harmonics=False)),
        ("harmonics alone", harmonics, HARMONICS_PARTS),
        ("embedding and harmonics", both, aspects_of(both, harmonics=True)),
    ):
        skies = [_Sky(x, aspects, is_ring, draw) for draw in range(draws)]
        print(f"\n{name:44s}{''.join(f'{n:>7d}' for n in _SHOWN)}  shown")
        ways = {
            "random order": [sky.look(sky.chance, []) for sky in skies],
            "novelty": [sky.look(sky.novel, []) for sky in skies],
            "novelty, then what is like the rings clicked": [
                sky.look(sky.learned, []) for sky in skies
            ],
            "one ring known, what is like it and others": [
                sky.look(sky.learned, [int(ring)])
                for sky in skies
                for ring in np.flatnonzero(sky.is_ring)[:_STARTS]
            ],
        }
        for way, found in ways.items():
            _print(way, found)
        curves |= {f"{name}: {way}": found for way, found in ways.items()}
    if figure:
        _draw(curves, width, Path(figure))


def _print(name: str, curves: list[Counts]) -> None:
    found = np.array(curves)[:, np.array(_SHOWN) - 1]
    enough = (found[:, -1] >= _RINGS // 2).mean()
    cells = "".join(f"{n:7.1f}" for n in found.mean(axis=0))
    print(f"{name:44s}{cells}  half or more in {enough:.0%}", flush=True)


def _draw(curves: dict[str, list[Counts]], others: int, path: Path) -> None:
    """Draw what is seen from one known ring, from none, and by chance."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    shown = np.arange(1, _PAGE * _PAGES + 1)
    known, new = "one ring known, what is like it and others", "novelty, then what is like the"
    for name, found in curves.items():
        sees, way = name.split(": ")
        if not way.startswith((known, new)):
            continue
        start = "one ring known" if way == known else "none known"
        axes.plot(
            shown, np.mean(found, axis=0), color=_COLOURS[sees], ls="-" if way == known else "--",
            label=f"{sees}, {start}",
        )  # fmt: skip
    axes.plot(shown, shown * _RINGS / (others + _RINGS), color="0.5", lw=1, label="random order")
    axes.axhline(_RINGS / 2, color="0.8", lw=1, zorder=0)
    axes.set(
        xlabel="stamps looked at",
        ylabel=f"polar rings seen, of {_RINGS}",
        xlim=(0, shown[-1]),
        ylim=(0, _RINGS),
        yticks=range(0, _RINGS + 1, 5),
    )
    figure.legend(frameon=False, loc="outside right center")
    axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main()
