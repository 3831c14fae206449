"""Heads from the arrays that a model's file holds."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from strandline.learn.blend import BlendHead, BlendPart
from strandline.learn.forest import ForestHead
from strandline.learn.heads import Head, LinearHead, NeighbourHead

__all__ = ["head_from"]

_NEEDED = {
    "seen": ("seen", "weights", "bias"),
    "roots": ("feature", "threshold", "left", "right", "share", "roots", "calibration"),
    "members": ("mean", "std", "members", "values", "count"),
    "weight": ("mean", "std", "weight", "bias"),
}  # by the array that tells the kind


def head_from(arrays: Mapping[str, NDArray[np.generic]], width: int) -> Head:
    """Return the head that `Head.arrays` describes.

    Parameters
    ----------
    arrays : mapping
    width : int
        How many inputs there are.

    Raises
    ------
    ValueError
        If arrays are missing or of other shapes; says which.
    """
    kind = next((name for name in _NEEDED if name in arrays), "weight")
    missing = set(_NEEDED[kind]) - arrays.keys()
    if missing:
        raise ValueError(f"{', '.join(f'head.{name}' for name in sorted(missing))} is missing")
    if kind == "seen":
        return _blend(arrays, width)
    if kind == "roots":
        return ForestHead.read(arrays, width)
    for name in ("mean", "std", kind):
        if arrays[name].shape[-1:] != (width,):
            raise ValueError(f"head.{name} has shape {arrays[name].shape} for {width} inputs")
    mean, std = (np.asarray(arrays[name], dtype=np.float32) for name in ("mean", "std"))
    main = np.asarray(arrays[kind], dtype=np.float32)
    if kind == "weight":
        return LinearHead(mean, std, main, float(arrays["bias"][0]))
    values = np.asarray(arrays["values"], dtype=np.float32)
    count = int(arrays["count"][0])
    if main.ndim != 2 or len(values) != len(main) or not 1 <= count <= len(main):
        raise ValueError(f"head.members has shape {main.shape} for {len(values)} values")
    return NeighbourHead(mean, std, main, values, count)


def _blend(arrays: Mapping[str, NDArray[np.generic]], width: int) -> BlendHead:
    seen = np.asarray(arrays["seen"], dtype=np.int64)
    weights = np.asarray(arrays["weights"], dtype=np.float64)
    if seen.shape != (len(weights), 2) or not len(weights):
        raise ValueError(f"head.seen has shape {seen.shape} for {len(weights)} weights")
    parts = []
    for number, ((first, stop), weight) in enumerate(zip(seen.tolist(), weights, strict=True)):
        if not 0 <= first < stop <= width:
            raise ValueError(f"head.seen takes inputs {first} to {stop} of {width} inputs")
        start = f"{number}."
        own = {
            name.removeprefix(start): array
            for name, array in arrays.items()
            if name.startswith(start)
        }
        if "seen" in own:
            raise ValueError("head.seen is a blend of blends")
        try:
            head = head_from(own, stop - first)
        except ValueError as error:
            raise ValueError(f"part {number}: {error}") from error
        parts.append(BlendPart(head, first, stop, float(weight)))
    return BlendHead(tuple(parts), float(arrays["bias"][0]))
