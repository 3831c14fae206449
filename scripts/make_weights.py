"""Train again the weights that ship in the package: ``make weights REALSKY=folder``.

Survey models (bands u g r i z, calibrated flux) learn from a simulated survey; picture models
(bands r g b) from the real SDSS pictures of a folder with ``sdss_unlabelled/`` (for the encoder),
``sdss_labelled/`` and ``sdss_labelled.csv`` (for head and CNN). Interrupted, the same command goes
on where it was: tables and finished models in the work folder are kept, and training resumes from
its checkpoint. At the end it prints how good they are on the part of the sky kept for testing.
"""

import argparse
import shutil
import sys
from pathlib import Path

from strandline import api
from strandline.errors import StrandlineError
from strandline.labels import LabelKeys, read_labels
from strandline.progress import say
from strandline.simulate import SurveyTruth, labels_from_truth, make_survey
from strandline.stamps import StampTable

SHIPPED = Path(__file__).parents[1] / "src" / "strandline" / "weights"
SURVEY_SEED, SURVEY_CNN_SEED, PICTURE_SEED = 20261124, 1, 0


def make_survey_models(work: Path, fields: int) -> None:
    """Simulate, cut, and train ``survey-nnclr`` and ``survey-cnn``."""
    images, table, labels = work / "images", work / "survey.lance", work / "survey.csv"
    if not (images / "truth.csv").exists():
        make_survey(images, fields=fields, seed=SURVEY_SEED, workers=2)
    if not table.exists():
        api.stamps([images], table, seed=SURVEY_SEED)
    if not labels.exists():
        match = labels_from_truth(SurveyTruth.read(images), StampTable.open(table), labels)
        say(match.summary())
    _train_nnclr("survey", "survey-nnclr", table, table, labels, work, SURVEY_SEED)
    _train_cnn("survey", "survey-cnn", table, labels, work, SURVEY_CNN_SEED)
    _measure("survey", table, labels, work)


def make_picture_models(work: Path, realsky: Path) -> None:
    """Cut real pictures and train ``picture-nnclr`` and ``picture-cnn``."""
    for name in ("sdss_unlabelled", "sdss_labelled"):
        if not (work / f"{name}.lance").exists():
            api.stamps([realsky / name], work / f"{name}.lance", seed=PICTURE_SEED)
    unlabelled, labelled = work / "sdss_unlabelled.lance", work / "sdss_labelled.lance"
    labels = realsky / "sdss_labelled.csv"
    _train_nnclr("picture", "brown2025-nnclr", unlabelled, labelled, labels, work, PICTURE_SEED)
    _train_cnn("picture", "brown2025-cnn", labelled, labels, work, PICTURE_SEED)
    _measure("picture", labelled, labels, work)


def _train_nnclr(
    kind: str, recipe: str, unlabelled: Path, table: Path, labels: Path, work: Path, seed: int
) -> None:
    encoder, model = work / f"{kind}-encoder", work / f"{kind}-nnclr"
    if not encoder.exists():
        api.pretrain([unlabelled], encoder, recipe=recipe, seed=seed)
    if not model.exists():
        api.train(table, labels, model, encoder=encoder, seed=seed)
    _ship(model)


def _train_cnn(kind: str, recipe: str, table: Path, labels: Path, work: Path, seed: int) -> None:
    model = work / f"{kind}-cnn"
    if not model.exists():
        api.train(table, labels, model, recipe=recipe, seed=seed)
    _ship(model)


def _measure(kind: str, table: Path, labels: Path, work: Path) -> None:
    """Print how good the models are on the table's test part, which no training has seen."""
    opened = StampTable.open(table)
    columns = opened.columns("id", "source", "path", "split")
    names = [columns[name].to_pylist() for name in ("id", "source", "path")]
    told = read_labels(labels, LabelKeys(*names))
    split = columns["split"].to_pylist()
    unseen = work / f"{kind}-test.csv"
    lines = [
        f"{names[0][row]},{value}"
        for row, value in zip(told.rows.tolist(), told.values.tolist(), strict=True)
        if split[row] == "test"
    ]
    unseen.write_text("\n".join(["id,label", *lines]) + "\n")
    scores = work / f"{kind}-scores.parquet"
    api.classify(table, [work / f"{kind}-cnn", work / f"{kind}-nnclr"], scores)
    for column in (f"probability_{kind}-cnn", f"probability_{kind}-nnclr", "probability"):
        print(f"{column}, on the test part of {table.name}:")
        evaluation = api.evaluate(scores, unseen, column=column, out=work / f"{column}.json")
        print("\n".join(f"  {line}" for line in evaluation.lines()))


def _ship(model: Path) -> None:
    shutil.copytree(model, SHIPPED / model.name, dirs_exist_ok=True)
    say(f"{SHIPPED / model.name} is new")


def main() -> None:
    """Parse the options and train."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("weights-work"))
    parser.add_argument("--realsky", type=Path, help="folder of real SDSS pictures")
    parser.add_argument("--fields", type=int, default=60, help="simulated fields")
    parser.add_argument("--only", choices=("survey", "picture"))
    options = parser.parse_args()
    try:
        if options.only != "picture":
            make_survey_models(options.work, options.fields)
        if options.only != "survey":
            if not options.realsky or not (options.realsky / "sdss_labelled.csv").is_file():
                sys.exit(f"--realsky {options.realsky}: holds no sdss_labelled.csv")
            make_picture_models(options.work, options.realsky)
    except StrandlineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
