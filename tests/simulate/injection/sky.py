"""A small sky of galaxies and stars, as FITS files, to inject into."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from strandline.photometry import mag_to_flux, zeropoint_to_njy
from tests.stamps import scenes

BANDS = ("g", "r", "z")
SIDE = 420
ZEROPOINT = 30.0
FWHM_PX = 4.0
NOISE_NJY = 12.0
GALAXIES = ((90, 100), (300, 95), (200, 215), (95, 320), (320, 320))


@dataclass(frozen=True)
class Sky:
    """Where it is."""

    folder: Path
    files: tuple[Path, ...]


def make_sky(folder: Path, **cards: object) -> Sky:
    """Write one file per band; `cards` go into the headers."""
    rng = np.random.default_rng(4)
    shape = (SIDE, SIDE)
    light: NDArray[np.float32] = np.zeros(shape, dtype=np.float32)
    for k, (x, y) in enumerate(GALAXIES):
        part = scenes.sersic(
            (141, 141), 70, 70, float(mag_to_flux(17.2 + 0.2 * k)), 9.0, axis_ratio=0.6 + 0.05 * k
        )
        scenes.add(light, part, x, y)
    for _ in range(28):
        x, y = rng.uniform(12, SIDE - 12, 2)
        star = scenes.moffat((41, 41), 20 + x % 1, 20 + y % 1, 2.0e4, FWHM_PX)
        scenes.add(light, star, int(x), int(y))
    files = []
    for k, band in enumerate(BANDS):
        noise = rng.normal(0, NOISE_NJY, shape).astype(np.float32)
        header = scenes.wcs_of(shape).to_header()
        header["FILTER"], header["MAGZERO"] = band, ZEROPOINT
        for key, value in cards.items():
            header[key] = value
        path = folder / f"sky_{band}.fits"
        image = (light * (0.5, 1.0, 1.5)[k] + noise) / zeropoint_to_njy(ZEROPOINT)
        fits.writeto(path, image.astype(np.float32), header)
        files.append(path)
    return Sky(folder, tuple(files))
