"""Train again the weights that ship in the package: ``make weights REALSKY=folder``.

``strandline-survey`` (bands u g r i z, calibrated flux) learns from simulated stamps of several
surveys together; ``strandline-picture`` (bands r g b) from the real SDSS pictures of a folder with
``sdss_unlabelled/``, ``sdss_labelled/`` and ``sdss_labelled.csv``. Their members:

- ``nnclr``: an encoder trained without labels (pictures) or with those of the simulation beside
  (survey), and on it a head;
- ``faint`` (pictures): another one, which sees faint light in channels of its own;
- ``cnn``: a network trained on labels. Of pictures there are few; it also learns from what the
  others are sure of among the unlabelled ones (self-training, Xie et al. 2020, arXiv:1911.04252).

``features.safetensors`` is the tracer that outlines features for ``measure``; it learns from stamps
of four surveys whose features' light is known, last how to weigh it (`strandline train-tracer
--epochs 0` does that alone). It took six minutes on a GPU (H200); on two cores it takes the better
part of a day.

Interrupted, the same command goes on where it was: tables and finished models in the work folder
are kept, and training resumes from its checkpoint. At the end it prints how good they are on
galaxies that no training has seen: the survey models on other surveys than those learned from.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from strandline import api
from strandline.errors import StrandlineError
from strandline.labels import LabelKeys, read_labels
from strandline.learn.tracing.tracer import SHIPPED_TRACER
from strandline.progress import say
from strandline.stamps import StampTable

SHIPPED = Path(__file__).parents[1] / "src" / "strandline" / "weights"
ENCODER_SEED, CNN_SEED = 0, 20261124
WORKERS = 2


@dataclass(frozen=True)
class Sky:
    """Simulated stamps: of which survey, how many, in which bands."""

    name: str
    survey: str
    count: int
    seed: int
    bands: tuple[str, ...] = ("u", "g", "r", "i", "z")


LEARNED = (
    Sky("train-lovoccs", "lovoccs", 6000, 20261124),
    Sky("train-lsst-y1", "lsst-y1", 3000, 20261125),
    Sky("train-sdss", "sdss", 2000, 20261126),
)
TRACED = (
    Sky("train", "lovoccs", 7000, 20261127),
    Sky("train-hsc", "hsc", 1800, 20261131, ("g", "r", "i", "z")),
    Sky("train-lsst-y1", "lsst-y1", 1600, 20261132),
    Sky("train-sdss", "sdss", 1200, 20261133),
)
TRACER_EPOCHS, TRACER_EPOCHS_FURTHER = 55, 2
UNSEEN = (
    Sky("test-hsc", "hsc", 1500, 20261201, ("g", "r", "i", "z")),
    Sky("test-lovoccs", "lovoccs", 3000, 20261202),
    Sky("test-lsst-y10", "lsst-y10", 1500, 20261203),
)

# Of the unlabelled pictures, the share that the first members find likeliest to interact, and that
# which they find least likely, are shown to the network as labelled. About 2 % do interact.
TAKEN_AS_INTERACTING, TAKEN_AS_NOT = 0.01, 0.8


def make_survey_model(work: Path) -> None:
    """Simulate, train both members on all surveys, combine, measure on other surveys."""
    tables = [simulated(sky, work / "sky") for sky in LEARNED]
    table, labels = work / "sky" / "train.lance", work / "sky" / "train.labels.csv"
    if not table.exists():
        api.join(tables, table, labels=[labels_of(path) for path in tables])
        api.shapes(table)
    nnclr, cnn = work / "survey" / "nnclr", work / "survey" / "cnn"
    if not nnclr.exists():
        api.pretrain([table], nnclr, labels=[labels], recipe="strandline", seed=ENCODER_SEED)
    if not cnn.exists():
        api.train(table, labels, cnn, recipe="survey-cnn", seed=CNN_SEED)
    model = work / "strandline-survey"
    text = (
        "Interacting galaxies in calibrated images of any survey, in some of the bands u g r i z."
    )
    api.combine([nnclr, cnn], model, table=table, labels=labels, description=text)
    ship(model)
    for sky in UNSEEN:
        measure(simulated(sky, work / "sky"), None, model, work)


def make_picture_model(work: Path, realsky: Path) -> None:
    """Cut real pictures, train both members, combine, measure on the test part."""
    for name in ("sdss_unlabelled", "sdss_labelled"):
        if not (work / f"{name}.lance").exists():
            api.stamps([realsky / name], work / f"{name}.lance", seed=0)
            api.shapes(work / f"{name}.lance")
    unlabelled, labelled = work / "sdss_unlabelled.lance", work / "sdss_labelled.lance"
    labels = realsky / "sdss_labelled.csv"
    folder = work / "picture"
    members = {name: folder / name for name in ("nnclr", "faint", "cnn")}
    learned = [members["nnclr"], members["faint"]]
    for path in learned:
        encoder = folder / f"{path.name}-encoder"
        if not encoder.exists():
            api.pretrain([unlabelled], encoder, recipe=f"picture-{path.name}", seed=ENCODER_SEED)
        if not path.exists():
            api.train(labelled, labels, path, encoder=encoder, seed=ENCODER_SEED)
    if not members["cnn"].exists():
        table = work / "sdss_all.lance"
        if not table.exists():
            guessed = guesses(unlabelled, learned, folder)
            api.join([labelled, unlabelled], table, labels=[labels, guessed])
        api.train(table, labels_of(table), members["cnn"], recipe="picture-cnn", seed=CNN_SEED)
    model = work / "strandline-picture"
    text = "Interacting galaxies in colour pictures like those of SDSS."
    api.combine(list(members.values()), model, table=labelled, labels=labels, description=text)
    ship(model)
    measure(labelled, labels, model, work)


def make_tracer(work: Path) -> None:
    """Simulate stamps with their features' light, train, and train a little further."""
    folder = work / "traced"
    tables = [simulated(sky, folder, interacting_fraction=0.7, features=True) for sky in TRACED]
    first, last = work / "first.safetensors", work / SHIPPED_TRACER
    if not first.exists():
        print(api.train_tracer(tables, first, epochs=TRACER_EPOCHS).summary())
    report = api.train_tracer(tables, last, epochs=TRACER_EPOCHS_FURTHER, start=first, seed=1)
    print(report.summary())
    shutil.copy(last, SHIPPED / SHIPPED_TRACER)


