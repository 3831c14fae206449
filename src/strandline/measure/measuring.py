"""Stamps measured: the features of each, and the numbers of a row of the table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from strandline.flags import MeasureFlag
from strandline.learn.tracing import TOGETHER, Traced
from strandline.measure.brightness import band_lights, host_values, light_values
from strandline.measure.doubts import feature_doubts, stamp_doubts
from strandline.measure.extent import extent_values
from strandline.measure.features import FindOptions, Found, find_features, tracer_of
from strandline.measure.geometry import Geometry, geometry_of
from strandline.measure.motion import motion_of
from strandline.measure.scenery import Scenery, look_around
from strandline.measure.subject import Subject, Value

__all__ = ["MEASURE_VERSION", "Measured", "all_bands", "measure_stamp", "measure_stamps"]

MEASURE_VERSION = 4
"""One more whenever the same stamp is given other numbers; work cut off then begins anew."""


@dataclass(frozen=True)
class Measured:
    """What was measured on a stamp.

    Attributes
    ----------
    values : dict of str to float, int or str
        By column, see `strandline.measure.columns`; those that are missing could not be measured.
    flags : MeasureFlag
    scenery : Scenery or None
    found : Found or None
    geometries : tuple of Geometry
        Of each feature.
    """

    values: dict[str, Value]
    flags: MeasureFlag
    scenery: Scenery | None = None
    found: Found | None = None
    geometries: tuple[Geometry, ...] = ()


def measure_stamps(
    flux_njy: NDArray[np.floating],
    noise_njy: NDArray[np.floating],
    subjects: Sequence[Subject],
    options: FindOptions | None = None,
) -> Iterator[Measured]:
    """Find and measure the features of the galaxies in the middle of stamps, one after another.

    Parameters
    ----------
    flux_njy : ndarray of float, shape (stamp, band, y, x)
        NaN is missing.
    noise_njy : ndarray of float, shape (stamp, band)
        Of a pixel.
    subjects : sequence of Subject
        All with the same bands, and either pictures or not.
    options : FindOptions, optional

    Notes
    -----
    Nothing is raised for a stamp on which there is nothing to measure: flags say why. What is said
    of a stamp does not depend on which others are measured with it.
    """
    options = options or FindOptions()
    for first in range(0, len(subjects), TOGETHER):
        some = slice(first, first + TOGETHER)
        yield from _measured_together(flux_njy[some], noise_njy[some], subjects[some], options)


def measure_stamp(
    flux_njy: NDArray[np.floating],
    noise_njy: NDArray[np.floating],
    subject: Subject,
    options: FindOptions | None = None,
) -> Measured:
    """Find and measure the features on one stamp, shape (band, y, x); see `measure_stamps`."""
    return next(measure_stamps(flux_njy[None], noise_njy[None], [subject], options))


def _measured_together(
    flux_njy: NDArray[np.floating],
    noise_njy: NDArray[np.floating],
    subjects: Sequence[Subject],
    options: FindOptions,
) -> Iterator[Measured]:
    """Measure stamps that the network sees together."""
    sceneries = [
        look_around(all_bands(flux, noise)) for flux, noise in zip(flux_njy, noise_njy, strict=True)
    ]
    hosts = [k for k, one in enumerate(sceneries) if one is not None and one.host is not None]
    traced: dict[int, Traced] = {}
    if hosts:
        kind: Literal["fits", "picture"] = "picture" if subjects[0].picture else "fits"
        flux, noise = flux_njy[hosts].astype(np.float32), noise_njy[hosts].astype(np.float32)
        told = tracer_of(options.tracer).trace(flux, noise, subjects[0].bands, kind)
        traced = dict(zip(hosts, told, strict=True))
    for k, subject in enumerate(subjects):
        yield _measured(flux_njy[k], sceneries[k], traced.get(k), subject, options)


def _measured(
    flux_njy: NDArray[np.floating],
    scenery: Scenery | None,
    traced: Traced | None,
    subject: Subject,
    options: FindOptions,
) -> Measured:
    flags = stamp_doubts(flux_njy, subject)
    if scenery is None:
        return Measured({"features": 0}, flags | MeasureFlag.NO_DATA)
    if scenery.host is None or traced is None:
        return Measured({"features": 0}, flags | MeasureFlag.NO_HOST, scenery)
    found = find_features(scenery, traced, tracer_of(options.tracer).level, options)
    lights = band_lights(flux_njy, scenery, found, subject)
    values = host_values(scenery, found, lights, subject)
    if not found.features:
        return Measured(values, flags, scenery, found)
    centre = (float(scenery.host.isophotes.x[0]), float(scenery.host.isophotes.y[0]))
    shapes = tuple(geometry_of(found.light, one.mask, centre) for one in found.features)
    values |= light_values(found, lights, subject)
    values |= extent_values(found, shapes, subject, centre, values)
    motion, limits = motion_of(values, subject.bands, subject.redshift, subject.camera)
    values |= motion
    flags |= limits | feature_doubts(scenery, found, shapes)
    return Measured(values, flags, scenery, found, shapes)


def all_bands(flux: NDArray[np.floating], noise: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the mean of the bands, weighted by inverse variance; see `strandline.shapes.plane`."""
    good = np.isfinite(noise) & (noise > 0)
    typical = float(np.median(noise[good])) if good.any() else 1.0
    weight = np.where(good, (typical / np.where(good, noise, typical)) ** 2, 1.0)[:, None, None]
    seen = np.isfinite(flux)
    total = (weight * seen).sum(axis=0)
    light = (weight * np.where(seen, flux, 0.0)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(total > 0, light / total, np.nan), dtype=np.float64)
