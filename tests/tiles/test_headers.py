import math
from pathlib import Path

import pytest
from astropy.io.fits import Header

from strandline.errors import TileError
from strandline.tiles.headers import psf_fwhm_arcsec, saturation_level, zeropoint

PATH = Path("a.fits")


@pytest.mark.parametrize(
    ("cards", "expected"),
    [
        ({"MAGZERO": 25.1}, 25.1),
        ({"MAGZPT": "25.1"}, 25.1),
        ({"ZP": 27}, 27.0),
        ({"MAGZERO": 30.0, "ZP": 20.0, "BUNIT": "nJy"}, 30.0),
        ({"FLUXMAG0": 1e12}, 30.0),
        ({"BUNIT": " nanomaggy/pix "}, 22.5),
        ({"BUNIT": "uJy/pixel"}, 23.9),
        ({"BUNIT": "Jy"}, 8.9),
        ({"BUNIT": "electron/s"}, None),
        ({"BUNIT": "MJy/sr"}, None),
        ({"SURVEY": "DECaLS"}, 22.5),
        ({}, None),
    ],
)
def test_zeropoint(cards: dict[str, object], expected: float | None) -> None:
    found = zeropoint(PATH, Header(cards))
    assert found == (None if expected is None else pytest.approx(expected))


def test_the_first_header_that_tells_wins() -> None:
    extension, primary = Header({"BUNIT": "nJy"}), Header({"MAGZERO": 25.0})
    assert zeropoint(PATH, extension, primary) == 31.4
    assert zeropoint(PATH, Header(), primary) == 25.0


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("MAGZERO", "n/a"), ("ZP", 999.0), ("FLUXMAG0", 0.0), ("FLUXMAG0", -1.0)],
)
def test_what_cannot_be_a_zeropoint_is_refused(keyword: str, value: object) -> None:
    with pytest.raises(TileError, match=rf"a\.fits: keyword {keyword} = .*--zeropoint"):
        zeropoint(PATH, Header({keyword: value}))


def test_seeing() -> None:
    pixels = Header([("FWHM", 4.0, "[pixels] median")])
    assert psf_fwhm_arcsec(0.25, pixels) == 1.0
    assert psf_fwhm_arcsec(0.25, Header({"SEEING": 0.8})) == 0.8
    assert psf_fwhm_arcsec(0.25, Header({"PSF_FWHM": 0.7, "SEEING": 0.8})) == 0.7
    for value in (-1.0, 0.0, 99.0, "good"):
        assert math.isnan(psf_fwhm_arcsec(0.25, Header({"SEEING": value})))


def test_saturation() -> None:
    assert saturation_level(Header({"SATURATE": 6e4})) == 6e4
    for cards in ({}, {"SATURATE": 0}, {"SATURATE": "high"}):
        assert saturation_level(Header(cards)) == math.inf
