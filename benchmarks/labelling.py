"""How many labels a rare class needs: the queue of what to label next against random order.

Runs only when it is named: ``python -m benchmarks labelling``. Of simulated stamps, 2 % of a pool
interact. A head is trained on ten labels, three of them examples, then on ten more at a time as the
queue, or chance, says, and measured on the stamps that are not in the pool: AUC; completeness at
5 % of the undisturbed ones; how many examples of the pool have been labelled. The head is that of
`strandline.learn.rare`, and for comparison a discriminant on the labels alone.

Stamps and vectors are in ``labelling-work/``; what is there is not made again. ``--table=PATH``
takes a table of `make_stamps` with its ``.labels.csv`` beside it, which the model must not have
seen in training; ``--model=NAME`` another model; ``--draws=N`` as many pools.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.embedded import embedded, option
from strandline.api.tables import table_labels
from strandline.explore.novelty import novelty_of
from strandline.explore.queue import QueueMix, next_to_label
from strandline.explore.vectors import Space
from strandline.learn.rare import draw_background, fit_rare
from strandline.seeding import generator
from strandline.simulate import make_stamps
from strandline.stamps import StampTable

__all__ = ["main"]

_WORK = Path("labelling-work")
_STAMPS, _WORKERS = 6000, 2
_PREVALENCE, _POOL_SHARE = 0.02, 0.6
_FIRST, _EXAMPLES, _STEP, _LABELS = 10, 3, 10, 200
_SHOWN = (10, 30, 60, 100, 150, 200)

Score = Callable[[NDArray[np.float32]], NDArray[np.float64]]
ORDERS: dict[str, QueueMix | None] = {
    "random order": None,
    "the queue": QueueMix(),
    "only likely ones": QueueMix(1, 0, 0, 0),
    "only uncertain ones": QueueMix(0, 1, 0, 0),
}


class _Pool:
    """A pool of stamps, 2 % of them of the class, and all others to test on."""

    def __init__(self, x: NDArray[np.float32], y: NDArray[np.int64], draw: int) -> None:
        rng = generator(draw, "labelling pool")
        negative, positive = (rng.permutation(np.flatnonzero(y == k)) for k in (0, 1))
        inside = round(_POOL_SHARE * len(negative))
        rare = round(inside * _PREVALENCE / (1 - _PREVALENCE))
        rows = rng.permutation(np.concatenate([negative[:inside], positive[:rare]]))
        test = np.concatenate([negative[inside:], positive[rare:]])
        self.x, self.y, self.draw = x[rows], y[rows], draw
        self.test_x, self.test_y = x[test], y[test]
        self.places = Space.of(self.x, seed=draw)(self.x)
        self.novelty = novelty_of(self.x, seed=draw).score
        ones, zeros = (rng.permutation(np.flatnonzero(self.y == k)) for k in (1, 0))
        self.first = [*ones[:_EXAMPLES], *zeros[: _FIRST - _EXAMPLES]]

    def rare(self, rows: list[int]) -> Score:
        """Fit the head that also sees unlabelled galaxies."""
        background = draw_background(len(self.x), rows, self.draw)
        return fit_rare(self.x[rows], self.y[rows], self.x[background], self.draw).head.logit

    def discriminant(self, rows: list[int]) -> Score:
        """Fit a discriminant to the labels alone."""
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=[0.5, 0.5])
        fitted = make_pipeline(StandardScaler(), lda).fit(self.x[rows], self.y[rows])
        return lambda x: np.asarray(fitted.decision_function(x))

    def run(self, mix: QueueMix | None, fit: Callable[[list[int]], Score]) -> NDArray[np.float64]:
        """Return AUC, completeness and examples labelled, shape (step, 3)."""
        rows, told = [int(row) for row in self.first], []
        rng = generator(self.draw, "random order")
        while True:
            score = fit(rows)
            told.append([*self._measured(score), self.y[rows].sum()])
            if len(rows) >= _LABELS:
                return np.array(told)
            if mix is None:
                more = rng.choice(np.setdiff1d(np.arange(len(self.x)), rows), _STEP, replace=False)
            else:
                chance = 1 / (1 + np.exp(-np.clip(score(self.x), -50, 50)))
                more = next_to_label(self.places, chance, rows, self.novelty, _STEP, self.draw, mix)
            rows += [int(row) for row in more]

    def _measured(self, score: Score) -> tuple[float, float]:
        odds = score(self.test_x)
        least = np.quantile(odds[self.test_y == 0], 0.95)
        found = float((odds[self.test_y == 1] > least).mean())
        return float(roc_auc_score(self.test_y, odds)), found


def main() -> None:
    """Print a table of the curves for each choice of inputs, order and head."""
    arguments = sys.argv[1:]
    path = Path(option(arguments, "table", str(_WORK / "stamps.lance")))
    model = option(arguments, "model", "strandline-survey/nnclr")
    draws = int(option(arguments, "draws", "8"))
    if not path.exists():
        _WORK.mkdir(exist_ok=True)
        make_stamps(path, count=_STAMPS, seed=1, workers=_WORKERS)
    labels = table_labels(StampTable.open(path), path.with_suffix(".labels.csv"))
    vectors = embedded(path, model, _WORK)
    for shapes in (False, True):
        x = vectors.inputs(shapes=shapes)[labels.rows]
        pools = [_Pool(x, labels.values, draw) for draw in range(draws)]
        told = f"{model}{' and shapes' if shapes else ''}, {draws} pools of {len(pools[0].x)}"
        print(f"\n{told}, {pools[0].y.sum()} of the class; tested on {len(pools[0].test_x)} others")
        print(f"{'AUC / completeness at 5 % / examples labelled':48s}", end="")
        print("".join(f"{n:>17d}" for n in _SHOWN) + "  labels")
        for name, mix in ORDERS.items():
            _print(f"{name}", [pool.run(mix, pool.rare) for pool in pools])
        for name in ("random order", "the queue"):
            runs = [pool.run(ORDERS[name], pool.discriminant) for pool in pools]
            _print(f"{name}, discriminant on labels alone", runs)
        start = time.perf_counter()
        pools[0].rare(pools[0].first)
        print(f"retraining, with cross-validation: {time.perf_counter() - start:.2f} s")


def _print(name: str, runs: list[NDArray[np.float64]]) -> None:
    steps = [(n - _FIRST) // _STEP for n in _SHOWN]
    mean = np.mean(runs, axis=0)[steps]
    cells = "".join(f"{auc:8.3f}/{found:.2f}/{n:4.1f}" for auc, found, n in mean)
    auc = np.array(runs)[:, steps[-1], 0]
    print(f"{name:48s}{cells}  ±{auc.std(ddof=1) / np.sqrt(len(runs)):.3f}", flush=True)


if __name__ == "__main__":
    main()
