"""Survey profiles: what ships is whole, what is wrong is named."""

from pathlib import Path

import pytest

from strandline.errors import OptionError
from strandline.simulate.camera import SurveyProfile

SHIPPED = ("euclid-vis", "hsc", "lovoccs", "lsst-y1", "lsst-y10", "roman", "sdss")

MINE = """
name = "mine"
description = "a camera"
source = "nobody"
pixel_arcsec = 0.3
[psf]
kind = "moffat"
[bands.r]
psf_fwhm_arcsec = 1.0
depth = 28.0
sky = 21.0
saturation_mag = 16.0
"""


def test_the_surveys_of_the_field_ship() -> None:
    assert SurveyProfile.names() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_survey_bears_its_name_and_says_where_it_is_from(name: str) -> None:
    profile = SurveyProfile.load(name)
    assert profile.name == name
    assert profile.description
    assert profile.source
    assert len(profile.bands) in (1, 3, 5, 6)


def test_ten_years_are_a_mag_and_a_quarter_deeper_than_one() -> None:
    one, ten = SurveyProfile.load("lsst-y1"), SurveyProfile.load("lsst-y10")
    for band in one.bands:
        assert ten.bands[band].depth - one.bands[band].depth == pytest.approx(1.25)


def test_a_survey_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    assert SurveyProfile.load(path).bands["r"].depth == 28.0


def test_an_unknown_survey_is_answered_with_those_there_are() -> None:
    with pytest.raises(OptionError, match="no survey 'des'; there are euclid-vis, hsc, lovoccs"):
        SurveyProfile.load("des")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (("depth = 28.0", "depth = nan"), "bands.r.depth: .*nan"),
        (("depth = 28.0", "depth = 12"), "bands.r.depth: .*20.*given: 12"),
        (("depth = 28.0", "depth = 40"), "bands.r.depth: .*33.*given: 40"),
        (("pixel_arcsec = 0.3", "pixel_arcsec = -0.3"), "pixel_arcsec: .*given: -0.3"),
        (("sky = 21.0", ""), "bands.r.sky: is missing"),
        (("sky = 21.0", "sky = 21.0\nski = 2"), "bands.r.ski: unknown key; allowed here: psf_fwhm"),
        (("bands.r]", "bands.K]"), "bands: K cannot be simulated; name some of u, g, vis, r"),
        (('kind = "moffat"', 'kind = "gauss"'), "psf: .*moffat"),
        (('kind = "moffat"', 'kind = "airy"\ndiameter_m = 2'), "bands.r.wavelength_nm: is missing"),
        (('name = "mine"', "name = mine"), "is not valid TOML"),
        (
            ("[psf]", '[picture]\nbands=["i","r","g"]\nscales=[1,1,1]\nsoftening=5\n[psf]'),
            "picture.bands: i is none of r",
        ),
        (("[psf]", "[artefacts]\nsky_error=[28, 27]\n[psf]"), "sky_error: the range 28.*descends"),
    ],
)
def test_what_is_wrong_with_a_survey_is_named(
    wrong: tuple[str, str], complaint: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINE.replace(*wrong))
    with pytest.raises(OptionError, match=f"mine.toml: .*{complaint}"):
        SurveyProfile.load(path)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(OptionError, match=r"nowhere/mine\.toml: cannot be read as a survey"):
        SurveyProfile.load("nowhere/mine.toml")
