"""Which pixels are unusable or saturated, by mask planes and by the pixels themselves."""

import numpy as np
from astropy.io.fits import Header
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion

__all__ = ["empty_pixels", "mask_planes"]

_NO_DATA_PLANES = ("MP_NO_DATA", "MP_UNMASKEDNAN")
_SATURATED_PLANES = ("MP_SAT",)
# NOIRLab community pipeline (PRODTYPE = dqmask): codes, not bits; 3 saturated, 4 bleed trail
_COMMUNITY_SATURATED = (3, 4)
_BLOCK = np.ones((3, 3), dtype=np.bool_)


def mask_planes(
    mask: NDArray[np.int64], header: Header
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which pixels are unusable and which are saturated, both of shape (y, x).

    Rubin and HSC masks name their bits in MP_* keywords: NO_DATA is unusable and SAT is saturated
    (other defects are interpolated over in their images). Quality masks of the NOIRLab community
    pipeline hold codes. In any other mask every pixel that is not 0 is unusable.
    """
    if any(str(key).startswith("MP_") for key in header):
        return _bits(mask, header, _NO_DATA_PLANES), _bits(mask, header, _SATURATED_PLANES)
    if str(header.get("PRODTYPE", "")).strip().lower() == "dqmask":
        saturated = np.isin(mask, _COMMUNITY_SATURATED)
        return (mask != 0) & ~saturated, saturated
    return mask != 0, np.zeros(mask.shape, dtype=np.bool_)


def _bits(mask: NDArray[np.int64], header: Header, planes: tuple[str, ...]) -> NDArray[np.bool_]:
    bits = sum(1 << int(header[name]) for name in planes if name in header)
    return np.asarray((mask & bits) != 0, dtype=np.bool_)


def empty_pixels(image: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return pixels, shape (y, x), that are exactly zero in whole 3x3 blocks.

    Coadds have such blocks where there was no exposure; a sky-subtracted pixel that happens to be
    zero stands alone.
    """
    zero = image == 0
    if np.count_nonzero(zero) < _BLOCK.size:
        return np.zeros(image.shape, dtype=np.bool_)
    kernel = binary_erosion(zero, _BLOCK, border_value=1)
    opened: NDArray[np.bool_] = binary_dilation(kernel, _BLOCK) & zero
    return opened
