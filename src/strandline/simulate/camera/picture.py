"""Colour pictures as the navigator of SDSS shows them, JPEG compression included."""

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from strandline.errors import OptionError
from strandline.simulate.camera.profile import SurveyProfile
from strandline.simulate.camera.settings import PictureSettings

__all__ = ["colour_jpeg", "colour_picture", "navigator_cutout"]

Picture = NDArray[np.uint8]

_CUTOUT_QUALITY = 85  # of the JPEG that a cutout service sends
_BINNED_QUALITY = 93  # of the binned copy that is kept


def colour_picture(image_njy: Mapping[str, NDArray[np.float32]], profile: SurveyProfile) -> Picture:
    r"""Return the colour picture of three bands, shape (y, x, 3), before compression.

    After Lupton et al. 2004 (PASP 116, 133): fluxes are scaled to x in red, green and blue, I is
    their mean, and each is drawn as :math:`x \, f(I) / I` with :math:`f(I) = asinh(Q I) / Q`, so
    that hue does not depend on brightness. Pixels brighter than white keep their hue, too.

    Parameters
    ----------
    image_njy : mapping of str to ndarray, shape (y, x)
        Images by band; more than are needed may be there.
    profile : SurveyProfile

    Raises
    ------
    OptionError
        If the survey has no three bands for a picture, or one of them is missing.
    """
    settings = _settings(image_njy, profile)
    area = profile.pixel_arcsec**2
    scaled = np.stack(
        [
            np.nan_to_num(image_njy[band]) * np.float32(scale / area) + np.float32(pedestal)
            for band, scale, pedestal in zip(
                settings.bands, settings.scales, settings.pedestals, strict=True
            )
        ],
        axis=-1,
    )
    mean = scaled.mean(axis=-1, keepdims=True)
    stretched = np.arcsinh(np.float32(settings.softening) * mean) / np.float32(settings.softening)
    drawn = scaled * np.where(mean > 0, stretched / np.where(mean > 0, mean, 1), 0)
    drawn /= np.maximum(drawn.max(axis=-1, keepdims=True), 1)
    return np.asarray(np.clip(drawn, 0, 1) * 255, dtype=np.uint8)


def colour_jpeg(image_njy: Mapping[str, NDArray[np.float32]], profile: SurveyProfile) -> Picture:
    """Return the colour picture of three bands as it is seen after JPEG compression.

    Parameters and errors as in `colour_picture`; rows are those of the images, north up when
    drawn from the last to the first.
    """
    quality = _settings(image_njy, profile).quality
    return _compressed(colour_picture(image_njy, profile), quality)


def navigator_cutout(
    image_njy: Mapping[str, NDArray[np.float32]],
    profile: SurveyProfile,
    *,
    field_arcsec: float,
    size_px: int = 212,
    centre_px: tuple[float, float] | None = None,
) -> Picture:
    """Return a cutout as Galaxy Zoo has it, shape (size, size, 3).

    The picture of the whole image is compressed, the cutout is interpolated from it to twice the
    size and compressed again, and binned 2x2, as the pictures of `Willett et al. 2013
    <https://doi.org/10.1093/mnras/stt1458>`_ (MNRAS 435, 2835) are when they are kept small.
    Their `field_arcsec` is 424 times 0.02 of a galaxy's Petrosian radius R90.

    Parameters
    ----------
    image_njy, profile
        See `colour_picture`.
    field_arcsec : float
        Side of the cutout.
    size_px : int
    centre_px : tuple of float
        Pixel (x, y) of the images that comes to the middle; the middle by default.

    Raises
    ------
    OptionError
        If the cutout reaches beyond the images.
    """
    whole = colour_jpeg(image_njy, profile)
    rows, columns = whole.shape[:2]
    x, y = centre_px or ((columns - 1) / 2, (rows - 1) / 2)
    half = field_arcsec / profile.pixel_arcsec / 2
    box = (x + 0.5 - half, y + 0.5 - half, x + 0.5 + half, y + 0.5 + half)
    if not (half > 0 and min(box[:2]) >= 0 and box[2] <= columns and box[3] <= rows):
        raise OptionError(
            f"A cutout of {field_arcsec:g} arcsec about pixel ({x:g}, {y:g}) does not lie within "
            f"an image of {columns} x {rows} pixels of {profile.pixel_arcsec:g} arcsec."
        )
    large = Image.fromarray(whole).resize(
        (2 * size_px, 2 * size_px), Image.Resampling.BILINEAR, box=box
    )
    sent = _compressed(np.asarray(large), _CUTOUT_QUALITY)
    binned = sent.reshape(size_px, 2, size_px, 2, 3).mean(axis=(1, 3))
    return _compressed(np.asarray(binned + 0.5, dtype=np.uint8), _BINNED_QUALITY)


def _settings(
    image_njy: Mapping[str, NDArray[np.float32]], profile: SurveyProfile
) -> PictureSettings:
    settings = profile.picture
    if settings is None:
        raise OptionError(
            f"{profile.name} has no colour pictures: its profile has no [picture] section."
        )
    missing = [band for band in settings.bands if band not in image_njy]
    if missing:
        raise OptionError(
            f"A colour picture of {profile.name} needs the bands {', '.join(settings.bands)}; "
            f"{', '.join(missing)} is missing."
        )
    return settings


def _compressed(picture: Picture, quality: int) -> Picture:
    """Return a picture after JPEG with halved colour resolution, as most are."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality, subsampling="4:2:0")
    with Image.open(file) as seen:
        return np.asarray(seen.convert("RGB"), dtype=np.uint8)
