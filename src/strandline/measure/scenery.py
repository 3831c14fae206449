"""What is on a stamp that is smooth or compact: the host, its neighbours and stars, modelled away.

The host and all bright neighbours are modelled together, each on what the others leave, and once
more with what stands out masked. What is too faint or small for a model is masked. Faint, flat
objects are neither: they may be parts of a feature.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from strandline.measure.bodies import Body, Seed
from strandline.measure.sharpness import SHARP, sharp_sources, sharpness
from strandline.measure.turning import turned
from strandline.shapes.scene import SceneOptions, find_objects, in_the_middle, sky_of

__all__ = ["Scenery", "look_around"]

_PEAKED = 3.2  # peak over mean of an object; a star, a galaxy is above, a piece of a tail below
_BRIGHT_PEAKED = 2.2  # the same where noise does not make the peak
_LEAST_MODEL_PX = 40
_TINY_PX = 12
_SMALL_PX = 150  # a round object of that size that stands alone is a galaxy far behind
_LONELY_SHARP = 2.0
_LEAST_MODEL_SIGMA = 12.0
_MOST_BODIES = 24
_CORE_SIGMA = 2.0  # of a neighbour's model: brighter, its residual is not believed
_HOST_REACH = 1.0
_HOST_END_SIGMA = 0.7
_EVEN_PX = 1.5
_EVEN_SIGMA = 25.0  # of a pixel; brighter, arms and dust differ more than sides do
_EVEN_CORRELATED = 1.2
_FAINTER_SIGMA = 0.564  # of two normal deviates the smaller is so far below their mean
_OUTLIER_SIGMA = 2.5
_SUBSTRUCTURE = 0.25  # of the model: brighter residuals on a host are objects, not arms
_FAINT = SceneOptions(threshold=1.5, contrast=0.005)


@dataclass
class Scenery:
    """A stamp with its smooth and compact light told apart.

    Attributes
    ----------
    image : ndarray of float64, shape (y, x)
        All bands together, sky subtracted, missing pixels 0.
    missing : ndarray of bool, shape (y, x)
    masked : ndarray of bool, shape (y, x)
        Missing, or of a neighbour so bright that nothing can be said of what lies below.
    noise, sky : float
        Of a pixel; level that was subtracted.
    host : Body or None
    host_model : ndarray of float64, shape (y, x)
    neighbours : list of Body
    neighbour_models : list of ndarray
        On each one's box.
    standing_out : ndarray of bool, shape (y, x)
        What was left out of the host's model: it is brighter than its surroundings.
    others : ndarray of float64, shape (y, x)
        Light of the neighbours' models together.
    """

    image: NDArray[np.float64]
    missing: NDArray[np.bool_]
    masked: NDArray[np.bool_]
    noise: float
    sky: float
    host: Body | None
    host_model: NDArray[np.float64]
    neighbours: list[Body]
    neighbour_models: list[NDArray[np.float64]]
    standing_out: NDArray[np.bool_]
    others: NDArray[np.float64]

    @property
    def residual(self) -> NDArray[np.float64]:
        """What no model holds, shape (y, x)."""
        return self.image - self.host_model - self.others


def look_around(plane: NDArray[np.float64]) -> Scenery | None:
    """Model what is smooth on a stamp and mask what is compact.

    Parameters
    ----------
    plane : ndarray of float64, shape (y, x)
        NaN is missing.

    Returns
    -------
    Scenery or None
        None if there is no data, or no noise.
    """
    missing = ~np.isfinite(plane)
    if missing.all():
        return None
    sky, noise = sky_of(plane, missing)
    if not noise > 0:
        return None
    image = np.where(missing, 0.0, plane - sky)
    found = find_objects(image, missing, noise, _FAINT)
    scenery = Scenery(
        image,
        missing,
        missing.copy(),
        noise,
        sky,
        None,
        np.zeros_like(image),
        [],
        [],
        np.zeros_like(missing),
        np.zeros_like(image),
    )
    if found is None:
        return scenery
    table, segments = found
    number = in_the_middle(segments, table, _FAINT.reach)
    compact = _compact(table, segments, image, noise)
    seeds: list[Seed] = []
    faint: list[int] = []
    for index in np.argsort(-table["flux"]):
        if index + 1 == number or not compact[index]:
            continue
        row = table[index]
        if _worth_a_model(row, noise) and len(seeds) < _MOST_BODIES:
            seeds.append(_seed(row, image.shape))
        else:
            faint.append(int(index) + 1)
    if faint:
        scenery.masked |= ndimage.binary_dilation(np.isin(segments, faint), iterations=2)
    others = np.isin(segments, np.flatnonzero(compact) + 1) & (segments != number)
    host_seed = _host_seed(image, segments, table, number) if number else None
    _model_all(scenery, host_seed, seeds, others)
    return scenery


def _compact(
    table: NDArray[Any], segments: NDArray[np.int32], image: NDArray[np.float64], noise: float
) -> NDArray[np.bool_]:
    """Return which objects are peaked as galaxies and stars are.

    What stands alone is taken for one sooner than what is a part of something larger: tails fall
    apart into pieces when objects are told apart.
    """
    mean = table["flux"] / np.maximum(table["npix"], 1)
    peaked = table["peak"] > _PEAKED * mean
    bright = table["cpeak"] > _LEAST_MODEL_SIGMA * noise
    bright &= table["cpeak"] > _BRIGHT_PEAKED * mean
    slender = (table["b"] < 0.35 * table["a"]) & ~bright
    sharp = sharpness(image, table["xcpeak"], table["ycpeak"])
    islands, _ = ndimage.label(segments > 0, structure=np.ones((3, 3)))
    island = islands[table["ycpeak"], table["xcpeak"]]
    lonely = table["npix"] > 0.6 * np.bincount(islands.ravel())[island]
    small = (table["npix"] < _SMALL_PX) & (table["b"] > 0.4 * table["a"])
    alone = lonely & (small | (sharp > _LONELY_SHARP))
    told = (peaked & ~slender) | bright | (sharp > SHARP) | alone
    return np.asarray(told | (table["npix"] < _TINY_PX))


def _worth_a_model(row: Any, noise: float) -> bool:
    return bool(row["npix"] >= _LEAST_MODEL_PX and row["cpeak"] > _LEAST_MODEL_SIGMA * noise)


def _seed(row: Any, shape: tuple[int, ...]) -> Seed:
    size = float(np.sqrt(row["npix"] / np.pi))
    return Seed(
        x=float(row["xcpeak"]),
        y=float(row["ycpeak"]),
        axis_px=float(np.clip(0.4 * size, 2.5, 12.0)),
        ellipticity=float(np.clip(1 - row["b"] / max(row["a"], 1e-6), 0.02, 0.85)),
        angle=float(row["theta"]),
        reach_px=float(np.clip(3.5 * size + 8, 16, min(shape))),
    )


def _host_seed(
    image: NDArray[np.float64],
    segments: NDArray[np.int32],
    table: NDArray[Any],
    number: int,
) -> Seed:
    """Return the host's seed: from the moments of its brighter half, which tails do not reach."""
    row = table[number - 1]
    target = segments == number
    smooth = ndimage.gaussian_filter(image, 1.5)
    inside = np.where(target, smooth, 0.0)
    y0, x0 = np.unravel_index(int(np.argmax(inside)), inside.shape)
    held = np.sort(inside[target])[::-1]
    growth = np.cumsum(held)
    level = held[int(np.searchsorted(growth, 0.5 * growth[-1]))]
    labels, _ = ndimage.label(inside >= max(level, 1e-12))
    core = labels == labels[y0, x0]
    y, x = np.nonzero(core)
    size = float(np.sqrt(core.sum() / np.pi))
    if core.sum() < 5:
        return _seed(row, image.shape)
    dx, dy = x - x.mean(), y - y.mean()
    xx, yy, xy = (dx * dx).mean(), (dy * dy).mean(), (dx * dy).mean()
    root = np.hypot((xx - yy) / 2, xy)
    major, minor = (xx + yy) / 2 + root, max((xx + yy) / 2 - root, 0.05)
    return Seed(
        x=float(x0),
        y=float(y0),
        axis_px=max(size, 3.0),
        ellipticity=float(np.clip(1 - np.sqrt(minor / major), 0.02, 0.85)),
        angle=float(0.5 * np.arctan2(2 * xy, xx - yy)),
        reach_px=_HOST_REACH * float(max(image.shape)),
    )


