"""``combine``: how much each of several trained models counts for, told by validation labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.learn.calibration import folds_of, judged, platt, shares
from strandline.learn.cards import describe_tables, made_now
from strandline.learn.embedding import score_rows
from strandline.learn.ensemble import Ensemble, Member
from strandline.learn.labelled import Part, galaxies, rarer, scored_galaxies
from strandline.learn.model import Model
from strandline.learn.preparing import split_of
from strandline.progress import say
from strandline.stamps import StampTable

__all__ = ["Weighing", "combine", "weigh"]

_FEWEST_OF_A_CLASS = 5
_FOLDS = 5
_CLIP = 5e-7  # cards keep six digits of a probability


@dataclass(frozen=True)
class Weighing:
    """What is made of the log-odds of several models.

    Attributes
    ----------
    calibration : ndarray of float64, shape (model, 2)
        Scale and offset of each.
    weights : ndarray of float64, shape (model,)
        Of the calibrated log-odds in the sum.
    bias : float
        Added to the sum.
    """

    calibration: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: float

    def sum(self, odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log-odds of all together, shape (row,), of those of shape (row, model)."""
        scale, offset = self.calibration.T
        return np.asarray((odds * scale + offset) @ self.weights + self.bias)


def weigh(odds: NDArray[np.float64], values: NDArray[np.int64], seed: int) -> Weighing:
    """Calibrate each model's log-odds, share the weight among them, calibrate the sum.

    The average of calibrated log-odds that err alike is calibrated, of those that err each in its
    own way it is too timid: hence the second calibration (both: Platt 1999). Of the shares see
    `strandline.learn.calibration.shares`.

    Parameters
    ----------
    odds : ndarray of float64, shape (row, model)
        Of galaxies that were left out of training.
    values : ndarray of int64, shape (row,)
    seed : int
    """
    calibration = np.array([platt(column, values) for column in odds.T])
    calibrated = odds * calibration[:, 0] + calibration[:, 1]
    share = shares(calibrated, values, seed)
    scale, bias = platt(calibrated @ share, values)
    return Weighing(calibration, scale * share, bias)


def combine(
    name: str,
    models: Mapping[str, Model],
    *,
    table: StampTable | None = None,
    labels: Part | None = None,
    seed: int = 0,
    description: str = "",
) -> Ensemble:
    """Make one model of several.

    Parameters
    ----------
    name : str
    models : mapping of str to Model
        The members, with heads; embedding and map will be those of the first.
    table : StampTable, optional
    labels : (rows, values), optional
        Of the table. Those in its ``validation`` part tell calibration and weights; no others are
        looked at. Without, or with fewer than five of a class there, all members count alike.
    seed : int
    description : str
        For the card.

    Returns
    -------
    Ensemble
        Its card tells how good it is on the same labels, by weights that were found on other folds
        of them.

    Raises
    ------
    ModelError
        If a member has no head, or members do not go together or do not suit the table.

    Notes
    -----
    The last fit of a head sees the validation labels, too, so its scores of them would flatter
    it. Cards keep scores by the fit before, which did not: these are taken where the card names
    the galaxy. A galaxy that a card does not name is one whose label the model was never given.
    """
    equal = Ensemble.equal(models, name)
    card: dict[str, Any] = {"name": name, "description": description or _described(models)}
    known = None if table is None or labels is None else _validation(table, labels)
    if table is None or known is None:
        card |= {"combined_on": {"labels": 0, "weights": "equal"}, "seed": seed} | made_now()
        return Ensemble(name, equal.members, 0.0, card)
    equal.check(table.spec)
    rows, values = known
    found = [_odds(short, model, table, rows, values) for short, model in models.items()]
    odds = np.stack([each for each, _ in found], axis=1)
    weighing = weigh(odds, values, seed)
    members: dict[str, Member] = {}
    for number, (short, model) in enumerate(models.items()):
        scale, offset = weighing.calibration[number].tolist()
        members[short] = Member(model, scale, offset, float(weighing.weights[number]))
    card |= {
        "combined_on": {
            "table": describe_tables([table])[0],
            "part": "validation",
            "interacting": int(values.sum()),
            "non_interacting": int((1 - values).sum()),
            "kept_scores": {short: kept for short, (_, kept) in zip(models, found, strict=True)},
        },
        "seed": seed,
        **_measured(table, rows, odds, values, seed),
        **made_now(),
    }
    return Ensemble(name, members, weighing.bias, card)


