"""From simulated tables to a tracer: maps, light, and a level that few false ones pass."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from strandline._version import __version__
from strandline.errors import TableError
from strandline.files import check_target
from strandline.learn.tracing.examples import Examples, features_table
from strandline.learn.tracing.network import TracingNet
from strandline.learn.tracing.tracer import Tracer
from strandline.learn.tracing.training import TracerOptions, train_network
from strandline.learn.tracing.weighing import fit_lights, weigh
from strandline.progress import track
from strandline.stamps import StampTable

__all__ = ["FALSE_ALARMS", "TracerReport", "finish_tracer", "train_tracer"]

FALSE_ALARMS = 0.04
"""Share of undisturbed galaxies of the validation part that still show a feature."""

_FEWEST = 50  # undisturbed galaxies to set the level on
_AT_ONCE = 32


@dataclass(frozen=True)
class TracerReport:
    """A tracer that was trained.

    Attributes
    ----------
    out : Path
    stamps : int
        Trained on.
    overlap : float
        Mean intersection over union of outlines and truth on the validation part, of features
        that stand out.
    level : float
    found : float
        Share of those features whose galaxy passes the level.
    whole_error, clear_error : float
        Median size of the relative error of their light, of all of it and where it is clear.
    """

    out: Path
    stamps: int
    overlap: float
    level: float
    found: float
    whole_error: float
    clear_error: float

    def summary(self) -> str:
        """Return the numbers as one line for people."""
        return (
            f"{self.out}: trained on {self.stamps:,} stamps; on the validation part overlap "
            f"{self.overlap:.2f} of features that stand out, {self.found:.2f} of galaxies with "
            f"features found at {FALSE_ALARMS:.0%} false alarms; their light is off by "
            f"{self.whole_error:.0%}, where it is clear by {self.clear_error:.0%}"
        )


def train_tracer(
    tables: Sequence[str | Path],
    out: str | Path,
    options: TracerOptions | None = None,
    start: str | Path | None = None,
) -> TracerReport:
    """Train a tracer on simulated tables that have their features' light beside them.

    Parameters
    ----------
    tables : sequence of path
        Stamp tables of one size; ``sim.features.lance`` beside ``sim.lance``.
    out : path
        The file, ``.safetensors``.
    options : TracerOptions, optional
    start : path, optional
        A tracer that is trained further; with no epochs, only what it tells of light is learned.

    Raises
    ------
    TableError
        If a table lacks its features' light, sizes differ, or there is nothing to learn from.
    OutputError
        If the file cannot be written.
    """
    out, options = Path(out), options or TracerOptions()
    check_target(out)
    opened = [StampTable.open(path) for path in tables]
    sizes = {table.spec.size_px for table in opened}
    if len(sizes) > 1:
        raise TableError(
            f"{', '.join(map(str, tables))}: have stamps of {', '.join(map(str, sorted(sizes)))} "
            "px; a tracer is trained on one size."
        )
    training, validation = (
        _joined([Examples.read(table, _rows(table, validate=validate)) for table in opened])
        for validate in (False, True)
    )
    if not len(training) or not len(validation):
        raise TableError(f"{tables[0]}: no stamps to train on, or none to validate with.")
    before = None if start is None else Tracer.load(start)
    if before is not None and options.epochs == 0:
        network, history = before.network, before.card["history"]
    else:
        network, history = train_network(
            training, validation, options, None if before is None else before.network
        )
    weighed = weigh(network, training), weigh(network, validation)
    errors = fit_lights(network.lights, *weighed, options.seed)
    return finish_tracer(network, history, errors, opened, out, options, len(training), before)


def finish_tracer(
    network: TracingNet,
    history: dict[str, list[float]],
    errors: dict[str, float],
    tables: Sequence[StampTable],
    out: Path,
    options: TracerOptions,
    stamps: int,
    before: Tracer | None = None,
) -> TracerReport:
    """Set the level of a trained network on the tables' validation parts, and write it."""
    network = network.half().float()  # as it will be read
    blank = Tracer(network, {"level": 0.0})
    parts = [_evidence(blank, table) for table in tables]
    evidence, plain = (np.concatenate(column) for column in zip(*parts, strict=True))
    if (~plain).sum() < _FEWEST:
        raise TableError(
            f"{tables[0].path}: {int((~plain).sum())} undisturbed galaxies in the validation part "
            f"are too few to set a level on; {_FEWEST} are needed."
        )
    level = float(np.quantile(evidence[~plain], 1 - FALSE_ALARMS))
    report = TracerReport(
        out,
        stamps,
        history["overlap"][-1],
        level,
        float((evidence[plain] > level).mean()),
        errors["whole"],
        errors["clear"],
    )
    card = {
        "strandline": __version__,
        "widths": list(network.widths),
        "level": level,
        "false_alarms": FALSE_ALARMS,
        "training": {
            "tables": [{"name": table.path.name, "stamps": len(table)} for table in tables],
            "stamps": stamps,
            "options": asdict(options),
            "before": None if before is None else before.card["training"],
        },
        "validation": {"overlap": report.overlap, "found": report.found, "light": errors},
        "history": history,
    }
    Tracer(network, card).save(out)
    return report


def _rows(table: StampTable, *, validate: bool) -> NDArray[np.int64]:
    told = np.array(table.columns("split")["split"].to_pylist())
    return np.flatnonzero((told == "validation") == validate).astype(np.int64)


def _joined(parts: Sequence[Examples]) -> Examples:
    return Examples(
        *(torch.cat([getattr(part, name) for part in parts]) for name in Examples.names())
    )


def _evidence(tracer: Tracer, table: StampTable) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the evidence on each stamp of the validation part, and which show a feature."""
    rows = _rows(table, validate=True)
    lights = StampTable.open(features_table(table.path))
    evidence: list[float] = []
    there: list[NDArray[np.bool_]] = []
    pairs = zip(
        table.batches(_AT_ONCE, rows=rows), lights.batches(_AT_ONCE, rows=rows), strict=True
    )
    with track("Looking for false alarms", len(rows), "stamps") as advance:
        for batch, light in pairs:
            traced = tracer.trace(
                batch.flux_njy(), batch.noise_njy, table.spec.bands, table.spec.kind
            )
            evidence += [max(map(one.evidence, one.outlines()), default=0.0) for one in traced]
            there.append(np.asarray((np.nan_to_num(light.flux_njy()) > 0).any(axis=(1, 2, 3))))
            advance(len(batch.rows))
    return np.array(evidence), np.concatenate(there)
