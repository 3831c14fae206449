"""Which labels a classifier is given: the same draws for all that are compared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.errors import LabelError
from strandline.seeding import generator

__all__ = ["LabelDraw", "draw_labels"]

_FEWEST_OF_A_CLASS = 2


@dataclass(frozen=True)
class LabelDraw:
    """Some labels to train on.

    Attributes
    ----------
    count : int
        How many were asked for.
    number : int
        Which draw of this count.
    members : ndarray of int64, shape (label,)
        Places among the labelled galaxies, ascending.
    seed : int
        For what is at random in training.
    """

    count: int
    number: int
    members: NDArray[np.int64]
    seed: int


def draw_labels(
    values: NDArray[np.int64], pool: NDArray[np.int64], count: int, draws: int, seed: int
) -> list[LabelDraw]:
    """Draw labels, both classes equally often, as Desmons et al. (2023, arXiv:2308.07962) have it.

    Parameters
    ----------
    values : ndarray of int64, shape (labelled,)
        0 or 1 for every labelled galaxy.
    pool : ndarray of int64
        Places among them that may be trained on.
    count : int
        Labels to draw. Where a class has less than half of that, all of it is taken, and the rest
        is of the other.
    draws : int
        How often. A smaller count's draws are part of a larger one's of the same number, so that
        more labels are more of the same. Where there is no choice, there is one draw.
    seed : int

    Raises
    ------
    LabelError
        If the pool has less than two of a class.
    """
    members = [pool[values[pool] == value] for value in (0, 1)]
    sizes = [len(of) for of in members]
    if min(sizes) < _FEWEST_OF_A_CLASS:
        raise LabelError(
            f"The labels to train on hold {sizes[1]} interacting and {sizes[0]} other galaxies; "
            f"at least {_FEWEST_OF_A_CLASS} of each are needed."
        )
    wanted = [min(size, count // 2) for size in sizes]
    for one, other in ((0, 1), (1, 0)):
        wanted[one] = min(sizes[one], max(wanted[one], count - wanted[other]))
    if wanted == sizes:
        draws = 1
    result = []
    for number in range(draws):
        rng = generator(seed, "labels", number)
        chosen = [rng.permutation(of)[:n] for of, n in zip(members, wanted, strict=True)]
        result.append(LabelDraw(count, number, np.sort(np.concatenate(chosen)), seed + number))
    return result
