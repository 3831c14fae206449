"""One field: from its plan to one FITS file per band, the mask of its features, and its truth."""

from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from strandline.photometry import zeropoint_to_njy
from strandline.simulate.camera import MAGZERO, Exposure
from strandline.simulate.observing import observe_scene, plan_artefacts
from strandline.simulate.population import FieldRequest, plan_field
from strandline.simulate.portraits.far import paint_far
from strandline.simulate.records import FieldRecord, feature_mask
from strandline.simulate.scene import PAD_PX, Scene
from strandline.simulate.setup import SurveySetup
from strandline.simulate.truth import TruthRow

__all__ = ["MASK_FOLDER", "MIDDLE_RA_DEC", "make_field", "tangent_wcs"]

MIDDLE_RA_DEC = (40.0, -8.5)
"""Middle of the survey, deg; also the tangent point of all fields."""

MASK_FOLDER = "truth"
"""Folder of the masks in that of the survey."""

_MOST_HALF_PX = 640  # of a system's light; a tail of 130 kpc at redshift 0.03 is 800 px long
_FWHM_TO_SIGMA = 0.42466


def make_field(request: FieldRequest, setup: SurveySetup, folder: Path) -> list[TruthRow]:
    """Simulate one field, write ``{name}_{band}.fits`` for each band and return its truth.

    Its mask goes to ``truth/{name}_features.fits``. What is written depends on `request`, on the
    survey, and on each file's own band only.
    """
    plan = plan_field(request)
    scene = Scene(request.size_px, setup.frame(_MOST_HALF_PX))
    seen = scene.draw_all(plan.systems)
    paint_far(scene.light_njy, plan.far, scene.frame, PAD_PX)
    wcs = tangent_wcs(MIDDLE_RA_DEC, request.from_middle_px, request.pixel_arcsec)
    conditions = setup.exposures(request.seed, request.name)
    artefacts = plan_artefacts(setup, request.size_px, plan.cluster, request.seed, request.name)
    for exposure, image, variance in observe_scene(
        scene, plan.stars, artefacts, conditions, request.seed, request.name
    ):
        _write(folder, request, exposure, image, variance, wcs)
    reference = setup.reference_exposure(request.seed, request.name)
    sigma_px = reference.psf_fwhm_arcsec / request.pixel_arcsec * _FWHM_TO_SIGMA
    mask, numbers = feature_mask(
        seen,
        request.size_px,
        reference.depth,
        request.pixel_arcsec,
        lambda light: np.asarray(gaussian_filter(light, sigma_px), dtype=np.float32),
    )
    name = f"{MASK_FOLDER}/{request.name}_features.fits"
    _write_mask(folder / name, mask, wcs)
    record = FieldRecord(
        request.name, request.size_px, wcs, plan.cluster, reference.depth, name, request.seed
    )
    return record.rows(seen, numbers, plan.far, plan.stars)


def tangent_wcs(
    middle_deg: tuple[float, float], from_middle_px: tuple[float, float], pixel_arcsec: float
) -> WCS:
    """Return a tangential WCS, north up and east left.

    Parameters
    ----------
    middle_deg : tuple of float
        Tangent point, right ascension and declination.
    from_middle_px : tuple of float
        Pixel (0, 0) relative to it, (x, y).
    pixel_arcsec : float
    """
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.cunit = ["deg", "deg"]
    wcs.wcs.crval = list(middle_deg)
    wcs.wcs.crpix = [1 - from_middle_px[0], 1 - from_middle_px[1]]
    wcs.wcs.cdelt = [-pixel_arcsec / 3600, pixel_arcsec / 3600]
    wcs.wcs.radesys = "ICRS"
    return wcs


def _write(
    folder: Path,
    request: FieldRequest,
    exposure: Exposure,
    image_njy: NDArray[np.float32],
    variance_njy2: NDArray[np.float32],
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
    header["DEPTH"] = (round(exposure.depth, 3), "3 sigma in 10x10 arcsec, mag/arcsec2")
    header["ORIGIN"] = ("strandline", "simulated, not a real sky")
    header["SEED"] = request.seed
    unit = np.float32(zeropoint_to_njy(MAGZERO))
    beside = wcs.to_header()
    beside["BUNIT"] = "adu2"
    fits.HDUList(
        [
            fits.PrimaryHDU(image_njy / unit, header),
            fits.ImageHDU(variance_njy2 / unit**2, beside, name="VARIANCE"),
        ]
    ).writeto(folder / f"{request.name}_{exposure.band}.fits")


def _write_mask(path: Path, mask: NDArray[np.int16], wcs: WCS) -> None:
    header = wcs.to_header()
    header["ORIGIN"] = ("strandline", "mask_number of truth.csv, 0 where no feature is")
    packed = fits.CompImageHDU(mask, header, name="FEATURES", compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(path)
