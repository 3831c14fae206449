"""The ridge line of a feature: the path of its light from end to end.

The ends are the two pixels of the feature that are farthest from each other on paths within it. The
ridge is the cheapest path between them where faint light is dear, and then is smoothed, so that it
runs in the middle of the light (a discrete principal curve; Hastie & Stuetzle 1989).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

__all__ = ["Ridge", "ridge_of"]

_MOST_CELLS = 1500  # larger features are binned: their ridge is as smooth as they are wide
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))
_DEAR = 1.5  # power of brightness by which a faint cell is dearer
_MEDIAN_TO_SIGMA = 1.4826
_SMOOTHED_PARTS = 12  # the ridge is smoothed over such a part of its length


@dataclass(frozen=True)
class Ridge:
    """A ridge line.

    Attributes
    ----------
    x, y : ndarray of float64, shape (point,)
        In px of the stamp, from one end to the other.
    length_px : float
        Along it.
    straight_px : float
        From end to end.
    curvature : float
        Angle by which it turns from end to end, over its length: rad per px.
    width_px : float
        Full width at half maximum across it, were its light Gaussian there: from the distance
        within which half of its light lies.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    length_px: float
    straight_px: float
    curvature: float
    width_px: float


def ridge_of(light: NDArray[np.float64], mask: NDArray[np.bool_]) -> Ridge | None:
    """Return the ridge of a feature; of its largest piece if it is in several.

    Parameters
    ----------
    light : ndarray of float64, shape (y, x)
        Smooth enough to be positive on most of the feature.
    mask : ndarray of bool, shape (y, x)
        Pixels of the feature.

    Returns
    -------
    Ridge or None
        None for an empty mask, or one without an extent.
    """
    if mask.sum() < 3:
        return None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    bin_px = int(np.ceil(np.sqrt(mask.sum() / _MOST_CELLS)))
    cells, inside = _binned(np.where(mask[box], light[box], 0.0), mask[box], bin_px)
    labels, count = ndimage.label(inside, structure=np.ones((3, 3)))
    if count > 1:
        largest = 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))
        inside = labels == largest
    row, column = np.nonzero(inside)
    if len(row) < 3:
        return None
    path = _path(row, column, inside, np.clip(cells[row, column], 0, None))
    if len(path) < 2:
        return None
    x, y = _smoothed(column[path].astype(np.float64), row[path].astype(np.float64))
    x = (x + 0.5) * bin_px - 0.5 + columns[0]
    y = (y + 0.5) * bin_px - 0.5 + rows[0]
    return _told(x, y, light, mask, bin_px)


def _binned(
    light: NDArray[np.float64], mask: NDArray[np.bool_], bin_px: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    if bin_px == 1:
        return light, mask
    height, width = (-(-side // bin_px) for side in light.shape)
    pad = (height * bin_px - light.shape[0], width * bin_px - light.shape[1])
    shape = (height, bin_px, width, bin_px)
    padded = np.pad(light, ((0, pad[0]), (0, pad[1]))).reshape(shape)
    there = np.pad(mask, ((0, pad[0]), (0, pad[1]))).reshape(shape)
    return padded.sum(axis=(1, 3)) / bin_px**2, there.mean(axis=(1, 3)) >= 0.5


def _path(
    row: NDArray[np.intp],
    column: NDArray[np.intp],
    inside: NDArray[np.bool_],
    bright: NDArray[np.float64],
) -> NDArray[np.intp]:
    """Return cells from end to end."""
    number = np.full(inside.shape, -1, dtype=np.intp)
    number[row, column] = np.arange(len(row))
    deep = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1][row, column]
    middle = bright / max(float(np.quantile(bright, 0.9)), 1e-12) + deep / deep.max()
    dear = 1.0 / np.clip(middle / 2, 0.05, 1.0) ** _DEAR
    first, second, length = [], [], []
    padded = np.pad(number, 1, constant_values=-1)
    for down, right in _STEPS:
        other = padded[
            1 + down : 1 + down + inside.shape[0], 1 + right : 1 + right + inside.shape[1]
        ]
        a, b = number[(number >= 0) & (other >= 0)], other[(number >= 0) & (other >= 0)]
        first.append(a)
        second.append(b)
        length.append(np.full(len(a), np.hypot(down, right)))
    a, b, step = np.concatenate(first), np.concatenate(second), np.concatenate(length)
    plain = _graph(a, b, step, len(row))
    start = int(np.argmin(row + column))
    for _ in range(2):  # the farthest from any point is an end
        away = dijkstra(plain, directed=False, indices=np.array([start]))[0]
        end, start = start, int(np.argmax(np.where(np.isfinite(away), away, -1)))
    costly = _graph(a, b, step * (dear[a] + dear[b]) / 2, len(row))
    _, before = dijkstra(
        costly, directed=False, indices=np.array([start]), return_predecessors=True
    )
    path = [end]
    while path[-1] != start and before[0, path[-1]] >= 0:
        path.append(int(before[0, path[-1]]))
    return np.array(path[::-1], dtype=np.intp)


def _graph(
    a: NDArray[np.intp], b: NDArray[np.intp], weight: NDArray[np.float64], count: int
) -> csr_array:
    return csr_array(coo_array((weight, (a, b)), shape=(count, count)))


def _smoothed(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smooth a path; its ends stay."""
    sigma = max(len(x) / _SMOOTHED_PARTS, 1.0)
    reach = int(3 * sigma) + 1

    def calm(values: NDArray[np.float64]) -> NDArray[np.float64]:
        # mirrored through its ends, so that these do not move
        padded = np.pad(values, reach, mode="reflect", reflect_type="odd")
        return np.asarray(ndimage.gaussian_filter1d(padded, sigma)[reach:-reach])

    if len(x) <= reach:
        return np.linspace(x[0], x[-1], max(len(x), 2)), np.linspace(y[0], y[-1], max(len(x), 2))
    return calm(x), calm(y)


def _told(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    light: NDArray[np.float64],
    mask: NDArray[np.bool_],
    bin_px: int,
) -> Ridge:
    steps = np.hypot(np.diff(x), np.diff(y))
    length = float(steps.sum()) + bin_px  # from edge to edge, not from middle to middle
    straight = float(np.hypot(x[-1] - x[0], y[-1] - y[0])) + bin_px
    part = max(len(x) // 5, 1)
    begin = np.arctan2(y[part] - y[0], x[part] - x[0])
    end = np.arctan2(y[-1] - y[-1 - part], x[-1] - x[-1 - part])
    turned = abs((end - begin + np.pi) % (2 * np.pi) - np.pi)
    rows, columns = np.nonzero(mask)
    weight = np.clip(light[rows, columns], 0, None)
    tree = cKDTree(np.column_stack([x, y]))
    away = np.asarray(tree.query(np.column_stack([columns, rows]))[0], dtype=np.float64)
    order = np.argsort(away)
    growth = np.cumsum(weight[order])
    half = min(int(np.searchsorted(growth, 0.5 * growth[-1])), len(order) - 1)
    spread = _MEDIAN_TO_SIGMA * float(away[order][half])
    return Ridge(x, y, length, straight, float(turned / length), 2.355 * spread)
