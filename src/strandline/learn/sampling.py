"""Which images make up each batch of an epoch; the same for the same seed and epoch."""

import numpy as np
from numpy.typing import NDArray

from strandline.seeding import generator

__all__ = ["balanced_batches", "plain_batches"]


def plain_batches(count: int, batch_size: int, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """Return one epoch over `count` images: each exactly once, in batches of nearly equal size.

    Parameters
    ----------
    count : int
    batch_size : int
        Largest batch; the smallest is at most one image smaller than the largest.
    seed, epoch : int
    """
    order = generator(seed, "sampling", epoch).permutation(count).astype(np.int64)
    return np.array_split(order, _batch_count(count, batch_size))


def balanced_batches(
    values: NDArray[np.int64], batch_size: int, seed: int, epoch: int
) -> list[NDArray[np.int64]]:
    """Return one epoch in which both classes are equally often in every batch.

    The larger class is seen once. The smaller one is gone through again and again, each time in
    a new order, so that its images differ by at most one in how often they are seen.

    Parameters
    ----------
    values : ndarray of int64, shape (image,)
        0 or 1, each at least once.
    batch_size, seed, epoch : int
    """
    random = generator(seed, "sampling", epoch)
    members = [np.flatnonzero(values == value) for value in (0, 1)]
    longest = max(len(member) for member in members)
    draws = []
    for member in members:
        rounds = -(-longest // len(member))
        draws.append(np.concatenate([random.permutation(member) for _ in range(rounds)])[:longest])
    batches = _batch_count(2 * longest, batch_size)
    halves = [np.array_split(draw, batches) for draw in draws]
    return [
        random.permutation(np.concatenate(pair)).astype(np.int64)
        for pair in zip(*halves, strict=True)
    ]


def _batch_count(count: int, batch_size: int) -> int:
    return max(1, -(-count // batch_size))
