"""The end of every job: score a table, map it, write catalogue and report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from strandline.api.tables import Choice
from strandline.classify import Sky, read_catalogue, write_catalogue
from strandline.classify.score import Scores, ranked, score_stream
from strandline.explore import map_table
from strandline.learn import Ensemble, Model
from strandline.learn.fingerprint import fingerprint
from strandline.report import Curve, History, ReportInputs, write_report
from strandline.stamps import StampReport, StampTable

__all__ = ["Outcome", "card_curves", "card_history", "score_and_map", "write_outcome"]


@dataclass(frozen=True)
class Outcome:
    """What a job left in its folder.

    Attributes
    ----------
    folder : Path
        Holds ``catalogue.parquet``, ``stamps.lance`` and ``report.html``.
    galaxies : int
        Rows of the catalogue.
    models : tuple of str
        That scored them.
    skipped : tuple of (str, str)
        Inputs that could not be used, with the reason.
    sky : Sky, optional
        How many interact, at the sky's prevalence.
    """

    folder: Path
    galaxies: int
    models: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    sky: Sky | None = None

    def summary(self) -> str:
        """Return what the command line prints at the end."""
        lines = [
            f"{self.galaxies} galaxies ranked by {', '.join(self.models)}: "
            f"{self.folder}/catalogue.parquet",
            f"Report: {self.folder}/report.html",
        ]
        if self.sky is not None and self.galaxies > 1:
            lines.insert(1, self.sky.words())
        if self.skipped:
            lines.insert(1, f"{len(self.skipped)} inputs skipped (reasons in the report)")
        return "\n".join(lines)


def score_and_map(table: StampTable, models: Ensemble, *, seed: int) -> Scores:
    """Read the pixels once; write the first model's embedding and the map into the table.

    Adds the columns ``embedding``, ``probability`` (and one for each of several models), ``map_x``
    and ``map_y``.
    """
    width = models.models[models.first].feature_count
    names = ["probability"]
    if len(models.members) > 1:
        names += [f"probability_{name}" for name in models.members]
    schema = pa.schema(
        [pa.field("embedding", pa.list_(pa.float32(), width))]
        + [pa.field(name, pa.float32()) for name in names]
    )
    parts: list[Scores] = []

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in score_stream(table, models):
            parts.append(batch.scores)
            flat = pa.array(batch.features.reshape(-1))
            columns = batch.scores.columns()
            yield pa.record_batch(
                [
                    pa.FixedSizeListArray.from_arrays(flat, width),
                    *(pa.array(columns[name]) for name in names),
                ],
                schema=schema,
            )

    encoder = fingerprint(models.models[models.first])
    told = {"embedding_model": models.first, "embedding_encoder": encoder}
    table.add_columns(batches(), schema, told)
    table.build_index("embedding")
    map_table(table, seed=seed)
    return Scores.joined(parts)


def card_curves(models: Ensemble) -> tuple[Curve, ...]:
    """Return the validation curves that the models carry in their cards, that of all first."""
    curves = []
    for name, card in _cards(models).items():
        kept = card.get("validation_scores")
        if kept and {"truth", "score"} <= kept.keys():
            curves.append(
                Curve(
                    name,
                    np.asarray(kept["truth"], dtype=np.int64),
                    np.asarray(kept["score"], dtype=np.float64),
                    "on the validation galaxies of its own training",
                )
            )
    return tuple(curves)


def card_history(models: Mapping[str, Model]) -> tuple[History, ...]:
    """Return the models' training histories, epoch by epoch, as their cards keep them."""
    histories = []
    for name, model in models.items():
        kept = model.card.get("history")
        if kept and "epoch" in kept:
            series = {key: list(values) for key, values in kept.items() if key != "epoch"}
            histories.append(History(name, list(kept["epoch"]), series))
    return tuple(histories)


def _cards(models: Ensemble) -> dict[str, dict[str, Any]]:
    """Return the card of the whole, if it has one, and those of its members, by name."""
    whole = {models.name: models.card} if models.card else {}
    return whole | {name: model.card for name, model in models.models.items()}


def write_outcome(
    folder: Path,
    table: StampTable,
    scores: Scores,
    choice: Choice,
    stamps: StampReport,
    *,
    title: str,
    command: str,
    curves: tuple[Curve, ...],
    history: tuple[History, ...],
    seed: int,
    labels: Mapping[int, int] | None = None,
) -> Outcome:
    """Write ``catalogue.parquet`` and ``report.html`` into `folder`."""
    file = folder / "catalogue.parquet"
    write_catalogue(ranked(table, scores), file)
    catalogue = read_catalogue(file)
    if labels is not None:
        told = [labels.get(row) for row in catalogue["row"].to_pylist()]
        catalogue = catalogue.append_column("label", pa.array(told, pa.int64()))
    skipped = tuple((item.path, item.reason) for item in stamps.skipped)
    write_report(
        ReportInputs(
            title=title,
            command=command,
            table=table,
            catalogue=catalogue,
            curves=curves,
            history=history,
            cards=tuple({"name": name} | card for name, card in _cards(choice.models).items()),
            models=choice.why,
            sky=scores.sky,
            notes=tuple(stamps.notes),
            skipped=skipped,
            seed=seed,
        ),
        folder / "report.html",
    )
    return Outcome(folder, len(table), tuple(choice.models.members), skipped, scores.sky)