def _model_all(
    scenery: Scenery, host: Seed | None, seeds: list[Seed], segments: NDArray[np.bool_]
) -> None:
    """Model host and neighbours, each on what the others leave; `scenery` is changed."""
    faint = scenery.masked.copy()
    _model_host(scenery, host, segments | faint)
    for seed in seeds:
        _model_neighbour(scenery, seed)
    for seed in _hidden(scenery):
        _model_neighbour(scenery, seed)
    scenery.masked = faint | _cores(scenery)
    rest = scenery.image - scenery.others
    scenery.standing_out = _outliers(scenery, rest)
    _model_host(scenery, host, scenery.masked | scenery.standing_out)
    left = scenery.residual
    for k, body in enumerate(scenery.neighbours):  # once more, on what the better model leaves
        own = left.copy() if k == 0 else left
        own[body.box] += scenery.neighbour_models[k]
        model = body.model(own, scenery.missing, scenery.noise)
        own[body.box] -= model
        scenery.others[body.box] += model - scenery.neighbour_models[k]
        scenery.neighbour_models[k] = model
        left = own
    scenery.masked = faint | _cores(scenery)
    scenery.masked |= sharp_sources(
        np.where(scenery.masked, 0.0, scenery.residual), scenery.noise, scenery.host_model
    )


