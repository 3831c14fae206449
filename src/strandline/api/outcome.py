"""The end of every job: score a table, map it, write catalogue and report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from strandline.classify import read_catalogue, write_catalogue
from strandline.classify.score import Scores, ranked, score_stream
from strandline.explore import map_table
from strandline.learn import Model
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
    """

    folder: Path
    galaxies: int
    models: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]

    def summary(self) -> str:
        """Return what the command line prints at the end."""
        lines = [
            f"{self.galaxies} galaxies ranked by {', '.join(self.models)}: "
            f"{self.folder}/catalogue.parquet",
            f"Report: {self.folder}/report.html",
        ]
        if self.skipped:
            lines.insert(1, f"{len(self.skipped)} inputs skipped (reasons in the report)")
        return "\n".join(lines)


def score_and_map(table: StampTable, models: Mapping[str, Model], *, seed: int) -> Scores:
    """Read the pixels once; write the first model's embedding and the map into the table.

    Adds the columns ``embedding``, ``probability`` (and one for each of several models), ``map_x``
    and ``map_y``.
    """
    first = next(iter(models))
    width = models[first].feature_count
    names = [f"probability_{name}" for name in models]
    schema = pa.schema(
        [pa.field("embedding", pa.list_(pa.float32(), width))]
        + [pa.field(name, pa.float32()) for name in ("probability", *names)]
    )
    parts: dict[str, list[Any]] = {name: [] for name in models}

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in score_stream(table, models):
            for name, values in batch.probability.items():
                parts[name].append(values)
            flat = pa.array(batch.features[first].reshape(-1))
            together = Scores(batch.probability).probability
            columns = [pa.FixedSizeListArray.from_arrays(flat, width), pa.array(together)]
            columns += [pa.array(values) for values in batch.probability.values()]
            yield pa.record_batch(columns, schema=schema)

    table.add_columns(batches(), schema, {"embedding_model": first})
    table.build_index("embedding")
    map_table(table, seed=seed)
    return Scores({name: np.concatenate(part) for name, part in parts.items()})


def card_curves(models: Mapping[str, Model]) -> tuple[Curve, ...]:
    """Return the validation curves that the models carry in their cards."""
    curves = []
    for name, model in models.items():
        kept = model.card.get("validation_scores")
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


def write_outcome(
    folder: Path,
    table: StampTable,
    scores: Scores,
    models: Mapping[str, Model],
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
            cards=tuple({"name": name} | model.card for name, model in models.items()),
            notes=tuple(stamps.notes),
            skipped=skipped,
            seed=seed,
        ),
        folder / "report.html",
    )
    return Outcome(folder, len(table), tuple(models), skipped)