def simulated(sky: Sky, folder: Path, **options: Any) -> Path:
    """Return the table of `sky`, made if it is not there."""
    path = folder / f"{sky.name}.lance"
    if not path.exists():
        api.simulate(
            path,
            survey=sky.survey,
            stamps=sky.count,
            bands=sky.bands,
            seed=sky.seed,
            workers=WORKERS,
            **options,
        )
    return path


def labels_of(table: Path) -> Path:
    """Return the labels beside a table."""
    return table.with_name(f"{table.stem}.labels.csv")


def guesses(table: Path, models: Sequence[Path], folder: Path) -> Path:
    """Write as labels what `models` together are surest of."""
    scores, labels = folder / "unlabelled.parquet", folder / "unlabelled.labels.csv"
    api.classify(table, models, scores)
    found = pq.read_table(scores, columns=["id", "probability"])
    probability = np.asarray(found["probability"])
    least, most = np.quantile(probability, [1 - TAKEN_AS_INTERACTING, TAKEN_AS_NOT])
    lines = ["id,label"]
    for name, value in zip(found["id"].to_pylist(), probability.tolist(), strict=True):
        if value >= least or value <= most:
            lines.append(f"{name},{int(value >= least)}")
    labels.write_text("\n".join(lines) + "\n")
    say(f"{table.name}: above {least:.3f} taken as interacting, below {most:.3f} as not.")
    return labels


def measure(table: Path, labels: Path | None, model: Path, work: Path) -> None:
    """Print how good a model and its members are on the test part of a table, or on all of it."""
    scores = work / f"{table.stem}.{model.name}.parquet"
    api.classify(table, [model], scores)
    named = unseen_labels(table, labels, work) if labels else labels_of(table)
    columns = [
        name
        for name in pq.read_schema(scores).names
        if name.startswith("probability") and name != "probability_sky"  # of the same order
    ]
    for column in columns:
        evaluation = api.evaluate(scores, named, column=column)
        print(f"{column} of {model.name} on {table.name}:")
        print("\n".join(f"  {line}" for line in evaluation.lines()))


def unseen_labels(table: Path, labels: Path, work: Path) -> Path:
    """Write the labels of the table's test part alone."""
    opened = StampTable.open(table)
    columns = opened.columns("id", "source", "path", "split")
    ids, source, path = (columns[name].to_pylist() for name in ("id", "source", "path"))
    told = read_labels(labels, LabelKeys(ids, source, path))
    split = columns["split"].to_pylist()
    out = work / f"{table.stem}.test.csv"
    lines = [
        f"{ids[row]},{value}"
        for row, value in zip(told.rows.tolist(), told.values.tolist(), strict=True)
        if split[row] == "test"
    ]
    out.write_text("\n".join(["id,label", *lines]) + "\n")
    return out


def ship(model: Path) -> None:
    """Put a finished model into the package."""
    target = SHIPPED / model.name
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(model, target)
    say(f"{target} is new")


def main() -> None:
    """Parse the options and train."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("weights-work"))
    parser.add_argument("--realsky", type=Path, help="folder of real SDSS pictures")
    parser.add_argument("--only", choices=("survey", "picture", "tracer"))
    options = parser.parse_args()
    try:
        if options.only in (None, "survey"):
            make_survey_model(options.work)
        if options.only in (None, "tracer"):
            make_tracer(options.work)
        if options.only in (None, "picture"):
            if not options.realsky or not (options.realsky / "sdss_labelled.csv").is_file():
                sys.exit(f"--realsky {options.realsky}: holds no sdss_labelled.csv")
            make_picture_model(options.work, options.realsky)
    except StrandlineError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
