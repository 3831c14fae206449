"""From flux to brightness on a screen: sky level, noise, smoothing, the asinh scale."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

__all__ = ["asinh_scale", "hatch", "noise_of", "sky_level", "smooth"]

_HATCH_PERIOD_PX = 8
_LEAST_WEIGHT = 1e-3
_SIGMA_2_TO_10 = 2.054 - 1.282  # between these percentiles of a normal distribution


def noise_of(plane: NDArray[np.float32], noise: float) -> float:
    """Return `noise` if it is usable, else the scatter of the fainter half of `plane`.

    Parameters
    ----------
    plane : ndarray, shape (y, x)
        One band; NaN is ignored.
    noise : float
        As measured with the stamp; NaN or not positive when that failed.

    Returns
    -------
    float
        Positive; NaN when `plane` has no finite pixel.
    """
    if np.isfinite(noise) and noise > 0:
        return float(noise)
    values = plane[np.isfinite(plane)]
    if not values.size:
        return float("nan")
    middle = np.median(values)
    below = middle - values[values <= middle]
    # 1.4826: from the median absolute deviation to the sigma of a normal distribution
    scatter = 1.4826 * float(np.median(below))
    return scatter if scatter > 0 else max(float(np.std(values)), 1e-6)


def sky_level(plane: NDArray[np.float32], noise: float) -> float:
    """Return the sky's level, from the faint end of the pixels.

    In a normal sky it lies 1.645 sigma above the 5th percentile. Sigma is `noise`, or what the 2nd
    and 10th percentiles say if that is less. Unlike the median this stays right while galaxies
    cover most of the stamp, and it copes with images whose background was never subtracted.
    """
    values = plane[np.isfinite(plane)]
    if not values.size:
        return 0.0
    low, middle, high = np.percentile(values, (2, 5, 10))
    sigma = min(noise, float(high - low) / _SIGMA_2_TO_10)
    return float(middle) + 1.645 * sigma


def smooth(plane: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Return `plane` smoothed by a Gaussian; missing pixels take no part and stay NaN."""
    good = np.isfinite(plane)
    filled = np.where(good, plane, np.float32(0))
    total = gaussian_filter(filled, sigma_px, mode="constant", truncate=3.0)
    weight = gaussian_filter(good.astype(np.float32), sigma_px, mode="constant", truncate=3.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(good & (weight > _LEAST_WEIGHT), total / weight, np.nan)
    return ratio.astype(np.float32)


def asinh_scale(
    value: NDArray[np.float32], black: float, white: float, softening: float
) -> NDArray[np.float32]:
    """Return `value` on the scale where `black` is 0 and `white` is 1.

    Linear within `softening` of zero, logarithmic far above (Lupton et al. 1999, AJ 118, 1406);
    not clipped.
    """
    low, high = np.arcsinh(black / softening), np.arcsinh(white / softening)
    scaled: NDArray[np.float32] = ((np.arcsinh(value / softening) - low) / (high - low)).astype(
        np.float32
    )
    return scaled


def hatch(shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return quiet diagonal lines, which mean that there is no data; shape (y, x)."""
    y, x = np.indices(shape)
    return np.asarray((x + y) % _HATCH_PERIOD_PX == 0)
