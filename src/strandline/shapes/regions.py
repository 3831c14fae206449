"""Connected regions of a stamp."""

import numpy as np
from numpy.typing import NDArray

from strandline.shapes.compiled import compiled

__all__ = ["brightest", "connected"]


def brightest(image: NDArray[np.float64], inside: NDArray[np.bool_]) -> tuple[int, int]:
    """Return row and column of the brightest pixel of `image` among `inside`, which has some."""
    found = int(np.argmax(np.where(inside, image, -np.inf)))
    return found // image.shape[1], found % image.shape[1]


@compiled
def connected(above: NDArray[np.bool_], row: int, column: int) -> NDArray[np.bool_]:
    """Return the 8-connected region of `above` that holds a pixel; empty if that is not in it."""
    height, width = above.shape
    region = np.zeros((height, width), dtype=np.bool_)
    if not above[row, column]:
        return region
    waiting = np.empty(height * width, dtype=np.int64)
    waiting[0] = row * width + column
    region[row, column] = True
    count = 1
    while count:
        count -= 1
        y, x = waiting[count] // width, waiting[count] % width
        for j in range(max(y - 1, 0), min(y + 2, height)):
            for i in range(max(x - 1, 0), min(x + 2, width)):
                if above[j, i] and not region[j, i]:
                    region[j, i] = True
                    waiting[count] = j * width + i
                    count += 1
    return region
