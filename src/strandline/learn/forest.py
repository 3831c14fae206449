"""A forest as a head: trees as arrays of numbers, walked by a compiled loop of our own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from strandline.learn.heads import Head
from strandline.shapes.compiled import compiled

__all__ = ["ForestHead"]

_LEAF = -1


@dataclass(frozen=True)
class ForestHead(Head):
    """Mean share of interacting galaxies in the leaves of many trees; its log-odds scaled.

    The nodes of all trees stand one after the other. Those on either side of a node come after it.

    Attributes
    ----------
    feature : ndarray of int32, shape (node,)
        Which input a node asks for; -1 in a leaf.
    threshold : ndarray of float64, shape (node,)
        An input up to this goes left.
    left, right : ndarray of int32, shape (node,)
        Nodes to go on to; the node itself in a leaf.
    share : ndarray of float64, shape (node,)
        Of interacting galaxies, both classes taken as equally frequent.
    roots : ndarray of int32, shape (tree,)
    scale, offset : float
        Log-odds = scale * log-odds of the mean share + offset: calibration.

    Notes
    -----
    Mean shares of 0 and 1 are taken as half a tree's worth away from them.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    share: NDArray[np.float64]
    roots: NDArray[np.int32]
    scale: float = 1.0
    offset: float = 0.0

    @classmethod
    def of(cls, forest: Any) -> Self:
        """Copy the trees of a fitted forest of scikit-learn, of classes 0 and 1."""
        trees = [fitted.tree_ for fitted in forest.estimators_]
        roots = np.cumsum([0, *(tree.node_count for tree in trees)])[:-1]
        leaf = np.concatenate([tree.children_left < 0 for tree in trees])
        here = np.arange(len(leaf))

        def joined(name: str) -> NDArray[np.int32]:
            parts = [getattr(tree, name) + root for tree, root in zip(trees, roots, strict=True)]
            return np.where(leaf, here, np.concatenate(parts)).astype(np.int32)

        feature = np.concatenate([tree.feature for tree in trees])
        threshold = np.concatenate([tree.threshold for tree in trees])
        return cls(
            np.where(leaf, _LEAF, feature).astype(np.int32),
            np.where(leaf, 0.0, threshold),
            joined("children_left"),
            joined("children_right"),
            # shares of both classes since scikit-learn 1.3
            np.concatenate([tree.value[:, 0, 1] for tree in trees]),
            roots.astype(np.int32),
        )

    def shares(self, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the mean share of each row, as scikit-learn's ``predict_proba`` does."""
        rows = np.ascontiguousarray(inputs, dtype=np.float32)
        parts = (self.feature, self.threshold, self.left, self.right, self.share, self.roots)
        return _walk(rows, *parts)

    def logit(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return log-odds, shape (row,), of inputs of shape (row, input)."""
        least = 0.5 / len(self.roots)
        share = np.clip(self.shares(features), least, 1 - least)
        return np.asarray(self.scale * np.log(share / (1 - share)) + self.offset)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the nodes, the roots and the calibration."""
        return {
            "feature": self.feature,
            "threshold": self.threshold,
            "left": self.left,
            "right": self.right,
            "share": self.share,
            "roots": self.roots,
            "calibration": np.array([self.scale, self.offset], dtype=np.float64),
        }

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[np.generic]], width: int) -> Self:
        """Return what `arrays` describe, safe to walk whatever file they come from.

        Raises
        ------
        ValueError
            If a node asks for an input beyond `width`, or leads to a node that is not after it.
        """
        feature, left, right = (
            np.asarray(arrays[name], dtype=np.int32) for name in ("feature", "left", "right")
        )
        threshold, share = (np.asarray(arrays[n], dtype=np.float64) for n in ("threshold", "share"))
        roots = np.asarray(arrays["roots"], dtype=np.int32)
        calibration = np.asarray(arrays["calibration"], dtype=np.float64)
        count, here = len(feature), np.arange(len(feature))
        shapes = {part.shape for part in (feature, threshold, left, right, share)}
        if shapes != {(count,)} or calibration.shape != (2,) or roots.ndim != 1 or not roots.size:
            raise ValueError("the trees of head.feature, head.left and others do not fit together")
        if feature.max() >= width or feature.min() < _LEAF:
            raise ValueError(f"head.feature asks for input {feature.max()} of {width} inputs")
        inner = feature > _LEAF
        forward = (left > here) & (right > here) & (left < count) & (right < count)
        if not forward[inner].all() or roots.min() < 0 or roots.max() >= count:
            raise ValueError("head.left, head.right or head.roots lead out of the trees")
        scale, offset = float(calibration[0]), float(calibration[1])
        return cls(feature, threshold, left, right, share, roots, scale, offset)


@compiled
def _walk(
    rows: NDArray[np.float32],
    feature: NDArray[np.int32],
    threshold: NDArray[np.float64],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    share: NDArray[np.float64],
    roots: NDArray[np.int32],
) -> NDArray[np.float64]:
    result = np.zeros(len(rows))
    for row in range(len(rows)):
        total = 0.0
        for root in roots:
            node = root
            while feature[node] >= 0:
                goes_left = rows[row, feature[node]] <= threshold[node]
                node = left[node] if goes_left else right[node]
            total += share[node]
        result[row] = total / len(roots)
    return result
