"""``evaluate``: how good a scored catalogue is."""

from pathlib import Path

import numpy as np

from strandline.classify import Evaluation, evaluate_scores, read_catalogue
from strandline.errors import OptionError, TableError
from strandline.files import check_target
from strandline.labels import LabelKeys, read_labels
from strandline.progress import say

__all__ = ["evaluate"]


def evaluate(
    file: str | Path,
    truth: str | Path,
    *,
    out: str | Path | None = None,
    column: str = "probability",
    threshold: float = 0.5,
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
    """
    out = Path(out) if out else Path(file).with_suffix(".evaluation.json")
    check_target(out)
    if not 0 <= threshold <= 1:
        raise OptionError(f"threshold is {threshold:g}; expected a probability from 0 to 1.")
    catalogue = read_catalogue(file)
    missing = [name for name in ("id", "source", column) if name not in catalogue.column_names]
    if missing:
        raise TableError(
            f"{file}: has no column {', '.join(missing)}; it has "
            f"{', '.join(catalogue.column_names)}. Give a catalogue made by `strandline classify`."
        )
    paths = catalogue["path"].to_pylist() if "path" in catalogue.column_names else ()
    keys = LabelKeys(catalogue["id"].to_pylist(), catalogue["source"].to_pylist(), paths)
    labels = read_labels(truth, keys)
    say(f"{truth}: {labels.summary()}.")
    scores = np.asarray(catalogue[column], dtype=np.float64)[labels.rows]
    evaluation = evaluate_scores(labels.values, scores, threshold=threshold)
    evaluation.save(out)
    return evaluation
