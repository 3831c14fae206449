from pathlib import Path

import numpy as np

from strandline.tiles.regrid import pixel_map, regrid
from strandline.tiles.wcs import celestial_wcs
from tests.tiles.makers import SCALE_DEG, SIZE, header

SHAPE = (SIZE, SIZE + 30)


def test_pixel_map_against_every_pixel_solved() -> None:
    angle = np.radians(5)
    one = celestial_wcs(header(), Path("a"))
    turned = {
        "CD1_1": -SCALE_DEG * np.cos(angle),
        "CD1_2": SCALE_DEG * np.sin(angle),
        "CD2_1": SCALE_DEG * np.sin(angle),
        "CD2_2": SCALE_DEG * np.cos(angle),
        "CRPIX1": 22.3,
    }
    other = celestial_wcs(header(**turned), Path("b"))
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    column, row = other.all_world2pix(*one.all_pix2world(x, y, 0), 0)
    # the spline is exact for a turn; the tangential projection adds less than 1e-6 px here
    np.testing.assert_allclose(pixel_map(one, other, SHAPE), [row, column], atol=1e-5)


def test_a_plane_is_moved_exactly_and_the_outside_is_missing() -> None:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float64)
    image = (2 * x - y).astype(np.float32)
    moved = regrid(image, np.stack([y + 0.25, x - 1.5]))
    inside = moved[:-1, 2:]
    np.testing.assert_allclose(inside, (2 * (x - 1.5) - (y + 0.25))[:-1, 2:], atol=1e-4)
    assert np.isnan(moved[:, 0]).all()
    assert np.isnan(moved[-1]).all()


def test_missing_pixels_and_those_beside_them_are_missing() -> None:
    image = np.ones((9, 9), dtype=np.float32)
    image[4, 4] = np.nan
    y, x = np.mgrid[:9, :9].astype(np.float64)
    moved = regrid(image, np.stack([y, x + 0.5]))
    missing = np.argwhere(np.isnan(moved[:, :8])).tolist()
    assert missing == [[3, 3], [3, 4], [4, 3], [4, 4]]  # row 3 has weight 0 of the NaN
