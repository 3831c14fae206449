"""Both models on real SDSS pictures with 30 % of the labelled files held out (half an hour).

Needs the folder of real images that STRANDLINE_REALSKY names: ``sdss_unlabelled/`` (no labels,
trains the encoder), ``sdss_labelled/`` and ``sdss_labelled.csv`` (Galaxy Zoo 2 votes). Held-out
files are seen by no training, with or without labels. Runs only when it is named:
``python -m benchmarks realsky``. What is finished is kept in ``realsky-work/``.
"""

import csv
import os
import sys
from pathlib import Path

from strandline import api
from strandline.seeding import generator

__all__ = ["main"]

_WORK = Path("realsky-work")
_HELD_OUT = 0.3
_SEED = 0


def _hold_out(labels: Path, fitted: Path, held_out: Path) -> None:
    """Divide a label file by file name, at random."""
    with labels.open(newline="") as file:
        rows = sorted((row["file"], row["label"]) for row in csv.DictReader(file))
    draws = generator(_SEED, "held out").random(len(rows))
    for path, chosen in ((fitted, draws >= _HELD_OUT), (held_out, draws < _HELD_OUT)):
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "label"])
            writer.writerows(row for row, take in zip(rows, chosen, strict=True) if take)


def main() -> None:
    """Train both models, score the held-out files, print how good each ranking is."""
    named = os.environ.get("STRANDLINE_REALSKY")
    if not named or not (Path(named) / "sdss_labelled.csv").is_file():
        sys.exit("STRANDLINE_REALSKY names no folder with sdss_labelled.csv")
    sky = Path(named)
    _WORK.mkdir(exist_ok=True)
    tables = {name: _WORK / f"{name}.lance" for name in ("sdss_unlabelled", "sdss_labelled")}
    for name, table in tables.items():
        if not table.exists():
            api.stamps([sky / name], table, seed=_SEED)
    fitted, held_out = _WORK / "fitted.csv", _WORK / "held-out.csv"
    _hold_out(sky / "sdss_labelled.csv", fitted, held_out)
    labelled = tables["sdss_labelled"]
    encoder, nnclr, cnn = (_WORK / name for name in ("encoder", "nnclr", "cnn"))
    if not encoder.exists():
        api.pretrain([tables["sdss_unlabelled"]], encoder, recipe="brown2025-nnclr", seed=_SEED)
    if not nnclr.exists():
        api.train(labelled, fitted, nnclr, encoder=encoder, seed=_SEED)
    if not cnn.exists():
        api.train(labelled, fitted, cnn, recipe="brown2025-cnn", seed=_SEED)
    scores = _WORK / "scores.parquet"
    api.classify(labelled, [cnn, nnclr], scores)
    for column in ("probability_cnn", "probability_nnclr", "probability"):
        print(f"{column}, on {_HELD_OUT:.0%} of the labelled files, held out:")
        evaluation = api.evaluate(scores, held_out, column=column, out=_WORK / f"{column}.json")
        for line in evaluation.lines():
            print(f"  {line}")


if __name__ == "__main__":
    main()
