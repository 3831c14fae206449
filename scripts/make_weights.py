"""Train again the weights that ship in the package: ``make weights REALSKY=folder``.

Survey models (bands u g r i z, calibrated flux) learn from a simulated survey; picture models
(bands r g b) from the real SDSS pictures of a folder with ``sdss_unlabelled/`` (for the encoder),
``sdss_labelled/`` and ``sdss_labelled.csv`` (for head and CNN). Interrupted, the same command goes
on where it was: tables and finished models in the work folder are kept, and training resumes from
its checkpoint.
"""

import argparse
import shutil
import sys
from pathlib import Path

from strandline import api
from strandline.errors import StrandlineError
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


def make_picture_models(work: Path, realsky: Path) -> None:
    """Cut real pictures and train ``picture-nnclr`` and ``picture-cnn``."""
    for name in ("sdss_unlabelled", "sdss_labelled"):
        if not (work / f"{name}.lance").exists():
            api.stamps([realsky / name], work / f"{name}.lance", seed=PICTURE_SEED)
    unlabelled, labelled = work / "sdss_unlabelled.lance", work / "sdss_labelled.lance"
    labels = realsky / "sdss_labelled.csv"
    _train_nnclr("picture", "brown2025-nnclr", unlabelled, labelled, labels, work, PICTURE_SEED)
    _train_cnn("picture", "brown2025-cnn", labelled, labels, work, PICTURE_SEED)


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
