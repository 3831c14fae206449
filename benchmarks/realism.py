"""How real simulated galaxies look: can a classifier tell them from SDSS pictures? (10 minutes).

Needs the folder of real images that STRANDLINE_REALSKY names: ``sdss_unlabelled/``,
``sdss_labelled/`` and ``sdss_labelled.csv``. Runs only when it is named: ``python -m benchmarks
realism``; with ``--show`` it draws contact sheets of the pictures that give themselves away and of
those that do not. Everything is in ``realism-work/``; pictures that are there are made again only
when that folder is removed.

Two questions, two groups: undisturbed simulated galaxies against random ones of the Galaxy Zoo 2
family, interacting ones against those that volunteers called interacting. The area under the ROC
curve (AUC) is 0.5 when nobody can tell, and 1 when every picture gives itself away. Both encoders
have seen the real pictures in training, so that they know real galaxies well. The simple
statistics say what it is that gives a simulation away.
"""

import csv
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.picture_statistics import STATISTICS, picture_statistics
from benchmarks.sky_pictures import GROUPS, simulate_pictures
from strandline import api
from strandline.files import write_aside
from strandline.learn import Model, embed_table
from strandline.seeding import generator
from strandline.stamps import StampTable

__all__ = ["Comparison", "compare", "main"]

_WORK = Path("realism-work")
_PICTURES = {"undisturbed": 600, "interacting": 250}
_ENCODERS = ("strandline-picture/nnclr", "strandline-picture/cnn")
_FOLDS = 5
_WORKERS = 2
_SEED = 0
_SHEET = (8, 4)  # columns, rows
_TILE_PX = 150


@dataclass(frozen=True)
class Comparison:
    """How well one kind of feature tells real from simulated.

    Attributes
    ----------
    name : str
    auc, spread : float
        Mean and standard deviation over five folds.
    simulated_score : ndarray of float64, shape (picture,)
        How simulated each picture looks to the classifier that has not seen it; the real ones
        first.
    """

    name: str
    auc: float
    spread: float
    simulated_score: NDArray[np.float64]


def compare(
    name: str, real: NDArray[np.floating], simulated: NDArray[np.floating], *, trees: bool = False
) -> Comparison:
    """Train and test classifiers of real against simulated on features, shape (picture, feature).

    A linear discriminant with shrinkage (Ledoit & Wolf 2004) for the features of an encoder; a
    random forest (`trees`) for statistics, in which simulations may err to both sides.
    """
    features = np.concatenate([real, simulated]).astype(np.float64)
    truth = np.repeat([0, 1], [len(real), len(simulated)])
    scores = np.zeros(len(truth))
    aucs = []
    for fit, test in StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(
        features, truth
    ):
        classifier = (
            RandomForestClassifier(
                300, min_samples_leaf=3, class_weight="balanced", random_state=_SEED
            )
            if trees
            else make_pipeline(
                StandardScaler(),
                LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=[0.5, 0.5]),
            )
        )
        classifier.fit(features[fit], truth[fit])
        scores[test] = classifier.predict_proba(features[test])[:, 1]
        aucs.append(roc_auc_score(truth[test], scores[test]))
    return Comparison(name, float(np.mean(aucs)), float(np.std(aucs, ddof=1)), scores)


def compare_folders(real: Path, simulated: Path, work: Path) -> list[Comparison]:
    """Compare two folders of pictures by every kind of feature; tables are kept in `work`."""
    found = []
    for encoder in _ENCODERS:
        model = Model.load(encoder)
        parts = [_embedded(folder, model, work) for folder in (real, simulated)]
        found.append(compare(encoder, *parts))
    statistics = [picture_statistics(_pictures_of(folder)) for folder in (real, simulated)]
    found.append(
        compare("all statistics", *(np.hstack(list(s.values())) for s in statistics), trees=True)
    )
    found += [
        compare(f"  {name}", *(s[name] for s in statistics), trees=True) for name in STATISTICS
    ]
    return found


def _embedded(folder: Path, model: Model, work: Path) -> NDArray[np.float32]:
    path = work / f"{folder.name}.lance"
    if not path.exists():
        api.stamps([folder], path)
    table = StampTable.open(path)
    order = np.argsort(table.columns("id")["id"].to_pylist())
    return np.concatenate([features for _, features in embed_table(table, model)])[order]


def _pictures_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.[jp][pn]g"), key=lambda path: path.stem)


def _choose_real(sky: Path, folder: Path, group: str) -> None:
    """Link the real pictures of a group into `folder`: the positives, or random others."""
    if group == "interacting":
        with (sky / "sdss_labelled.csv").open(newline="") as file:
            chosen = [sky / r["file"] for r in csv.DictReader(file) if r["label"] == "interacting"]
    else:
        every = _pictures_of(sky / "sdss_unlabelled")
        draw = generator(_SEED, "real pictures").permutation(len(every))[: _PICTURES[group]]
        chosen = [every[k] for k in draw]
    with write_aside(folder) as aside:
        aside.mkdir()
        for path in chosen:
            (aside / path.name).symlink_to(path.resolve())


def _draw_sheets(
    real: Path, simulated: Path, group: str, scores: NDArray[np.float64], work: Path
) -> list[Path]:
    """Draw the most and the least simulated-looking pictures of both sides."""
    count = _SHEET[0] * _SHEET[1]
    sheets = []
    split = len(_pictures_of(real))
    for side, folder, values in (
        ("real", real, scores[:split]),
        ("simulated", simulated, scores[split:]),
    ):
        order = np.argsort(values)
        paths = _pictures_of(folder)
        for looks, chosen in (("looks-simulated", order[::-1]), ("looks-real", order)):
            sheet = work / f"{group}-{side}-{looks}.png"
            _sheet([paths[k] for k in chosen[:count]]).save(sheet)
            sheets.append(sheet)
    return sheets


def _sheet(paths: list[Path]) -> Image.Image:
    columns, rows = _SHEET
    sheet = Image.new("RGB", (columns * _TILE_PX, rows * _TILE_PX), (70, 70, 70))
    for k, path in enumerate(paths):
        with Image.open(path) as picture:
            tile = picture.convert("RGB").resize((_TILE_PX - 2, _TILE_PX - 2))
        sheet.paste(tile, ((k % columns) * _TILE_PX, (k // columns) * _TILE_PX))
    return sheet


def main() -> None:
    """Make the pictures, compare both groups, print the table."""
    named = os.environ.get("STRANDLINE_REALSKY")
    if not named or not (Path(named) / "sdss_labelled.csv").is_file():
        sys.exit("STRANDLINE_REALSKY names no folder with sdss_labelled.csv")
    _WORK.mkdir(exist_ok=True)
    for group in GROUPS:
        real, simulated = _WORK / f"{group}-real", _WORK / f"{group}-simulated"
        if not real.exists():
            _choose_real(Path(named), real, group)
        if not simulated.exists():
            simulate_pictures(simulated, group, _PICTURES[group], seed=_SEED, workers=_WORKERS)
        found = compare_folders(real, simulated, _WORK)
        counts = [len(_pictures_of(folder)) for folder in (real, simulated)]
        print(f"{group}: {counts[0]} real against {counts[1]} simulated pictures")
        for line in found:
            print(f"  {line.name:22s} AUC {line.auc:.3f} ± {line.spread:.3f}")
        if "--show" in sys.argv:
            sheets = _draw_sheets(real, simulated, group, found[0].simulated_score, _WORK)
            print(f"  contact sheets by {found[0].name}: {', '.join(map(str, sheets))}")


if __name__ == "__main__":
    main()
