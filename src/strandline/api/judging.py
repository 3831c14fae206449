"""``evaluate``: how good a scored catalogue is."""

from pathlib import Path

import numpy as np

from strandline.classify import Evaluation, evaluate_scores, read_catalogue
from strandline.errors import TableError
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
    evaluation.save(Path(out) if out else Path(file).with_suffix(".evaluation.json"))
    return evaluation
