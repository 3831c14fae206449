"""Small real FITS files for the tests."""

from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

SIZE = 40
SCALE_DEG = 0.263 / 3600


def header(ra: float = 150.0, dec: float = 2.0, **cards: object) -> fits.Header:
    """Return a header with a TAN projection centred on a SIZE x SIZE image, and more cards."""
    made = fits.Header()
    made["CTYPE1"], made["CTYPE2"] = "RA---TAN", "DEC--TAN"
    made["CRVAL1"], made["CRVAL2"] = ra, dec
    made["CRPIX1"] = made["CRPIX2"] = (SIZE + 1) / 2
    made["CD1_1"], made["CD2_2"] = -SCALE_DEG, SCALE_DEG
    made["CD1_2"] = made["CD2_1"] = 0.0
    for key, value in cards.items():
        made[key] = value
    return made


def pixels(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    """Return noise about 10."""
    noise = np.random.default_rng(seed).normal(10, 1, shape or (SIZE, SIZE))
    return noise.astype(np.float32)


def write(path: Path, data: NDArray[np.generic] | None = None, **cards: object) -> Path:
    """Write an image and return its path."""
    data = pixels() if data is None else data
    fits.writeto(path, data, header(**cards), overwrite=True)  # type: ignore[arg-type]
    return path