def _described(models: Mapping[str, Model]) -> str:
    parts = (f"{name} ({model.recipe.name})" for name, model in models.items())
    return f"Log-odds of {', '.join(parts)} together."


def _validation(table: StampTable, labels: Part) -> Part | None:
    """Return the labels of the validation part; None, and say so, if they are too few."""
    rows, values = labels
    order = np.argsort(rows, kind="stable")
    rows, values = rows[order], values[order]
    here = split_of(table)[rows] == "validation"
    rows, values = rows[here], values[here]
    if rarer(values) < _FEWEST_OF_A_CLASS:
        say(
            f"{table.path}: its validation part has {int(values.sum())} labels of interacting and "
            f"{int((1 - values).sum())} of other galaxies; at least {_FEWEST_OF_A_CLASS} of each "
            "are needed to weigh models. All count alike."
        )
        return None
    return rows, values


def _odds(
    name: str,
    model: Model,
    table: StampTable,
    rows: NDArray[np.int64],
    values: NDArray[np.int64],
) -> tuple[NDArray[np.float64], int]:
    """Return log-odds of rows that were left out, and how many of them the card has kept."""
    kept = _kept(model, galaxies(table, rows), values)
    missing = np.isnan(kept)
    if missing.any() and "galaxy" not in model.card.get("validation_scores", {}):
        say(
            f"{name}: its card names no galaxies that it was validated on. If it has learned from "
            "these labels, its scores of them flatter it."
        )
    probability = kept.copy()
    if missing.any():
        probability[missing] = score_rows(table, model, rows[missing])[1]
    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    return np.log(clipped / (1 - clipped)), int((~missing).sum())


def _kept(model: Model, names: list[str], values: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the probabilities that a card keeps of these galaxies; NaN where it has none.

    They may have been validated in a table that was joined of this one and others, or had another
    name: then ids are compared, and believed if every label agrees.
    """
    told = model.card.get("validation_scores", {})
    scores = told.get("score", [])
    if "galaxy" not in told:
        same = told.get("truth") == values.tolist()  # the very labels, in the order of the table
        return np.asarray(scores if same else np.full(len(names), np.nan), dtype=np.float64)
    kept = dict(zip(told["galaxy"], scores, strict=True))
    if not kept.keys().isdisjoint(names):
        return np.array([kept.get(name, np.nan) for name in names], dtype=np.float64)
    ids = [name.rpartition("/")[2] for name in names]
    theirs = [name.rpartition("/")[2] for name in told["galaxy"]]
    truth = dict(zip(theirs, told["truth"], strict=True))
    shared = [number for number, own in enumerate(ids) if own in truth]
    known = np.array([truth[ids[number]] for number in shared], dtype=np.int64)
    found = np.full(len(names), np.nan)
    both = len(np.unique(known)) == 2 and len(truth) == len(theirs)
    if both and np.array_equal(known, values[shared]):
        by_id = dict(zip(theirs, scores, strict=True))
        found[shared] = [by_id[ids[number]] for number in shared]
    return found


def _measured(
    table: StampTable,
    rows: NDArray[np.int64],
    odds: NDArray[np.float64],
    values: NDArray[np.int64],
    seed: int,
) -> dict[str, Any]:
    """Return what the card says of log-odds by weights that were found without the row."""
    left = np.empty(len(values))
    for inside, outside in folds_of(values, _FOLDS, seed):
        left[outside] = weigh(odds[inside], values[inside], seed).sum(odds[outside])
    scores = (1 / (1 + np.exp(-np.clip(left, -80, 80)))).astype(np.float32)
    found = scored_galaxies(galaxies(table, rows), values, scores)
    found["validation"] |= {"log_loss": judged(left, values)["log_loss"]}
    return found
