"""A trained network beside a head on shape statistics: log-odds averaged, shares by validation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.learn.blend import BlendHead, BlendPart
from strandline.learn.calibration import platt, shares
from strandline.learn.embedding import score_rows
from strandline.learn.heads import Head
from strandline.learn.inputs import HeadInputs
from strandline.learn.labelled import Part, scored
from strandline.learn.model import Model
from strandline.learn.shapedfit import ShapedFit, fit_shaped
from strandline.recipe import HeadSettings
from strandline.shapes import read_shapes
from strandline.stamps import StampTable

__all__ = ["Stacked", "finish_network", "stack"]


@dataclass(frozen=True)
class Stacked:
    """What stands on a network, and how it did.

    Attributes
    ----------
    fit : ShapedFit
    scores : ndarray of float32, shape (validation row,)
        Probabilities by shapes fitted to the training labels alone.
    """

    fit: ShapedFit
    scores: NDArray[np.float32]


def finish_network(
    model: Model, table: StampTable, training: Part, validation: Part, seed: int
) -> Model:
    """Return a trained network's model with what its recipe says of shapes, measured.

    Parameters
    ----------
    model : Model
        With the network's last layer as its head.
    table : StampTable
    training, validation : pair of ndarray
        Rows and values that the network was trained on, and those left out.
    seed : int
    """
    rows, values = validation
    features, probability = score_rows(table, model, rows)
    if model.recipe.head.shapes == "none" or model.head is None:
        model.card |= scored(table, rows, values, probability)
        return model
    together = [np.concatenate(pair) for pair in zip(training, validation, strict=True)]
    inside = np.arange(len(together[0])) < len(training[0])
    measured = read_shapes(table, together[0])
    found = stack(model.head, features, measured, together[1], inside, model.recipe.head, seed)
    told: dict[str, Any] = {**model.card.get("head", {}), **found.fit.chosen}
    card = model.card | {"head": told} | scored(table, rows, values, found.scores)
    parts = (found.fit.head, card, found.fit.inputs, model.erasure)
    return Model(model.recipe, model.scaling, model.encoder, *parts)


def stack(
    network: Head,
    features: NDArray[np.float32],
    measured: NDArray[np.float32],
    values: NDArray[np.int64],
    inside: NDArray[np.bool_],
    settings: HeadSettings,
    seed: int,
) -> Stacked:
    """Average the log-odds of a network and of a forest on shapes.

    A network's features of its own training galaxies are overfitted: a head on them would trust
    them too much. So the forest is fitted to shapes alone, and what each of the two counts for is
    told by the validation labels, which neither saw: the share is its mean over a flat prior times
    the likelihood of those labels, so that few of them leave it near a half (each is calibrated
    before). The network's epoch may have been chosen on them, which flatters it a little.

    Parameters
    ----------
    network : Head
        On the features.
    features : ndarray of float32, shape (validation row, feature)
    measured : ndarray of float32, shape (row, len(SHAPE_NAMES))
    values : ndarray of int64, shape (row,)
    inside : ndarray of bool, shape (row,)
        Which were trained on; the others are the validation rows, in their order.
    settings : HeadSettings
        With shapes ``beside``, or ``only``: then the network counts for nothing, and the head on
        shapes is of the kind that it names.
    seed : int
    """
    nothing = np.zeros((len(values), 0), dtype=np.float32)
    only = settings.model_copy(update={"shapes": "only"})
    if settings.shapes == "beside":
        only = only.model_copy(update={"kind": "forest"})
    first = fit_shaped(nothing[inside], measured[inside], values[inside], only, seed)
    last = fit_shaped(nothing, measured, values, only, seed)
    if settings.shapes == "only":
        return Stacked(last, first.probability(nothing[~inside], measured[~inside]))
    truth = values[~inside]
    odds = network.logit(features)
    scale, offset = platt(odds, truth)
    by_shape = first.head.logit(first.inputs.matrix(nothing[~inside], measured[~inside]))
    calibrated = np.stack([scale * odds + offset, by_shape], axis=1)
    share = float(shares(calibrated, truth, seed)[0])
    both = calibrated @ np.array([share, 1 - share])
    last_scale, last_offset = platt(both, truth)
    width = features.shape[1]
    inputs = HeadInputs(width, last.inputs.shapes, last.inputs.fill)
    head = BlendHead(
        (
            BlendPart(network, 0, width, last_scale * share * scale),
            BlendPart(last.head, width, inputs.width, last_scale * (1 - share)),
        ),
        last_scale * share * offset + last_offset,
    )
    left = last_scale * both + last_offset
    scores = 1 / (1 + np.exp(-np.clip(left, -80, 80)))
    chosen = {"shapes": "beside", "network_share": share, "shapes_auc": last.chosen["auc"]}
    return Stacked(ShapedFit(inputs, head, chosen, left), scores.astype(np.float32))
