"""Angular harmonics of light and of colour: what lies in which direction around a galaxy.

Light in rings around the galaxy is decomposed into ``a_m = mean(light * exp(-i m angle))``, as
Rix & Zaritsky (1995, ApJ 447, 82) did to measure lopsidedness (m = 1); bars and discs that are
seen inclined have m = 2, crossed components m = 4. The same of colour tells whether what is blue
lies elsewhere than what is red. Amplitudes, and phases relative to each other, do not change when
a galaxy is turned.

Colour is looked at once more in the galaxy's own frame: in even orders, which tell how it is
spread along the major axis and across it, relative to the light that is there. A neighbour lies
on one side only; so of each two opposite points the fainter counts, less what noise makes of that.

Nothing is learned: what no training has seen is described as well as the rest.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import map_coordinates

from strandline.progress import track
from strandline.stamps import StampBatch, StampTable

__all__ = [
    "HARMONICS",
    "HARMONICS_COLUMN",
    "HARMONICS_METADATA",
    "HARMONICS_PARTS",
    "HARMONICS_VERSION",
    "add_harmonics",
    "has_harmonics",
    "measure_harmonics",
    "read_harmonics",
]

HARMONICS_COLUMN = "harmonics"
HARMONICS_VERSION = "2"
"""Another whenever a stamp is given other numbers."""

HARMONICS_METADATA = {"harmonics_version": HARMONICS_VERSION}
"""What a table is told of its column."""

_CIRCLES = np.geomspace(0.25, 4.5, 28)  # half-light radii
_ANGLES = 2 * np.pi * np.arange(64) / 64
_MIDDLES = np.arange(1, len(_CIRCLES), 3)  # the circle in the middle of each ring
_ORDERS, _OWN_ORDERS = 6, (2, 4, 6, 8)
_LEAST_PX, _MOST_SHARE = 2.0, 0.11  # of the half-light radius; the share is of the stamp's side
_FARTHEST_SHARE = 0.2  # light beyond does not count for a radius that is measured here
_FAINTEST = 0.5  # noise of a pixel: the least light that others are divided by
_STEEP, _FLOOR = 5.0, 0.01
_INTERPOLATED = 2 / 3  # noise between pixels, of that of a pixel
_BY_NOISE = 2.0  # standard deviations that opposite points may differ by noise
_BODY = 1.6  # half-light radii: the galaxy itself, where its colour is taken as none
_AXIS = 3.5  # half-light radii: its major axis is that of the light within
_OWN_STEEP, _PERFECT = 2.0, 0.02  # the least error of a band, of its light
_BATCH = 256

_RINGS = len(_MIDDLES)
_TURNED = _RINGS * (2 + 3 * _ORDERS) + 2 * (_RINGS - 1) * _ORDERS
HARMONICS = _TURNED + 2 * _RINGS * len(_OWN_ORDERS)
"""How many numbers a galaxy has."""

HARMONICS_PARTS = slice(0, _TURNED), slice(_TURNED, HARMONICS)
"""Which of them tell of light and colour as they are seen, and of colour in the own frame."""

Floats = NDArray[np.float32]
Light = NDArray[np.float64]
Noise = NDArray[np.float64]
Waves = NDArray[np.complex128]


def measure_harmonics(batch: StampBatch, radius_px: ArrayLike, *, has_sky: bool) -> Floats:
    """Measure the galaxies in the middle of stamps, on any number of bands in order of wavelength.

    Parameters
    ----------
    batch : StampBatch
    radius_px : array_like of float, shape (row,)
        Half-light radii; where one is NaN it is measured, roughly.
    has_sky : bool
        Whether the sky is still there, as in pictures: the median of a band is taken off.

    Returns
    -------
    ndarray of float32, shape (row, HARMONICS)
        In 9 rings of 0.3 to 3.8 half-light radii, in units of the mean light in them: log of the
        light, colour (blue half of the bands less the red half), amplitudes of light and of
        colour in the orders 1 to 6, the product of both, and of each ring with the next; and in
        units of each ring's light colour along the major axis in the orders 2, 4, 6 and 8, and
        its amplitude askew to that. NaN where a stamp is empty.
    """
    side = batch.pixels.shape[-1]
    radius = np.asarray(radius_px, dtype=np.float64)
    flux = batch.flux_njy()
    if has_sky:
        flux = flux - np.nanmedian(flux, axis=(2, 3), keepdims=True)
    for row in np.flatnonzero(~np.isfinite(radius)):
        radius[row] = _half_light_px(flux[row])
    radius = np.clip(radius, _LEAST_PX, _MOST_SHARE * side)
    light = np.stack([_on_circles(*one) for one in zip(flux, radius, strict=True)])
    noise = np.nan_to_num(batch.noise_njy.astype(np.float64))
    values = np.concatenate([_turned(light, noise), _own_colour(light, noise)], axis=1)
    values[~np.isfinite(batch.pixels).any(axis=(1, 2, 3))] = np.nan
    return values


def has_harmonics(table: StampTable) -> bool:
    """Return whether a table holds them, as this version measures them."""
    told = table.metadata
    current = all(told.get(key) == value for key, value in HARMONICS_METADATA.items())
    return current and HARMONICS_COLUMN in table.column_names


def add_harmonics(table: StampTable) -> None:
    """Write column ``harmonics`` (float32[HARMONICS]) into a table."""
    schema = pa.schema([(HARMONICS_COLUMN, pa.list_(pa.float32(), HARMONICS))])

    def column(values: Floats) -> pa.RecordBatch:
        array = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), HARMONICS)
        return pa.record_batch([array], schema=schema)

    rows = np.arange(len(table))
    parts = (column(values) for values in _measured(table, rows))
    table.add_columns(parts, schema, HARMONICS_METADATA)


def read_harmonics(table: StampTable, rows: ArrayLike) -> Floats:
    """Return the harmonics of rows, shape (row, HARMONICS): from the table's column, or measured.

    Parameters
    ----------
    table : StampTable
    rows : array_like of int
        Which, and in what order.
    """
    wanted = np.asarray(rows, dtype=np.int64)
    if has_harmonics(table):
        found = table.columns(HARMONICS_COLUMN, rows=wanted)[HARMONICS_COLUMN].combine_chunks()
        flat = found.flatten().to_numpy(zero_copy_only=False)
        return np.asarray(flat, dtype=np.float32).reshape(-1, HARMONICS)
    return np.concatenate([np.zeros((0, HARMONICS), np.float32), *_measured(table, wanted)])


def _measured(table: StampTable, rows: NDArray[np.int64]) -> Iterator[Floats]:
    told = table.columns("radius_arcsec", "pixel_scale_arcsec")
    radius_px = told["radius_arcsec"].to_numpy() / told["pixel_scale_arcsec"].to_numpy()
    has_sky = table.spec.kind == "picture"
    with track("Measuring harmonics", len(rows)) as advance:
        for batch in table.batches(_BATCH, rows=rows):
            yield measure_harmonics(batch, radius_px[batch.rows], has_sky=has_sky)
            advance(len(batch))


def _half_light_px(flux: Floats) -> float:
    """Return the radius that holds half of the light near the middle of a stamp."""
    side = flux.shape[-1]
    total = np.nan_to_num(flux).sum(axis=0, dtype=np.float64)
    y, x = np.indices(total.shape) - (side - 1) / 2
    apart = np.hypot(x, y)
    near = apart < _FARTHEST_SHARE * side
    order = np.argsort(apart[near])
    light = np.cumsum(np.maximum(total[near][order], 0))
    return float(apart[near][order][np.searchsorted(light, light[-1] / 2)])


def _on_circles(flux: Floats, radius_px: float) -> Light:
    """Return the light of one stamp on all circles, (band, circle, angle)."""
    middle = (flux.shape[-1] - 1) / 2
    y = middle + radius_px * _CIRCLES[:, None] * np.sin(_ANGLES)
    x = middle + radius_px * _CIRCLES[:, None] * np.cos(_ANGLES)
    planes = np.nan_to_num(flux)
    return np.stack([map_coordinates(plane, [y, x], order=1, mode="nearest") for plane in planes])


def _waves(light: Light) -> Waves:
    """Return the orders from 0 of light on circles, (..., ring, order)."""
    apart = np.abs(np.arange(len(_CIRCLES)) - _MIDDLES[:, None])
    weight = np.maximum(1 - apart / 3, 0)
    rings = (weight / weight.sum(axis=1, keepdims=True)) @ light
    return np.asarray(np.fft.rfft(rings, axis=-1) / len(_ANGLES))


def _turned(light: Light, noise: Noise) -> Floats:
    """Return what does not change when a galaxy is turned, (row, number)."""
    waves = _waves(light)[..., : _ORDERS + 1]
    radius = _CIRCLES[_MIDDLES]
    mean = (waves[..., 0].real * radius).sum(axis=-1) / radius.sum()
    waves /= np.maximum(mean, _least(noise))[..., None, None]
    blue, red = _halves(waves.shape[1])
    lights = waves.mean(axis=1)
    colours = waves[:, blue].mean(axis=1) - waves[:, red].mean(axis=1)
    turned_light, turned_colour = lights[..., 1:], colours[..., 1:]
    return _flat(
        np.log(_FLOOR + np.maximum(lights[..., 0].real, 0)),
        _bent(colours[..., 0].real),
        _bent(np.abs(turned_light)),
        _bent(np.abs(turned_colour)),
        _bent((turned_colour * turned_light.conj()).real),
        _bent((turned_light[:, :-1] * turned_light[:, 1:].conj()).real),
        _bent((turned_colour[:, :-1] * turned_colour[:, 1:].conj()).real),
    )


def _own_colour(light: Light, noise: Noise) -> Floats:
    """Return how colour is spread relative to the major axis, without neighbours, (row, number)."""
    noise = _INTERPOLATED * noise
    opposite = np.roll(light, len(_ANGLES) // 2, axis=-1)
    apart = np.abs(light - opposite) / 2
    by_noise = _BY_NOISE * noise[..., None, None] / np.sqrt(2)
    own = (light + opposite) / 2 - np.maximum(apart - by_noise, 0)

    area = np.where(_CIRCLES < _BODY, _CIRCLES**2, 0)
    body = own.mean(axis=-1) @ (area / area.sum())
    body = np.maximum(body, _least(noise / _INTERPOLATED))
    own /= body[..., None, None]
    error = noise / body

    halves = [_weighed(own, error, half) for half in _halves(own.shape[1])]
    (blue, blue_error), (red, red_error) = halves
    total, colour = (blue + red) / 2, blue - red
    second = np.fft.rfft(total, axis=-1)[..., 2]
    axis = np.angle(second @ np.where(_CIRCLES < _AXIS, _CIRCLES**1.5, 0)) / 2

    orders = np.array(_OWN_ORDERS)
    waves = _waves(colour)[..., orders] * np.exp(-1j * orders * axis[:, None, None])
    least = _FAINTEST * np.maximum(blue_error, red_error) + _FLOOR
    waves /= (np.maximum(_waves(total)[..., 0].real, 0) + least[:, None])[..., None]
    return _flat(*(np.arcsinh(_OWN_STEEP * part) for part in (waves.real, np.abs(waves.imag))))


def _weighed(own: Light, error: Noise, bands: slice) -> tuple[Light, Noise]:
    """Return the mean of bands, the noisy ones weighing less, and its error."""
    weight = 1 / (error[:, bands] ** 2 + _PERFECT**2)
    weight /= weight.sum(axis=1, keepdims=True)
    mean = np.einsum("nb,nbra->nra", weight, own[:, bands])
    return mean, np.sqrt((weight**2 * error[:, bands] ** 2).sum(axis=1))


def _halves(bands: int) -> tuple[slice, slice]:
    """Return the blue and the red half of the bands; one in the middle is of both."""
    half = (bands + 1) // 2
    return slice(0, half), slice(bands - half, bands)


def _least(noise: Noise) -> Noise:
    return _FAINTEST * noise + 1e-12


def _flat(*parts: NDArray[np.float64]) -> Floats:
    flat = [part.reshape(len(part), -1) for part in parts]
    return np.concatenate(flat, axis=1).astype(np.float32)


def _bent(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values that grow like their logarithm where they are large."""
    return np.arcsinh(_STEEP * values)
