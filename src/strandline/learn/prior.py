"""What an encoder's own head knows already, beside a head fitted to new labels.

An encoder that was pretrained with labels, of simulations say, has a head of its own. Fifty labels
of another sky tell less than thousands of simulated galaxies, thousands of them more: the log-odds
of both heads are averaged, and the new labels, each left out in turn, say how much each counts for.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from strandline.learn.blend import BlendHead, BlendPart
from strandline.learn.calibration import judged, platt, shares
from strandline.learn.cards import describe_tables
from strandline.learn.heads import Head
from strandline.learn.inputs import HeadInputs
from strandline.learn.model import Model
from strandline.learn.shapedfit import ShapedFit
from strandline.shapes import SHAPE_NAMES, SHAPES_VERSION
from strandline.stamps import StampTable

__all__ = ["Prior"]


@dataclass(frozen=True)
class Prior:
    """A head that is there already.

    Attributes
    ----------
    head : Head
    inputs : HeadInputs
        What it looks at.
    """

    head: Head
    inputs: HeadInputs

    @classmethod
    def of(cls, encoder: Model, table: StampTable | None = None) -> Self | None:
        """Return the head of an encoder, or None if there is none to be relied on.

        That is so if it was fitted to `table`, whose labels it then knows by heart, or needs shape
        statistics of another version.
        """
        inputs = encoder.inputs
        if encoder.head is None or (inputs.shapes and inputs.version != SHAPES_VERSION):
            return None
        learned = encoder.card.get("training", {}).get("tables", [])
        if table is not None and describe_tables([table])[0] in learned:
            return None
        return cls(encoder.head, inputs)

    def joined(
        self,
        fitted: ShapedFit,
        features: NDArray[np.float32],
        measured: NDArray[np.float32] | None,
        values: NDArray[np.int64],
        seed: int,
    ) -> ShapedFit:
        """Return the average of a head fitted to new labels and of this one.

        Both are calibrated on the labels, share by likelihood (`calibration.shares`), and their
        average is calibrated again. As it is without shapes where this head needs them.

        Parameters
        ----------
        fitted : ShapedFit
        features, measured, values
            That it was fitted to; see `shapedfit.fit_shaped`.
        seed : int
        """
        if self.inputs.shapes and measured is None:
            return fitted
        inputs = _union(self.inputs, fitted.inputs, features.shape[1])
        if any(
            looks.shapes != inputs.shapes[: len(looks.shapes)]
            for looks in (self.inputs, fitted.inputs)
        ):
            return fitted
        own = self.head.logit(self.inputs.matrix(features, measured))
        scale, offset = platt(own, values)
        both = np.stack([fitted.left_out, scale * own + offset], axis=1)
        share = shares(both, values, seed)
        last_scale, last_offset = platt(both @ share, values)
        weights = last_scale * share * [1.0, scale]
        bias = last_offset + last_scale * share[1] * offset
        parts: list[BlendPart] = []
        for head, looks, weight in (
            (fitted.head, fitted.inputs, weights[0]),
            (self.head, self.inputs, weights[1]),
        ):
            flat, more = _parts(head, *_seen(looks, inputs), float(weight))
            parts += flat
            bias += more
        left = last_scale * (both @ share) + last_offset
        told = {**judged(left, values), "prior": float(share[1])}
        chosen = {**fitted.chosen, "auc_alone": fitted.chosen["auc"], **told}
        return ShapedFit(inputs, BlendHead(tuple(parts), float(bias)), chosen, left)


def _union(one: HeadInputs, other: HeadInputs, width: int) -> HeadInputs:
    """Return inputs that hold those of both: the embedding, then shape statistics.

    What stands for a gap is taken from `one`, where it knows.
    """
    fill = dict(zip(other.shapes, other.fill, strict=True))
    fill |= dict(zip(one.shapes, one.fill, strict=True))
    names = tuple(name for name in SHAPE_NAMES if name in fill)
    embedding = width if one.embedding or other.embedding else 0
    return HeadInputs(embedding, names, tuple(fill[name] for name in names))


def _seen(looks: HeadInputs, whole: HeadInputs) -> tuple[int, int]:
    """Return from where and up to where a head looks at the columns of `whole`.

    Shape statistics are always in the same order, with those that may be left out at the end.
    """
    first = 0 if looks.embedding else whole.embedding
    stop = whole.embedding + len(looks.shapes) if looks.shapes else looks.embedding
    return first, stop


def _parts(head: Head, first: int, stop: int, weight: float) -> tuple[list[BlendPart], float]:
    """Return a head that sees these columns as parts of a blend, and what it adds to the bias."""
    if not isinstance(head, BlendHead):
        return [BlendPart(head, first, stop, weight)], 0.0
    parts = [
        BlendPart(part.head, first + part.first, first + part.stop, weight * part.weight)
        for part in head.parts
    ]
    return parts, weight * head.bias
