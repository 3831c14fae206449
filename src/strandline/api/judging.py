"""``evaluate``: how good a scored catalogue is."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from strandline.classify import Evaluation, evaluate_scores, read_catalogue, reliability
from strandline.errors import OptionError, TableError
from strandline.files import check_target
from strandline.labels import LabelKeys, read_labels, shown_name
from strandline.progress import say

__all__ = ["evaluate"]


def evaluate(
    file: str | Path,
    truth: str | Path,
    *,
    out: str | Path | None = None,
    column: str = "probability",
    threshold: float = 0.5,
    prevalence: float = 0.5,
) -> Evaluation:
    """Measure a scored catalogue against labels, and write the numbers beside it.

    Parameters
    ----------
    file : path
        What `classify` or `find` wrote.
    truth : path
        Labels, see `strandline.labels.read_labels`. Only galaxies with a label count.
    out : path, optional
        JSON; by default the catalogue's name with ``.evaluation.json``.
    column : str
        Which probability to measure.
    threshold : float
        For the confusion counts.
    prevalence : float
        At which it is measured whether probabilities hold: galaxies are weighted so that this share
        interacts, and probabilities, which are taken to be on the balanced scale, brought to it.
        Not measured of ``probability_sky``, nor if there is no probability.
    """
    out = Path(out) if out else Path(file).with_suffix(".evaluation.json")
    check_target(out)
    if not 0 <= threshold <= 1:
        raise OptionError(f"threshold is {threshold:g}; expected a probability from 0 to 1.")
    if not 0 < prevalence < 1:
        raise OptionError(f"prevalence is {prevalence:g}; expected a share between 0 and 1.")
    catalogue = read_catalogue(file)
    _check(file, catalogue, column)
    names = ("id", "source", "path", "ra", "dec")
    keys = LabelKeys(
        *(catalogue[name].to_pylist() if name in catalogue.column_names else () for name in names)
    )
    labels = read_labels(truth, keys)
    say(f"{shown_name(truth)}: {labels.summary()}.")
    scores = np.asarray(catalogue[column], dtype=np.float64)[labels.rows]
    if (np.abs(scores - 0.5) > 0.5).any():
        say(
            f"{file}: column {column} holds {scores[np.abs(scores - 0.5) > 0.5][0]:g}, which is no "
            "probability: the ranking is measured, the counts at the threshold mean little."
        )
    evaluation = evaluate_scores(labels.values, scores, threshold=threshold)
    if (np.abs(scores - 0.5) <= 0.5).all() and column != "probability_sky":
        held = reliability(labels.values, scores, prevalence)
        evaluation = replace(evaluation, reliability=held)
    evaluation.save(out)
    return evaluation


def _check(file: str | Path, catalogue: pa.Table, column: str) -> None:
    """Refuse a catalogue that cannot be measured, and say why."""
    missing = [name for name in ("id", "source", column) if name not in catalogue.column_names]
    if missing:
        raise TableError(
            f"{file}: has no column {', '.join(missing)}; it has "
            f"{', '.join(catalogue.column_names)}. Give a catalogue made by `strandline classify`."
        )
    kind = catalogue[column].type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        raise TableError(
            f"{file}: column {column} does not hold numbers but {kind}. "
            "Name a column of probabilities with --column."
        )
    names = Counter(catalogue["id"].to_pylist())
    name, times = names.most_common(1)[0] if names else ("", 0)
    if times > 1:
        raise TableError(
            f"{file}: id {name!r} stands in {times} rows, so a label does not tell which is meant. "
            "Evaluate catalogues one by one, or make their ids unique."
        )
