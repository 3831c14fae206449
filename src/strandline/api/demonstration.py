"""``demo``: the whole job on a small simulated survey whose interacting galaxies are known."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from strandline import learn
from strandline.api.cutting import stamps
from strandline.api.outcome import Outcome, card_history, score_and_map, write_outcome
from strandline.api.shaping import shapes
from strandline.api.tables import Choice, table_labels
from strandline.classify import Evaluation, evaluate_scores
from strandline.errors import OutputError
from strandline.files import write_together
from strandline.learn import Model
from strandline.progress import say
from strandline.recipe import Recipe
from strandline.report import Curve
from strandline.simulate import labels_from_truth, make_survey
from strandline.stamps import StampTable

__all__ = ["DemoOutcome", "demo"]

_FIELDS = 18
_CNN_EPOCHS = 30
_NNCLR_EPOCHS = 14
_INTERACTING = 0.3  # of the simulated galaxies


@dataclass(frozen=True)
class DemoOutcome:
    """The demo's outcome, and how good each model is on galaxies it never saw."""

    outcome: Outcome
    evaluations: dict[str, Evaluation]

    def summary(self) -> str:
        """Return what the command line prints at the end."""
        lines = []
        for name, evaluation in self.evaluations.items():
            lines.append(f"{name}, on the test part of the sky:")
            lines += [f"  {line}" for line in evaluation.lines()]
        return "\n".join([*lines, self.outcome.summary()])


def demo(
    out: str | Path,
    *,
    fields: int = _FIELDS,
    cnn_epochs: int = _CNN_EPOCHS,
    nnclr_epochs: int = _NNCLR_EPOCHS,
    seed: int = 0,
) -> DemoOutcome:
    """Simulate a survey, cut it, train both models on it, classify, evaluate and report.

    Parameters
    ----------
    out : path
        Folder; ``images/``, ``stamps.lance``, ``labels.csv``, ``models/``, ``catalogue.parquet``,
        ``evaluation-*.json`` and ``report.html`` appear there when all is done.
    fields : int
        Simulated fields of 1000x1000 px.
    cnn_epochs, nnclr_epochs : int
        How long the two models train; fewer than their recipes, to end in minutes on two cores.
    seed : int
        Of everything.
    """
    out = Path(out)
    _refuse_foreign(out)
    with write_together(out) as work:
        say("1/6 Simulating a survey …")
        truth = make_survey(work / "images", fields=fields, seed=seed, workers=2)
        say("2/6 Detecting galaxies, cutting stamps, measuring shapes …")
        report = stamps([work / "images"], work / "stamps.lance", seed=seed)
        shapes(work / "stamps.lance")
        table = StampTable.open(work / "stamps.lance")
        labels_from_truth(truth, table, work / "labels.csv")
        labels = table_labels(table, work / "labels.csv")
        say("3/6 Self-supervised training (NNCLR), without labels …")
        encoder = learn.pretrain(
            [table],
            Recipe.load("brown2025-nnclr"),
            work / "models" / "encoder",
            epochs=nnclr_epochs,
            seed=seed,
        )
        say("4/6 Training a head on embedding and shapes, and the supervised CNN …")
        models: dict[str, Model] = {}
        for name, recipe, base, epochs in (
            ("nnclr", _with_shapes(encoder.recipe), encoder, None),
            ("cnn", Recipe.load("brown2025-cnn"), None, cnn_epochs),
        ):
            models[name] = learn.train(
                table,
                labels.rows,
                labels.values,
                recipe,
                work / "models" / name,
                encoder=base,
                epochs=epochs,
                seed=seed,
            )
        told = (labels.rows, labels.values)
        both = learn.combine("both", models, table=table, labels=told, seed=seed)
        both.save(work / "models" / "both")
        say("5/6 Classifying and mapping …")
        scores = score_and_map(table, both, seed=seed).at(_INTERACTING)
        split = np.asarray(table.columns("split")["split"].to_pylist())
        test = split[labels.rows] == "test"
        rows, values = labels.rows[test], labels.values[test]
        by_name = scores.by_model | {"both": scores.probability}
        evaluations = {name: evaluate_scores(values, p[rows]) for name, p in by_name.items()}
        for name, evaluation in evaluations.items():
            evaluation.save(work / f"evaluation-{name}.json")
        say("6/6 Writing the report …")
        outcome = write_outcome(
            work,
            table,
            scores,
            Choice(both, "those of this demo, trained on the other parts of the same sky."),
            report,
            title="Strandline demo survey",
            command=f"strandline demo --out {out}",
            curves=tuple(
                Curve(name, values, p[rows].astype(np.float64), "on blocks of sky kept for testing")
                for name, p in by_name.items()
            ),
            history=card_history({"nnclr encoder": encoder, "cnn": models["cnn"]}),
            seed=seed,
            labels=dict(zip(labels.rows.tolist(), labels.values.tolist(), strict=True)),
        )
    return DemoOutcome(replace(outcome, folder=out), evaluations)


def _with_shapes(recipe: Recipe) -> Recipe:
    """Return a recipe whose head sees shape statistics beside the embedding; few labels suffice."""
    head = recipe.head.model_copy(update={"kind": "blend", "shapes": "beside"})
    return recipe.model_copy(update={"head": head})


def _refuse_foreign(out: Path) -> None:
    """Refuse a folder whose images, labels or models are not an earlier demo's."""
    if out.is_dir() and any(out.iterdir()) and not (out / "images" / "truth.csv").is_file():
        raise OutputError(
            f"{out}: holds other things than a demo. Give a folder that is empty or not there yet."
        )
