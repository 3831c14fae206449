"""Loops over pixels, compiled once for each machine."""

from collections.abc import Callable
from typing import TypeVar, cast

import numba

__all__ = ["compiled"]

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile `function` with numba; the result is kept on disk beside its source.

    The global interpreter lock is released while it runs. Sums are taken in the order written.
    """
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
