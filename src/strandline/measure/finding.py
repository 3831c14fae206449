"""Features as connected light above its own error: a high seed, grown down to a low level."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.measure.bodies import Body
from strandline.measure.scenery import Scenery
from strandline.measure.significance import Significance

__all__ = ["TRAITS", "Candidate", "candidates_of", "host_edge_px"]

TRAITS = ("peak", "total", "area", "contrast", "away", "crowded", "slender", "hidden", "sharp")
"""What is known of a candidate; see `Candidate`."""

_EIGHT = np.ones((3, 3), dtype=np.bool_)
_FAINTEST = 0.04  # of the bright part of a feature: fainter is what smoothing spreads
_BRIGHT_PART = 0.9
_EDGE_SIGMA = 0.7  # of the noise of a pixel: where a body is taken to end


@dataclass(frozen=True)
class Candidate:
    """Connected light that may be a feature.

    Attributes
    ----------
    mask : ndarray of bool, shape (y, x)
    peak : float
        Largest significance of a pixel.
    total : float
        Logarithm (base 10) of the significance of all its light.
    area : float
        Logarithm of the area in units of that of the seeing.
    contrast : float
        Logarithm of its light over the host's model below it and a tenth of the sky's noise.
    away : float
        Distance of its nearest part from the host, in units of the host's edge.
    crowded : float
        The same for the nearest neighbour; 10 at most.
    slender : float
        Logarithm of length over width, by its moments.
    hidden : float
        Share of its surroundings that is masked.
    sharp : float
        Share of the significance that the finest smoothing gives.
    """

    mask: NDArray[np.bool_]
    peak: float
    total: float
    area: float
    contrast: float
    away: float
    crowded: float
    slender: float
    hidden: float
    sharp: float

    @property
    def traits(self) -> NDArray[np.float64]:
        """The numbers, in the order of `TRAITS`."""
        return np.array([getattr(self, name) for name in TRAITS], dtype=np.float64)


def candidates_of(
    scenery: Scenery,
    found: Significance,
    *,
    seed_sigma: float,
    grow_sigma: float,
    least_px: int,
) -> list[Candidate]:
    """Return what stands out of a stamp, brightest first.

    Parameters
    ----------
    scenery : Scenery
        With a host.
    found : Significance
    seed_sigma : float
        A candidate has a pixel so significant,
    grow_sigma : float
        and all connected pixels down to this,
    least_px : int
        which are at least so many.
    """
    if scenery.host is None:
        return []
    sigma = found.sigma
    labels, count = ndimage.label(_grown(found, sigma, grow_sigma), structure=_EIGHT)
    if not count:
        return []
    numbers = np.arange(1, count + 1)
    peaks = np.asarray(ndimage.maximum(sigma, labels, numbers))
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    boxes = ndimage.find_objects(labels)
    host_edge = host_edge_px(scenery.host, scenery.host_model[scenery.host.box], scenery.noise)
    edges = [
        host_edge_px(body, model, scenery.noise)
        for body, model in zip(scenery.neighbours, scenery.neighbour_models, strict=True)
    ]
    near = _nearness(scenery, edges)
    out = []
    for number in numbers[(peaks > seed_sigma) & (areas >= least_px)]:
        box = boxes[number - 1]
        mask = labels == number
        out.append(_candidate(scenery, found, sigma, mask, box, host_edge, near))
    return sorted(out, key=lambda one: -one.total)


def _grown(found: Significance, sigma: NDArray[np.float64], grow_sigma: float) -> NDArray[np.bool_]:
    """Return where light is significant, without what smoothing and noise add to it."""
    raw = sigma > grow_sigma
    labels, count = ndimage.label(raw, structure=_EIGHT)
    if not count:
        return raw
    bright = np.zeros(count + 1)
    middle = found.value[len(found.scales_px) // 2]
    order = np.argsort(labels[raw], kind="stable")
    values, own = middle[raw][order], labels[raw][order]
    starts = np.searchsorted(own, np.arange(1, count + 2))
    for k in range(count):
        bright[k + 1] = np.quantile(values[starts[k] : starts[k + 1]], _BRIGHT_PART)
    raw &= middle > _FAINTEST * bright[labels]
    closed = ndimage.binary_closing(np.pad(raw, 2), structure=_EIGHT)
    return np.asarray(ndimage.binary_opening(closed, structure=_EIGHT)[2:-2, 2:-2])


def host_edge_px(body: Body, model: NDArray[np.float64], noise: float) -> float:
    """Return the semi-major axis at which a body's model falls below the noise of a pixel."""
    inside = body.radius_px[model > _EDGE_SIGMA * noise]
    return max(float(inside.max()) if inside.size else 0.0, 4.0)


def _nearness(scenery: Scenery, edges: list[float]) -> NDArray[np.float32]:
    """Return the distance to the nearest neighbour in units of its edge, at most 10."""
    near = np.full(scenery.image.shape, 10.0, dtype=np.float32)
    for body, edge in zip(scenery.neighbours, edges, strict=True):
        if edge < 8:  # stars and small ones are masked as far as they reach
            continue
        near[body.box] = np.minimum(near[body.box], body.radius_px / np.float32(edge))
    return near


def _candidate(
    scenery: Scenery,
    found: Significance,
    sigma: NDArray[np.float64],
    mask: NDArray[np.bool_],
    box: tuple[slice, slice],
    host_edge: float,
    near: NDArray[np.float32],
) -> Candidate:
    inside = mask[box]
    fine = found.value[0][box][inside]
    count = int(inside.sum())
    beam = 4 * np.pi * found.scales_px[0] ** 2
    known = np.isfinite(found.error[0][box][inside])
    error = float(np.sqrt((found.error[0][box][inside][known] ** 2).sum() * beam)) + 1e-12
    light = float(fine[known].sum())
    host = float(scenery.host_model[box][inside].mean())
    assert scenery.host is not None
    away = np.full(mask.shape, 99.0, dtype=np.float32)
    away[scenery.host.box] = scenery.host.radius_px
    y, x = np.nonzero(inside)
    weight = np.clip(fine, 0, None) + 1e-9
    slender = _slender(x.astype(np.float64), y.astype(np.float64), weight)
    grown = ndimage.binary_dilation(np.pad(inside, 3), iterations=3)
    rim = grown & ~np.pad(inside, 3)
    top, left = box[0].start - 3, box[1].start - 3
    around = np.pad(scenery.masked, 3, constant_values=True)[
        top + 3 : top + 3 + grown.shape[0], left + 3 : left + 3 + grown.shape[1]
    ]
    ratio = found.value[0][box][inside] / found.error[0][box][inside]
    return Candidate(
        mask=mask,
        peak=float(sigma[box][inside].max()),
        total=float(np.log10(max(light / error, 1e-3))),
        area=float(np.log10(count / beam)),
        contrast=float(np.log10(max(light / count, 1e-9) / (host + 0.1 * scenery.noise))),
        away=float(away[box][inside].min()) / host_edge,
        crowded=float(near[box][inside].min()),
        slender=slender,
        hidden=float(around[rim].mean()) if rim.any() else 1.0,
        sharp=float(ratio.max() / sigma[box][inside].max()),
    )


def _slender(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    total = weight.sum()
    dx, dy = x - (weight * x).sum() / total, y - (weight * y).sum() / total
    xx, yy, xy = ((weight * u).sum() / total for u in (dx * dx, dy * dy, dx * dy))
    root = np.hypot((xx - yy) / 2, xy)
    middle = (xx + yy) / 2
    return float(0.5 * np.log10((middle + root + 0.3) / (max(middle - root, 0.0) + 0.3)))
