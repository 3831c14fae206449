from pathlib import Path

import numpy as np
import pytest
from astropy.io.fits import Header

from strandline.errors import TileError
from strandline.tiles.wcs import Footprint, celestial_wcs, footprint, offset_px
from tests.tiles.makers import SCALE_DEG, SIZE, header

PATH = Path("a.fits")
CENTRE = (SIZE - 1) / 2
MATRIX = ("CD1_1", "CD1_2", "CD2_1", "CD2_2")


def _without_matrix(**cards: object) -> Header:
    made = header()
    for key in MATRIX:
        del made[key]
    made.update(cards)
    return made


@pytest.mark.parametrize(
    "made",
    [
        header(),
        _without_matrix(CDELT1=-SCALE_DEG, CDELT2=SCALE_DEG),
        _without_matrix(CDELT1=-SCALE_DEG, CDELT2=SCALE_DEG, CROTA2=30.0),
        _without_matrix(CDELT1=1.0, CDELT2=1.0, PC1_1=-SCALE_DEG, PC2_2=SCALE_DEG),
        header(CDELT1=1.0, CDELT2=1.0, PC1_1=7.0, PC2_2=7.0),  # CD counts
    ],
)
def test_every_way_to_write_the_matrix(made: Header) -> None:
    place = footprint(celestial_wcs(made, PATH), (SIZE, SIZE), PATH)
    assert place.pixel_scale_arcsec == pytest.approx(0.263)
    assert (place.ra_deg, place.dec_deg) == pytest.approx((150.0, 2.0))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (Header(), "found none of CTYPE, CRVAL, CD, CDELT"),
        (header(**dict.fromkeys(MATRIX, 0.0)), "CD1_1 = 0.0, CD1_2 = 0.0"),
        (header(**dict.fromkeys(MATRIX, 1e-4)), "CD1_1 = 0.0001"),
        (_without_matrix(CDELT1=0.0, CDELT2=1e-4), "CDELT1 = 0.0"),
        (header(CTYPE1="RA---XXX"), "CTYPE1 = 'RA---XXX'"),
        (header(CTYPE1="LINEAR", CTYPE2="LINEAR"), "CTYPE1 = 'LINEAR'"),
        (header(dec=95.0), "CRVAL2 = 95.0"),
        (header(CRVAL1=True), "CRVAL1 = True is no finite number"),
    ],
)
def test_what_is_no_place_on_the_sky_is_told_with_its_values(made: Header, message: str) -> None:
    with pytest.raises(TileError, match=f"a.fits: .*{message}") as caught:
        celestial_wcs(made, PATH)
    assert "wcslib" not in str(caught.value)
    assert "line" not in str(caught.value)


def test_position_that_is_missing() -> None:
    made = header()
    del made["CRVAL1"]
    with pytest.raises(TileError, match="CRVAL1 is missing"):
        celestial_wcs(made, PATH)


def test_pixel_that_is_too_large_for_the_sky() -> None:
    with pytest.raises(TileError, match="a pixel of 3600 arcsec"):
        footprint(celestial_wcs(_without_matrix(), PATH), (SIZE, SIZE), PATH)


def test_distortion_counts_though_the_projection_does_not_name_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    made = header(A_ORDER=2, B_ORDER=2, A_2_0=1e-3, B_0_2=0.0)
    x, y = celestial_wcs(made, PATH).all_pix2world(0, CENTRE, 0)
    plain = celestial_wcs(header(), PATH).all_world2pix(x, y, 0)
    # A_2_0 u^2 with u = -19.5 px from the reference pixel
    assert float(plain[0]) == pytest.approx(1e-3 * CENTRE**2, abs=1e-6)
    assert capfd.readouterr() == ("", "")


def test_offset_is_the_largest_on_the_image() -> None:
    one = celestial_wcs(header(), PATH)
    assert offset_px(one, one, (SIZE, SIZE)) == pytest.approx(0, abs=1e-9)
    moved = celestial_wcs(header(CRPIX1=(SIZE + 1) / 2 + 3, CRPIX2=(SIZE + 1) / 2 + 4), PATH)
    assert offset_px(one, moved, (SIZE, SIZE)) == pytest.approx(5, abs=1e-6)


def test_distance_against_the_law_of_cosines() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        ra, dec = rng.uniform(0, 360, 2), rng.uniform(-80, 80, 2)
        one, other = (Footprint((10, 10), 1.0, ra[k], dec[k]) for k in range(2))
        a, d = np.radians(ra), np.radians(dec)
        cosine = np.sin(d[0]) * np.sin(d[1]) + np.cos(d[0]) * np.cos(d[1]) * np.cos(a[0] - a[1])
        # arccos loses digits for small angles; these are tens of degrees
        assert one.apart_arcsec(other) == pytest.approx(
            np.degrees(np.arccos(cosine)) * 3600, rel=1e-6
        )
