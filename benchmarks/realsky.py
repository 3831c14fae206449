"""Real SDSS pictures: what the encoders that ship reach with 50 labels, and with half of all.

Needs the folder of real images that STRANDLINE_REALSKY names: ``sdss_labelled/`` and
``sdss_labelled.csv`` (Galaxy Zoo 2 votes). The encoders ``strandline-picture/nnclr`` and ``faint``
were trained on ``sdss_unlabelled/`` alone, which holds none of these galaxies, and without labels;
their heads, which did see some of them, are thrown away. Labels are divided in halves at random, 20
times: heads are fitted to 50 of the one half (25 of each class), or to all of it, and measured on
the other. Average precision and what is found with a part inspected are for 1.7 % interacting
galaxies. Runs only when it is named: ``python -m benchmarks realsky``. What is cut and measured is
kept in ``realsky-work/``.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline import api
from strandline.api.tables import table_labels
from strandline.classify.controls import shape_forest, shape_logistic, size_and_brightness
from strandline.classify.weighted import MEASURES, measures
from strandline.learn import Model
from strandline.learn.embedding import embed_table
from strandline.learn.shapedfit import fit_shaped
from strandline.recipe import HeadSettings
from strandline.seeding import generator
from strandline.shapes import read_shapes
from strandline.stamps import StampTable

__all__ = ["main"]

_WORK = Path("realsky-work")
_DRAWS = 20
_FEW = 50
_PREVALENCE = 0.017
_HEAD = HeadSettings(kind="blend", shapes="beside")
_ENCODERS = ("strandline-picture/nnclr", "strandline-picture/faint")
_SHOWN = ("auc", "completeness 0.05", "completeness 0.22", "average_precision")

_Rows = NDArray[np.int64]
_Scores = Callable[[_Rows, _Rows, int], NDArray[np.float64]]
"""From rows to fit to, rows to score and a seed."""


def _contestants(
    features: dict[str, NDArray[np.float32]], shapes: NDArray[np.float32], values: _Rows
) -> dict[str, _Scores]:
    def control(fit: Callable[..., Callable[..., NDArray[np.float64]]]) -> _Scores:
        return lambda fitted, asked, seed: fit(shapes[fitted], values[fitted], seed)(shapes[asked])

    def headed(seen: NDArray[np.float32]) -> _Scores:
        def score(fitted: _Rows, asked: _Rows, seed: int) -> NDArray[np.float64]:
            found = fit_shaped(seen[fitted], shapes[fitted], values[fitted], _HEAD, seed)
            return found.head.logit(found.inputs.matrix(seen[asked], shapes[asked]))

        return score

    heads = {f"{name} and shapes": headed(seen) for name, seen in features.items()}
    return {
        "size and brightness": control(size_and_brightness),
        "forest on shapes": control(shape_forest),
        "logistic on shapes": control(shape_logistic),
        **heads,
        "both encoders and shapes": lambda *asked: np.mean(
            [score(*asked) for score in heads.values()], axis=0
        ),
    }


def _halves(values: _Rows, draw: int) -> tuple[_Rows, _Rows, _Rows]:
    """Return rows of 50 labels, of the half that they are of, and of the other half."""
    random = generator(0, "halves", draw)
    one, few, other = [], [], []
    for value in (0, 1):
        rows = random.permutation(np.flatnonzero(values == value))
        half = len(rows) // 2
        one.append(rows[:half])
        few.append(rows[: _FEW // 2])
        other.append(rows[half:])
    return np.concatenate(few), np.concatenate(one), np.concatenate(other)


def main() -> None:
    """Print what each reaches, mean and spread over the divisions."""
    named = os.environ.get("STRANDLINE_REALSKY")
    if not named or not (Path(named) / "sdss_labelled.csv").is_file():
        sys.exit("STRANDLINE_REALSKY names no folder with sdss_labelled.csv")
    sky, path = Path(named), _WORK / "sdss_labelled.lance"
    _WORK.mkdir(exist_ok=True)
    if not path.exists():
        api.stamps([sky / "sdss_labelled"], path, seed=0)
        api.shapes(path)
    table = StampTable.open(path)
    labels = table_labels(table, sky / "sdss_labelled.csv")
    features = {
        name: np.concatenate([part for _, part in embed_table(table, model, rows=labels.rows)])
        for name, model in ((name, Model.load(name)) for name in _ENCODERS)
    }
    contestants = _contestants(features, read_shapes(table, labels.rows), labels.values)
    columns = [MEASURES.index(name) for name in _SHOWN]
    print(f"{len(labels.values)} labels, {int(labels.values.sum())} of them interacting")
    print(f"{'':40s} {'labels':>6s}  " + "  ".join(f"{name:17s}" for name in _SHOWN))
    for name, score in contestants.items():
        for which in (0, 1):
            found, count = [], 0
            for draw in range(_DRAWS):
                parts = _halves(labels.values, draw)
                fitted, asked = parts[which], parts[2]
                count = len(fitted)
                told = measures(labels.values[asked], score(fitted, asked, draw), _PREVALENCE)
                found.append(told[0, columns])
            mean, spread = np.mean(found, axis=0), np.std(found, axis=0)
            shown = (f"{m:.3f} ± {s:.3f}    " for m, s in zip(mean, spread, strict=True))
            print(f"{name:40s} {count:6d}  " + "  ".join(shown))


if __name__ == "__main__":
    main()
