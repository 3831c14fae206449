"""What each input for faint light gives a network: AUC on simulated galaxies left out (an hour).

Runs only when it is named: ``python -m benchmarks inputs``. A small supervised network (the recipe
survey-cnn with fewer pixels, channels and epochs) is trained on the bands alone, on the bands and
each choice of channels of `strandline.learn.faint`, from the same seeds. It is tested on the
galaxies of blocks of sky that it was not trained on, which had no say in its training either.
``faint half`` counts only the interacting galaxies whose features are of low surface brightness.

Stamps and models are in ``inputs-work/``; what is there is not made again. ``--table=PATH`` takes
a table of `make_stamps` instead, with its ``.labels.csv`` and ``.truth.csv`` beside it;
``--seeds=N`` trains each as many times.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from strandline.api.tables import table_labels
from strandline.learn import Model, embed_table, train
from strandline.recipe import Recipe
from strandline.simulate import SurveyTruth, make_stamps
from strandline.stamps import StampTable

__all__ = ["main"]

_WORK = Path("inputs-work")
_STAMPS = 6000
_WORKERS = 2
_SEEDS = 3
_CHOICES: tuple[tuple[str, ...], ...] = (
    (),
    ("deep",),
    ("smooth",),
    ("residual",),
    ("asymmetric",),
    ("deep", "smooth", "residual"),
    ("deep", "smooth", "residual", "asymmetric"),
)
_NETWORK = {"input_px": 48, "widths": (16, 32, 64, 128), "features": 64}
_TRAINING = {"epochs": 15, "keep": "last"}

Found = NDArray[np.float64]  # AUC of all, and of the faint half


def _recipe(choice: tuple[str, ...]) -> Recipe:
    content = Recipe.load("survey-cnn").model_dump(mode="json")
    content["scaling"]["faint"] = choice
    content["encoder"] |= _NETWORK
    content["optimiser"] |= _TRAINING
    return Recipe.model_validate(content)


class _Sky:
    """Stamps, their labels, which are left out, and which are hard to see."""

    def __init__(self, path: Path) -> None:
        self.table = StampTable.open(path)
        beside = path.with_suffix("")
        labels = table_labels(self.table, beside.with_suffix(".labels.csv"))
        self.rows, self.values = labels.rows, labels.values
        split = np.asarray(self.table.columns("split")["split"].to_pylist())[self.rows]
        self.left_out = split != "train"
        truth = SurveyTruth.read(beside.with_suffix(".truth.csv"))
        brightness = dict(
            zip(truth.column("id"), truth.column("feature_sb").astype(float), strict=True)
        )
        ids = np.asarray(self.table.columns("id")["id"].to_pylist())[self.rows]
        feature_sb = np.array([brightness.get(name, np.nan) for name in ids])
        middle = np.nanmedian(feature_sb[self.left_out & (self.values == 1)])
        self.bright = (self.values == 1) & ~(feature_sb > middle)

    def test(self, model: Model) -> Found:
        rows, truth = self.rows[self.left_out], self.values[self.left_out]
        features = np.concatenate([part for _, part in embed_table(self.table, model, rows=rows)])
        scores = model.probability(features)
        hard = ~self.bright[self.left_out]
        return np.array([roc_auc_score(truth, scores), roc_auc_score(truth[hard], scores[hard])])


def _trained(sky: _Sky, choice: tuple[str, ...], seed: int) -> Model:
    folder = _WORK / f"{'-'.join(choice) or 'bands'}-{seed}"
    if folder.is_dir():
        return Model.load(folder)
    return train(sky.table, sky.rows, sky.values, _recipe(choice), folder, seed=seed)


def _report(found: dict[tuple[str, ...], list[Found]]) -> None:
    plain = np.stack(found[()])
    print(f"{'channels beside the bands':36s} {'AUC':15s} {'faint half':15s} more than bands alone")
    for choice, each in found.items():
        aucs = np.stack(each)
        spread = aucs.std(axis=0, ddof=1) if len(aucs) > 1 else np.full(2, np.nan)
        more = (aucs - plain[: len(aucs)])[:, 0]
        columns = [f"{m:.3f} ± {s:.3f}" for m, s in zip(aucs.mean(axis=0), spread, strict=True)]
        gain = "" if not choice else " ".join(f"{value:+.3f}" for value in more)
        print(f"{', '.join(choice) or 'none':36s} {columns[0]:15s} {columns[1]:15s} {gain}")


def main() -> None:
    """Make the stamps, train and test all, print the table."""
    options = dict(arg[2:].split("=", 1) for arg in sys.argv if "=" in arg)
    _WORK.mkdir(exist_ok=True)
    path = Path(options.get("table", _WORK / "stamps.lance"))
    if not path.exists():
        make_stamps(path, count=_STAMPS, seed=0, workers=_WORKERS)
    sky = _Sky(path)
    seen, left = int((~sky.left_out).sum()), int(sky.left_out.sum())
    print(f"{seen} galaxies to train on, {left} left out; spread over seeds", flush=True)
    found: dict[tuple[str, ...], list[Found]] = {choice: [] for choice in _CHOICES}
    for seed in range(int(options.get("seeds", _SEEDS))):
        for choice, aucs in found.items():
            aucs.append(sky.test(_trained(sky, choice, seed)))
            print(f"  seed {seed}: {', '.join(choice) or 'none'}: {aucs[-1][0]:.3f}", flush=True)
    _report(found)


if __name__ == "__main__":
    main()
