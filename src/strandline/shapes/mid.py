"""Multimode, intensity and deviation: signs of two nuclei (Freeman et al. 2013, MNRAS 434, 282).

Definitions follow Peth et al. (2016, MNRAS 458, 963) and statmorph (Rodriguez-Gomez et al. 2019),
but for multimode every threshold is tried, where those try some at random.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.shapes.compiled import compiled
from strandline.shapes.regions import brightest, connected
from strandline.shapes.scene import Scene

__all__ = ["deviation_intensity", "mid_region", "multimode"]

_ETA = 0.2
_BOX_PX = 3
_SIGMA_PX = 1.0


def mid_region(scene: Scene, otherwise: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels on which the three are measured (Freeman et al. 2013, section 4.3).

    Pixels of the segment are taken in from the brightest on, as long as the faintest is brighter
    than a fifth of the mean of those connected to the brightest; the outline is then smoothed.

    Parameters
    ----------
    scene : Scene
    otherwise : ndarray of bool, shape (y, x)
        Returned if the segment ends before that.
    """
    values = np.where(scene.target, np.maximum(scene.image, 0.0), 0.0)
    place = brightest(values, scene.target)
    pixels = _descending(values, scene.target)
    threshold = _fifth_of_mean(values, pixels, place[0] * values.shape[1] + place[1], _ETA)
    if np.isnan(threshold):
        return otherwise
    clump = connected((values >= threshold) & scene.target, *place)
    smooth = ndimage.uniform_filter(clump.astype(np.float64), size=_BOX_PX) > 0.5
    smooth[place] = True
    return connected(smooth, *place)


def multimode(image: NDArray[np.float64], region: NDArray[np.bool_]) -> float:
    """Return the area of the second largest over that of the largest clump above a threshold.

    At the threshold where the second largest squared over the largest is most.

    Returns
    -------
    float
        0 if there never are two clumps, NaN for an empty region.
    """
    if not region.any():
        return float("nan")
    values = np.where(region, np.maximum(image, 0.0), 0.0)
    return float(_two_clumps(values, _descending(values, region)))


def deviation_intensity(
    image: NDArray[np.float64], region: NDArray[np.bool_]
) -> tuple[float, float]:
    """Return the statistics D and I.

    Returns
    -------
    deviation : float
        Distance of the centroid from the brightest clump's peak, in radii of a circle of the
        region's area.
    intensity : float
        Light of the second brightest over that of the brightest clump, in the image smoothed by a
        Gaussian of 1 px; a clump is all from which the steepest way up leads to one peak.
    """
    values = np.where(region, np.maximum(image, 0.0), 0.0)
    total = float(values.sum())
    if not total > 0:
        return float("nan"), float("nan")
    smooth = ndimage.gaussian_filter(values, _SIGMA_PX)
    light = _light_of_peaks(smooth)
    first = int(np.argmax(light))
    y_peak, x_peak = divmod(first, values.shape[1])
    y, x = np.nonzero(values)
    weights = values[y, x]
    x_centre, y_centre = (weights * x).sum() / total, (weights * y).sum() / total
    distance = np.hypot(x_peak - x_centre, y_peak - y_centre)
    deviation = float(distance * np.sqrt(np.pi / region.sum()))
    brightest_two = np.partition(light.ravel(), -2)[-2:]
    return deviation, float(brightest_two[0] / brightest_two[1])


def _descending(values: NDArray[np.float64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the flat places of the pixels of `inside`, brightest first."""
    places = np.flatnonzero(inside)
    return places[np.argsort(-values.ravel()[places], kind="stable")].astype(np.int64)


@compiled
def _root(parent: NDArray[np.int64], pixel: int) -> int:
    while parent[pixel] != pixel:
        parent[pixel] = parent[parent[pixel]]
        pixel = parent[pixel]
    return pixel


@compiled
def _join(
    parent: NDArray[np.int64],
    area: NDArray[np.int64],
    light: NDArray[np.float64],
    pixel: int,
    value: float,
    height: int,
    width: int,
) -> None:
    """Take a pixel in and join it to those regions among its eight neighbours that are in."""
    parent[pixel] = pixel
    area[pixel] = 1
    light[pixel] = value
    y, x = pixel // width, pixel % width
    for j in range(max(y - 1, 0), min(y + 2, height)):
        for i in range(max(x - 1, 0), min(x + 2, width)):
            other = j * width + i
            if parent[other] < 0:
                continue
            one, two = _root(parent, pixel), _root(parent, other)
            if one == two:
                continue
            if area[one] < area[two]:
                one, two = two, one
            parent[two] = one
            area[one] += area[two]
            light[one] += light[two]
            area[two] = 0


@compiled
def _fifth_of_mean(
    values: NDArray[np.float64], pixels: NDArray[np.int64], seed: int, eta: float
) -> float:
    height, width = values.shape
    flat = values.ravel()
    parent = np.full(height * width, -1, dtype=np.int64)
    area = np.zeros(height * width, dtype=np.int64)
    light = np.zeros(height * width)
    for k in range(len(pixels)):
        value = flat[pixels[k]]
        _join(parent, area, light, pixels[k], value, height, width)
        root = _root(parent, seed)
        if value < eta * light[root] / area[root]:
            return float(flat[pixels[max(k - 1, 0)]])
    return np.nan


@compiled
def _two_clumps(values: NDArray[np.float64], pixels: NDArray[np.int64]) -> float:
    height, width = values.shape
    flat = values.ravel()
    parent = np.full(height * width, -1, dtype=np.int64)
    area = np.zeros(height * width, dtype=np.int64)
    light = np.zeros(height * width)
    # how many clumps there are of each area: the largest two are kept up as pixels come in
    largest, best, answer = 0, 0.0, 0.0
    clumps = np.empty(len(pixels), dtype=np.int64)
    count = 0
    for k in range(len(pixels)):
        pixel = pixels[k]
        _join(parent, area, light, pixel, flat[pixel], height, width)
        if parent[pixel] == pixel:
            clumps[count] = pixel
            count += 1
        largest = max(largest, area[_root(parent, pixel)])
        if k + 1 < len(pixels) and flat[pixels[k + 1]] == flat[pixel]:
            continue  # a threshold takes in all pixels of its value
        kept = 0
        second, seen = 0, False
        for c in range(count):
            size = area[clumps[c]]
            if size == 0:
                continue
            clumps[kept] = clumps[c]
            kept += 1
            if size == largest and not seen:
                seen = True
            elif size > second:
                second = size
        count = kept
        if second * second > best * largest:
            best, answer = second * second / largest, second / largest
    return answer


@compiled
def _light_of_peaks(smooth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each pixel the light of the clump of which it is the peak; 0 for others."""
    height, width = smooth.shape
    flat = smooth.ravel()
    above = np.empty(height * width, dtype=np.int64)
    for j in range(height):
        for i in range(width):
            best = j * width + i
            for b in range(max(j - 1, 0), min(j + 2, height)):
                for a in range(max(i - 1, 0), min(i + 2, width)):
                    if flat[b * width + a] > flat[best]:
                        best = b * width + a
            above[j * width + i] = best
    light = np.zeros(height * width)
    for pixel in range(height * width):
        if flat[pixel] > 0:
            peak = pixel
            while above[peak] != peak:
                peak = above[peak]
            light[peak] += flat[pixel]
    return light.reshape(height, width)
