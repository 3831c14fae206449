import pytest
from astropy.io.fits import Header

from strandline.tiles.bands import (
    band_of_filter,
    band_of_name,
    bands_of_cube,
    filter_of,
    sort_bands,
)


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("g", "g"),
        ("R", "r"),
        ("g DECam SDSS c0001 4720.0 1520.0", "g"),
        ("HSC-R2", "r"),
        ("HSC-Y", "y"),
        ("r.MP9601", "r"),
        ("i_SDSS", "i"),
        ("sdss_u", "u"),
        ("lsst z", "z"),
        ("gS0801", "g"),
        ("VIS", "vis"),
        ("F158", "f158"),
        ("N708", "n708"),
        ("VR DECam c0007 6300.0 2600.0", "vr"),
    ],
)
def test_band_of_filter(text: str, band: str) -> None:
    assert band_of_filter(text) == band


@pytest.mark.parametrize(
    ("stem", "band", "rest"),
    [
        ("DECam_cuts__132_gband", "g", "DECam_cuts__132"),
        ("field-000_u", "u", "field-000"),
        ("calexp-HSC-G-9813-44", "g", "calexp-9813-44"),
        ("legacysurvey-0001m002-image-r", "r", "legacysurvey-0001m002-image"),
        ("g", "g", "g"),
        ("arp178", None, "arp178"),
        ("galaxy_i", "i", "galaxy"),
    ],
)
def test_band_of_name(stem: str, band: str | None, rest: str) -> None:
    assert band_of_name(stem) == (band, rest)


def test_filter_passes_over_an_empty_wheel() -> None:
    assert filter_of(Header({"FILTER1": "clear", "FILTER2": "r_sdss"})) == "r"
    assert filter_of(Header(), Header({"FILTER": "z"})) == "z"
    assert filter_of(Header()) is None


@pytest.mark.parametrize(
    ("cards", "bands"),
    [
        ({"BANDS": "grz"}, ("g", "r", "z")),
        ({"BANDS": "g, vis, z"}, ("g", "vis", "z")),
        ({"BAND0": "g", "BAND1": "r", "BAND2": "z"}, ("g", "r", "z")),
        ({"BAND1": "g", "BAND2": "r", "BAND3": "z"}, ("g", "r", "z")),
        ({"BANDS": "gr"}, None),
        ({}, None),
    ],
)
def test_bands_of_cube(cards: dict[str, str], bands: tuple[str, ...] | None) -> None:
    assert bands_of_cube(Header(cards), 3) == bands


def test_order_is_blue_to_red() -> None:
    assert sort_bands(["z", "n708", "u", "r", "g", "i", "g"]) == ("u", "g", "r", "i", "z", "n708")
