"""One field: from its plan to one FITS file per band."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from strandline.photometry import zeropoint_to_njy
from strandline.seeding import generator
from strandline.simulate.camera import MAGZERO, Exposure, exposures, observe, see
from strandline.simulate.canvas import PIXEL_ARCSEC
from strandline.simulate.colours import BANDS
from strandline.simulate.plans import Feature, GalaxyPlan
from strandline.simulate.population import FieldPlan, FieldRequest, plan_field
from strandline.simulate.portraits import draw
from strandline.simulate.stars import add_stars
from strandline.simulate.truth import TruthRow

__all__ = ["CLUSTER_RA_DEC", "field_wcs", "make_field"]

CLUSTER_RA_DEC = (40.0, -8.5)
"""Where the simulated cluster is, deg; also the tangent point of all fields."""

_PAD_PX = 16  # around the field, so that light from beyond its edge is blurred into it


def make_field(request: FieldRequest, bands: tuple[str, ...], folder: Path) -> list[TruthRow]:
    """Simulate one field, write ``{name}_{band}.fits`` for each band and return its truth.

    What is written depends on `request` and on each file's own band only.
    """
    plan = plan_field(request)
    sky, features = _above_the_atmosphere(plan, request.size_px)
    wcs = field_wcs(request)
    inner = slice(_PAD_PX, _PAD_PX + request.size_px)
    for exposure in exposures(bands, generator(request.seed, "conditions", request.name)):
        light = see(sky[BANDS.index(exposure.band)], exposure)[inner, inner]
        add_stars(light, plan.stars, exposure)
        rng = generator(request.seed, "noise", request.name, exposure.band)
        _write(folder, request, exposure, observe(light, exposure, rng), wcs)
    return _truth(plan, features, request, wcs)


def field_wcs(request: FieldRequest) -> WCS:
    """Return the tangential WCS of a field; all fields of a survey share its tangent point."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crval = list(CLUSTER_RA_DEC)
    wcs.wcs.crpix = [1 - request.from_cluster_px[0], 1 - request.from_cluster_px[1]]
    wcs.wcs.cdelt = [-PIXEL_ARCSEC / 3600, PIXEL_ARCSEC / 3600]
    wcs.wcs.radesys = "ICRS"
    return wcs


def _above_the_atmosphere(
    plan: FieldPlan, size_px: int
) -> tuple[NDArray[np.float32], dict[str, Feature]]:
    """Return the light of all galaxies, shape (band, y, x) with padding, and their features."""
    side = size_px + 2 * _PAD_PX
    sky = np.zeros((len(BANDS), side, side), dtype=np.float32)
    features = {}
    for galaxy in (*plan.galaxies, *plan.background):
        portrait = draw(galaxy)
        _stick(sky, portrait.light_njy, round(galaxy.x) + _PAD_PX, round(galaxy.y) + _PAD_PX)
        if portrait.feature is not None:
            features[galaxy.id] = portrait.feature
    return sky, features


def _stick(sky: NDArray[np.float32], light: NDArray[np.float32], x: int, y: int) -> None:
    """Add the square `light` to `sky` with its middle pixel at `x`, `y`, cut at the edges."""
    half, side = light.shape[1] // 2, sky.shape[1]
    top, left = max(y - half, 0), max(x - half, 0)
    bottom, right = min(y + half + 1, side), min(x + half + 1, side)
    part = light[:, top - y + half : bottom - y + half, left - x + half : right - x + half]
    sky[:, top:bottom, left:right] += part


def _write(
    folder: Path,
    request: FieldRequest,
    exposure: Exposure,
    image_njy: NDArray[np.float32],
    wcs: WCS,
) -> None:
    header = wcs.to_header()
    header["OBJECT"] = request.name
    header["FILTER"] = exposure.band
    header["MAGZERO"] = (MAGZERO, "AB magnitude of one unit")
    header["BUNIT"] = "adu"
    header["SEEING"] = (round(exposure.psf_fwhm_arcsec, 4), "FWHM of stars, arcsec")
    header["GAIN"] = (round(exposure.gain, 4), "photoelectrons per unit")
    header["SATURATE"] = (round(exposure.saturate, 2), "saturation level")
    header["ORIGIN"] = ("strandline", "simulated, not a real sky")
    header["SEED"] = request.seed
    image = image_njy / np.float32(zeropoint_to_njy(MAGZERO))
    fits.PrimaryHDU(image, header).writeto(folder / f"{request.name}_{exposure.band}.fits")


@dataclass(frozen=True)
class _Source:
    id: str
    x: float
    y: float
    kind: str
    mag_r: float
    galaxy: GalaxyPlan | None = None


def _truth(
    plan: FieldPlan, features: dict[str, Feature], request: FieldRequest, wcs: WCS
) -> list[TruthRow]:
    interaction = {galaxy.id: galaxy.interaction for galaxy in plan.galaxies}
    sources = [
        _Source(g.id, g.x, g.y, interaction.get(g.primary) or "undisturbed", g.mag_r, g)
        for g in plan.galaxies
    ]
    sources += [_Source(g.id, g.x, g.y, "background", g.mag_r, g) for g in plan.background]
    sources += [_Source(s.id, s.x, s.y, "star", s.mag_r) for s in plan.stars]
    ra, dec = wcs.all_pix2world([s.x for s in sources], [s.y for s in sources], 0)
    rows = []
    for source, source_ra, source_dec in zip(sources, ra, dec, strict=True):
        galaxy = source.galaxy
        feature = features.get(galaxy.primary) if galaxy else None
        rows.append(
            TruthRow(
                id=source.id,
                field=request.name,
                ra=round(float(source_ra), 7),
                dec=round(float(source_dec), 7),
                x=round(source.x, 3),
                y=round(source.y, 3),
                kind=source.kind,
                interacting=int(bool(galaxy and galaxy.primary)),
                primary=galaxy.primary if galaxy else "",
                morphology=galaxy.morphology if galaxy else "",
                mag_r=round(source.mag_r, 4),
                redshift=round(galaxy.redshift, 6) if galaxy else 0.0,
                radius_arcsec=round(galaxy.radius_arcsec, 3) if galaxy else 0.0,
                feature_sb=round(feature.brightness, 3) if feature else None,
                feature_fraction=round(feature.fraction, 5) if feature else None,
                length_arcsec=round(feature.length_arcsec, 2) if feature else None,
                seed=galaxy.seed if galaxy else request.seed,
            )
        )
    return rows
