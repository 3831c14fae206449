"""Detection: from a tile to a catalogue of the objects on it, and the galaxies among them."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.flags import StampFlag
from strandline.photometry import flux_to_mag
from strandline.stamps.catalogue import Catalogue
from strandline.stamps.photometry import (
    Fluxes,
    half_light_radius,
    kron_fluxes,
    position_angle,
    sky_positions,
)
from strandline.stamps.sky import Sky, measure_sky
from strandline.stamps.sources import Sources, find_sources
from strandline.stamps.stars import (
    STAR_FROM,
    StarLocus,
    find_locus,
    saturated_stars,
    star_scores,
)
from strandline.tiles import Tile

__all__ = ["DetectOptions", "choose_galaxies", "detect", "reference_band"]

_MEASURED_FROM_SNR = 5.0
_THINNEST = 0.35
_REFERENCE_BANDS = ("r", "i", "g", "z", "y", "u")


@dataclass(frozen=True)
class DetectOptions:
    """What counts as an object, and which galaxies get a stamp.

    Attributes
    ----------
    min_snr : float
        Least signal-to-noise of a galaxy's light. At the default of 30 a feature with a tenth of
        the light is at 3 times the noise; in fainter galaxies nothing could be seen of it.
    max_mag : float or None
        Faintest AB magnitude, in r or the band nearest to it. Galaxies without a magnitude in
        that band stay.
    max_per_tile : int or None
        At most so many galaxies of a tile, those of the highest signal-to-noise.
    threshold : float
        Isophote of detection in units of the noise after smoothing to the seeing.
    contrast : float
        Least share of the light of a blend that makes a peak an object. Low, so that companions
        of bright galaxies are found; the pieces of spirals are joined again afterwards.
    """

    min_snr: float = 30.0
    max_mag: float | None = None
    max_per_tile: int | None = None
    threshold: float = 2.0
    contrast: float = 0.0005

    def __post_init__(self) -> None:
        if not self.min_snr >= 0:
            raise OptionError(f"min_snr must not be negative; got {self.min_snr}.")
        if self.max_per_tile is not None and self.max_per_tile < 1:
            raise OptionError(f"max_per_tile must be at least 1; got {self.max_per_tile}.")
        if not self.threshold > 0:
            raise OptionError(f"threshold must be positive; got {self.threshold}.")
        if not 0 <= self.contrast <= 1:
            raise OptionError(f"contrast must be between 0 and 1; got {self.contrast}.")


def detect(
    tile: Tile, options: DetectOptions = DetectOptions(), sky: Sky | None = None
) -> Catalogue:
    """Find and measure the objects of a tile, galaxies and stars.

    Parameters
    ----------
    tile : Tile
        Of FITS images; not changed.
    options : DetectOptions
    sky : Sky, optional
        What is known of its sky; measured by default.

    Returns
    -------
    Catalogue
        All objects with a signal-to-noise of at least 5, the highest first. What is narrower
        than the seeing (cosmic rays, satellite trails) is left out and counted.

    Raises
    ------
    TileError
        If the image is empty, constant or too crowded.
    """
    sky = measure_sky(tile) if sky is None else sky
    sources = find_sources(
        sky,
        tile.saturated,
        calibrated=all(tile.calibrated),
        threshold=options.threshold,
        contrast=options.contrast,
    )
    narrow = sources.table["b"] < _THINNEST * sky.seeing_px / math.sqrt(8 * math.log(2))
    strong = sources.snr >= _MEASURED_FROM_SNR
    chosen = np.flatnonzero(strong & ~narrow)
    chosen = chosen[np.argsort(-sources.snr[chosen], kind="stable")]
    catalogue = _measure(tile, sky, sources, chosen)
    artefacts = int((strong & narrow & (sources.snr >= options.min_snr)).sum())
    return replace(catalogue, counts={"narrower than the seeing": artefacts} if artefacts else {})


def _measure(tile: Tile, sky: Sky, sources: Sources, chosen: NDArray[np.int64]) -> Catalogue:
    table, snr = sources.table[chosen], sources.snr[chosen]
    fluxes = kron_fluxes(sky, sources, chosen)
    radius_px = half_light_radius(sources, chosen, fluxes)
    axis_ratio = table["b"] / table["a"]
    saturated = np.bincount(sources.segments[tile.saturated], minlength=len(sources.table) + 1)
    spoilt = saturated[chosen + 1] > 0
    usable = ~spoilt & ~sources.blended[chosen]
    locus = find_locus(radius_px, snr, axis_ratio, usable, _psf_px(tile))
    all_radii = np.full(len(sources.table), np.nan)
    all_radii[chosen] = radius_px
    score = star_scores(locus, radius_px, snr)
    score[saturated_stars(sources, tile.saturated, all_radii, locus)[chosen]] = 1.0
    ra, dec = sky_positions(tile.wcs, table["x"], table["y"])
    flags = np.zeros(len(chosen), dtype=np.int32)
    flags[sources.blended[chosen]] |= StampFlag.BLENDED
    flags[spoilt] |= StampFlag.SATURATED
    flags[_unmeasured(sky, fluxes, radius_px)] |= StampFlag.BAD_PHOTOMETRY
    flags[~np.isfinite(ra)] |= StampFlag.NO_WCS
    if not all(tile.calibrated):
        flags |= StampFlag.UNCALIBRATED
    return Catalogue(
        bands=tile.bands,
        calibrated=tile.calibrated,
        sky=sky,
        notes=(*sky.notes, *_locus_notes(locus)),
        counts={},
        x=table["x"],
        y=table["y"],
        ra=ra,
        dec=dec,
        flux_njy=fluxes.flux_njy,
        flux_err_njy=fluxes.error_njy,
        snr=snr,
        radius_arcsec=radius_px * tile.pixel_scale_arcsec,
        axis_ratio=axis_ratio,
        position_angle_deg=position_angle(tile.wcs, table["x"], table["y"], table["theta"]),
        star_score=score,
        flags=flags,
    )


def _unmeasured(sky: Sky, fluxes: Fluxes, radius_px: NDArray[np.float64]) -> NDArray[np.bool_]:
    present = np.isfinite(sky.noise_njy)
    positive = (fluxes.flux_njy[:, present] > 0).all(axis=1)
    return ~positive | ~np.isfinite(radius_px)


def _psf_px(tile: Tile) -> float:
    known = [fwhm for fwhm in tile.psf_fwhm_arcsec if math.isfinite(fwhm)]
    return float(np.median(known)) / tile.pixel_scale_arcsec if known else math.nan


def _locus_notes(locus: StarLocus | None) -> tuple[str, ...]:
    if locus is None:
        return ("too few stars to learn their size from: stars are kept among the galaxies",)
    if not locus.count:
        return ("too few stars to learn their size from: it is taken from the header's seeing",)
    return ()


def reference_band(bands: tuple[str, ...]) -> int:
    """Return which band magnitude limits refer to: r, or the next best of i, g, z, y, u."""
    for name in _REFERENCE_BANDS:
        if name in bands:
            return bands.index(name)
    return 0


def choose_galaxies(catalogue: Catalogue, options: DetectOptions) -> Catalogue:
    """Return the galaxies that get a stamp, and count what is left out.

    Where the magnitude limit cannot be applied for want of a zero point, a note says so.
    """
    reference = reference_band(catalogue.bands)
    flux: NDArray[Any] = catalogue.flux_njy[:, reference]
    faint = catalogue.snr < options.min_snr
    star = ~faint & (catalogue.star_score > STAR_FROM)
    counts = {**catalogue.counts, "stars": int(star.sum())}
    notes = catalogue.notes
    left = ~faint & ~star
    if options.max_mag is not None and catalogue.calibrated[reference]:
        beyond = left & (flux_to_mag(flux) > options.max_mag)
        counts["fainter than max_mag"] = int(beyond.sum())
        left &= ~beyond
    elif options.max_mag is not None:
        band = catalogue.bands[reference]
        notes = (*notes, f"band {band} has no zero point: max_mag {options.max_mag:g} is not used")
    rows = np.flatnonzero(left)
    if options.max_per_tile is not None and len(rows) > options.max_per_tile:
        counts["beyond max_per_tile"] = len(rows) - options.max_per_tile
        rows = rows[: options.max_per_tile]
    counts = {reason: count for reason, count in counts.items() if count}
    return replace(catalogue.take(rows), counts=counts, notes=notes)
