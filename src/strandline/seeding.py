"""Randomness: every generator comes from the caller's seed and the name of what it is for."""

import hashlib

import numpy as np

__all__ = ["generator", "stable_seed"]


def stable_seed(seed: int, *names: object) -> int:
    """Return a 63-bit seed that depends on `seed` and `names` only, alike on every machine.

    Parameters
    ----------
    seed : int
        The caller's seed.
    *names : object
        What the generator is for (purpose, object id, epoch...); compared by ``repr``.
    """
    digest = hashlib.blake2b(repr((int(seed), *names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def generator(seed: int, *names: object) -> np.random.Generator:
    """Return a numpy generator for one purpose, so that N workers draw what one worker would."""
    return np.random.default_rng(stable_seed(seed, *names))