def _model_host(scenery: Scenery, seed: Seed | None, hidden: NDArray[np.bool_]) -> None:
    if seed is None:
        return
    rest = scenery.image - scenery.others
    even, unseen = _symmetrised(rest, hidden, seed, scenery.noise)
    body = Body(even, unseen, seed, scenery.noise, end_sigma=_HOST_END_SIGMA)
    scenery.host = body
    scenery.host_model = np.zeros_like(rest)
    scenery.host_model[body.box] = body.model(rest, hidden, scenery.noise, beside_features=True)


def _symmetrised(
    image: NDArray[np.float64], hidden: NDArray[np.bool_], seed: Seed, noise: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the fainter of an image and itself turned by 180 degrees, and what neither shows.

    A disc or spheroid looks the same from both sides, tails seldom do: so the host's ellipses do
    not follow them. Where it is bright the image stays as it is.
    """
    calm = ndimage.gaussian_filter(np.where(hidden, 0.0, image), _EVEN_PX, truncate=3.0)
    seen = ndimage.gaussian_filter((~hidden).astype(np.float64), _EVEN_PX, truncate=3.0)
    calm /= np.maximum(seen, 0.2)
    usable = (seen > 0.4).astype(np.float64)
    opposite = turned(calm, seed.x, seed.y)
    there = turned(usable, seed.x, seed.y) > 0.99
    both = (usable > 0) & there
    fainter = np.where(both, np.minimum(calm, opposite), np.where(there, opposite, calm))
    error = _EVEN_CORRELATED * noise / (2 * np.sqrt(np.pi) * _EVEN_PX)
    fainter = np.where(both, fainter + _FAINTER_SIGMA * error, fainter)
    bright = calm > _EVEN_SIGMA * noise
    return np.where(bright & ~hidden, image, fainter), ~((usable > 0) | there) & ~bright


def _model_neighbour(scenery: Scenery, seed: Seed) -> None:
    left = scenery.residual
    body = Body(left, scenery.missing, seed, scenery.noise)
    model = body.model(left, scenery.missing, scenery.noise)
    scenery.neighbours.append(body)
    scenery.neighbour_models.append(model)
    scenery.others[body.box] += model


def _cores(scenery: Scenery) -> NDArray[np.bool_]:
    """Return where neighbours are so bright that what is left of them is not believed."""
    cores = np.zeros_like(scenery.missing)
    for body, model in zip(scenery.neighbours, scenery.neighbour_models, strict=True):
        cores[body.box] |= _core(model, body, scenery.noise)
    return cores


def _core(model: NDArray[np.float64], body: Body, noise: float) -> NDArray[np.bool_]:
    bright = (model > _CORE_SIGMA * noise) | (body.radius_px < 3.0)
    return np.asarray(ndimage.binary_dilation(bright, iterations=1))


def _outliers(scenery: Scenery, rest: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return what stands out above the host's model: features, which must not bend it."""
    smooth = ndimage.gaussian_filter(np.where(scenery.masked, 0, rest - scenery.host_model), 2.0)
    noise = scenery.noise / (2 * np.sqrt(np.pi) * 2.0) * 1.5
    host = ndimage.gaussian_filter(scenery.host_model, 2.0)
    return np.asarray(smooth > _OUTLIER_SIGMA * noise + 0.15 * host)


def _hidden(scenery: Scenery) -> list[Seed]:
    """Return compact objects that show only when the host's model is taken away."""
    if scenery.host is None:
        return []
    masked = scenery.masked | _cores(scenery)
    residual = np.where(masked, 0.0, scenery.residual)
    error = np.sqrt(scenery.noise**2 + (_SUBSTRUCTURE * scenery.host_model) ** 2)
    near = scenery.host.isophotes
    hidden = masked
    hidden[scenery.host.box] |= scenery.host.radius_px < 4.0
    found = find_objects(residual / error, hidden, 1.0, SceneOptions(threshold=3.0))
    if found is None:
        return []
    table, _ = found
    seeds = []
    for row in table:
        mean = row["flux"] / max(row["npix"], 1)
        round_one = row["b"] > 0.5 * row["a"]
        if row["cpeak"] > 6 and row["cpeak"] > 1.6 * mean and round_one and row["npix"] >= 8:
            away = np.hypot(row["x"] - near.x[0], row["y"] - near.y[0])
            if away > 4.0:
                seeds.append(_seed(row, residual.shape))
    return seeds[:_MOST_BODIES]
