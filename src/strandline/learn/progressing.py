"""How much of a rare class is found, estimated by cross-validation, as labels grow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from strandline.errors import OptionError
from strandline.learn.rare import RareFit, draw_background, fit_rare

__all__ = ["LearningProgress", "learning_progress"]

_INSPECTED = (0.01, 0.05, 0.1)
_FEWEST = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LearningProgress:
    """What a page plots, a value for every so many labels; NaN before there are three examples.

    Attributes
    ----------
    labels, examples : ndarray of int64, shape (step,)
        How many labels there were, and how many of them of the class.
    auc : ndarray of float64, shape (step,)
        See `strandline.learn.rare.RareFit`.
    inspected : tuple of float
        Shares of the table, those ranked first.
    completeness, error : ndarray of float64, shape (step, share)
        Estimated share of the class that is among them, and its binomial error (with one success
        and one failure added, so that few examples are never certain).
    latest : RareFit or None
        With all labels: its head is the retrained one.
    """

    labels: NDArray[np.int64]
    examples: NDArray[np.int64]
    auc: Floats
    inspected: tuple[float, ...]
    completeness: Floats
    error: Floats
    latest: RareFit | None


def learning_progress(
    inputs: NDArray[np.float32],
    rows: ArrayLike,
    values: ArrayLike,
    *,
    seed: int,
    every: int = 10,
    earlier: LearningProgress | None = None,
) -> LearningProgress:
    """Retrain as if labels had come ten by ten, and estimate completeness each time.

    An example counts as found if its log-odds, by a head that was fitted without it, exceed those
    of all but the given share of unlabelled galaxies drawn at random. So the estimate does not
    depend on which negatives were labelled. It is too high as far as the examples found so far
    are the easy ones.

    Parameters
    ----------
    inputs : ndarray of float32, shape (table row, input)
        What the head looks at, of all rows; those with NaN are left out.
    rows : array_like of int, shape (label,)
        In the order in which they were labelled.
    values : array_like of int, shape (label,)
        1 of the class, 0 not.
    seed : int
    every : int
    earlier : LearningProgress, optional
        What was returned for the first of the same labels: only what is new is fitted.

    Raises
    ------
    OptionError
        If rows and values do not belong together, a row does not exist, or `every` is below 1.
    """
    chosen, given = np.asarray(rows, dtype=np.int64), np.asarray(values, dtype=np.int64)
    if chosen.shape != given.shape or not np.isin(given, (0, 1)).all() or every < 1:
        raise OptionError("Give 0 or 1 for each row labelled, and a step of at least 1.")
    if len(chosen) and (chosen.min() < 0 or chosen.max() >= len(inputs)):
        raise OptionError(f"Rows are 0 to {len(inputs) - 1}; labelled {chosen.max()}.")
    finite = np.flatnonzero(np.isfinite(inputs).all(axis=1))
    known = np.isin(chosen, finite)
    background = finite[draw_background(len(finite), np.searchsorted(finite, chosen[known]), seed)]
    counts = [*range(every, len(chosen), every), len(chosen)] if len(chosen) else []
    done = {} if earlier is None else {int(n): k for k, n in enumerate(earlier.labels)}
    examples, latest = np.array([int(given[:n].sum()) for n in counts], dtype=np.int64), None
    auc = np.full(len(counts), np.nan)
    completeness = np.full((len(counts), len(_INSPECTED)), np.nan)
    error = completeness.copy()
    for k, count in enumerate(counts):
        if earlier is not None and count in done and count < len(chosen):
            old = done[count]
            auc[k], completeness[k] = earlier.auc[old], earlier.completeness[old]
            error[k] = earlier.error[old]
            continue
        use = known[:count]
        if (given[:count][use] == 1).sum() < _FEWEST:
            continue
        labelled = given[:count][use]
        fit = fit_rare(inputs[chosen[:count][use]], labelled, inputs[background], seed)
        auc[k] = fit.auc
        completeness[k], error[k] = _found(fit, labelled)
        if count == len(chosen):
            latest = fit
    labels = np.array(counts, dtype=np.int64)
    return LearningProgress(labels, examples, auc, _INSPECTED, completeness, error, latest)


def _found(fit: RareFit, values: NDArray[np.int64]) -> tuple[Floats, Floats]:
    examples = fit.left_out[values == 1]
    least = np.quantile(fit.background, 1 - np.array(_INSPECTED))
    found = (examples[:, None] > least).sum(axis=0)
    smooth = (found + 1) / (len(examples) + 2)
    return found / len(examples), np.sqrt(smooth * (1 - smooth) / (len(examples) + 2))
