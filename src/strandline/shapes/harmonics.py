"""Angular harmonics of light and of colour: what lies in which direction around a galaxy.

Light on circles around the galaxy is decomposed into ``a_m = mean(light * exp(-i m angle))``, as
Rix & Zaritsky (1995, ApJ 447, 82) did to measure lopsidedness (m = 1); bars and discs that are
seen inclined have m = 2, crossed components m = 4. The same of colour tells whether what is blue
lies elsewhere than what is red. Amplitudes, and phases relative to each other, do not change when
a galaxy is turned. Nothing is learned: what no training has seen is described as well as the rest.
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
    "add_harmonics",
    "has_harmonics",
    "measure_harmonics",
    "read_harmonics",
]

HARMONICS_COLUMN = "harmonics"
HARMONICS_METADATA = {"harmonics_version": "1"}
"""What a table is told of its column; another version whenever a stamp is given other numbers."""

_CIRCLES = np.array([0.35, 0.7, 1.0, 1.5, 2.0, 2.75, 3.5, 4.5])  # half-light radii
_ANGLES = 2 * np.pi * np.arange(32) / 32
_ORDERS = 6
_LEAST_PX, _MOST_SHARE = 2.0, 0.11  # of the half-light radius; the share is of the stamp's side
_FARTHEST_SHARE = 0.2  # light beyond does not count for a radius that is measured here
_FAINTEST = 0.5  # noise of a pixel: the least light that others are divided by
_STEEP, _FLOOR = 5.0, 0.01
_BATCH = 256

HARMONICS = len(_CIRCLES) * (2 + 3 * _ORDERS) + 2 * (len(_CIRCLES) - 1) * _ORDERS
"""How many numbers a galaxy has."""

Floats = NDArray[np.float32]
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
        On 8 circles of 0.35 to 4.5 half-light radii, in units of the mean light on them:
        log of the light, colour (blue half of the bands less the red half), amplitudes of light
        and of colour in the orders 1 to 6, the product of both, and of each circle with the next.
        NaN where a stamp is empty.
    """
    side = batch.pixels.shape[-1]
    radius = np.asarray(radius_px, dtype=np.float64)
    flux = batch.flux_njy()
    if has_sky:
        flux = flux - np.nanmedian(flux, axis=(2, 3), keepdims=True)
    for row in np.flatnonzero(~np.isfinite(radius)):
        radius[row] = _half_light_px(flux[row])
    radius = np.clip(radius, _LEAST_PX, _MOST_SHARE * side)
    waves = np.stack(
        [_waves(*one) for one in zip(flux, batch.noise_njy, radius, strict=True)]
    )  # (row, band, circle, order)
    values = _described(waves)
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


def _waves(flux: Floats, noise: Floats, radius_px: float) -> Waves:
    """Return harmonics of one stamp, (band, circle, order from 0), in units of the mean light."""
    middle = (flux.shape[-1] - 1) / 2
    y = middle + radius_px * _CIRCLES[:, None] * np.sin(_ANGLES)
    x = middle + radius_px * _CIRCLES[:, None] * np.cos(_ANGLES)
    planes = np.nan_to_num(flux)
    light = np.stack([map_coordinates(plane, [y, x], order=1, mode="nearest") for plane in planes])
    waves = np.fft.rfft(light, axis=-1)[..., : _ORDERS + 1] / len(_ANGLES)
    mean = (waves[..., 0].real * _CIRCLES).sum(axis=1) / _CIRCLES.sum()
    least = _FAINTEST * np.nan_to_num(noise.astype(np.float64)) + 1e-12
    return np.asarray(waves / np.maximum(mean, least)[:, None, None])


def _described(waves: Waves) -> Floats:
    """Return what does not change when galaxies are turned, (row, HARMONICS)."""
    bands = waves.shape[1]
    half = (bands + 1) // 2
    light = waves.mean(axis=1)
    colour = waves[:, :half].mean(axis=1) - waves[:, bands - half :].mean(axis=1)
    turned_light, turned_colour = light[..., 1:], colour[..., 1:]
    parts = [
        np.log(_FLOOR + np.maximum(light[..., 0].real, 0)),
        _bent(colour[..., 0].real),
        _bent(np.abs(turned_light)),
        _bent(np.abs(turned_colour)),
        _bent((turned_colour * turned_light.conj()).real),
        _bent((turned_light[:, :-1] * turned_light[:, 1:].conj()).real),
        _bent((turned_colour[:, :-1] * turned_colour[:, 1:].conj()).real),
    ]
    flat = [part.reshape(len(waves), -1) for part in parts]
    return np.concatenate(flat, axis=1).astype(np.float32)


def _bent(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values that grow like their logarithm where they are large."""
    return np.arcsinh(_STEEP * values)
