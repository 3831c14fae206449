"""Stars have the seeing of everything else, and what bright ones do around them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.photometry import flux_to_mag
from strandline.simulate.camera import Exposure, SurveyProfile, add_stars, exposures, see
from strandline.simulate.plans import StarPlan


def _exposure(name: str, band: str) -> Exposure:
    return exposures(SurveyProfile.load(name), (band,), np.random.default_rng(3))[0]


def _painted(
    exposure: Exposure, mag_r: float, side: int = 401, at: float = 0.0
) -> NDArray[np.float32]:
    light = np.zeros((side, side), dtype=np.float32)
    add_stars(light, [StarPlan("s", side // 2 + at, side // 2, mag_r, 0.6)], exposure)
    return light


@pytest.mark.parametrize(("name", "band"), [("lovoccs", "r"), ("sdss", "g"), ("euclid-vis", "vis")])
def test_stars_and_seen_points_are_alike(name: str, band: str) -> None:
    exposure = _exposure(name, band)
    star = _painted(exposure, 20.0)
    point = np.zeros_like(star)
    point[200, 200] = 1.0
    core = slice(190, 211)
    seen = see(point, exposure)[core, core]
    np.testing.assert_allclose(star[core, core] / star[200, 200], seen / seen.max(), atol=0.004)


def test_a_star_has_its_magnitude() -> None:
    """But for what is scattered beyond its patch: 3 % in the aureole, 1.2 % in spikes and ghost."""
    for mag in (14.0, 18.0, 22.0):
        light = _painted(_exposure("lovoccs", "r"), mag, side=901)
        saturated = _painted(replace(_exposure("lovoccs", "r"), saturation_njy=1e12), mag, side=901)
        assert float(flux_to_mag(saturated.sum())) == pytest.approx(mag, abs=0.05)
        assert light.sum() >= saturated.sum()  # full columns are added


def test_a_star_between_pixels_has_its_middle_there() -> None:
    exposure = _exposure("lovoccs", "r")
    light = _painted(exposure, 20.0, at=0.37)[180:221, 180:221]
    columns = np.arange(180, 221)
    assert (light.sum(0) * columns).sum() / light.sum() == pytest.approx(200.37, abs=0.01)


def test_stars_at_and_beyond_the_edge_are_cut() -> None:
    exposure = _exposure("lovoccs", "r")
    places = ((-3.2, 20.0), (49.9, 0.0), (-900.0, 20.0), (20.0, 1900.0), (60.0, 70.0))
    whole = np.zeros((250, 250), dtype=np.float32)
    part = np.zeros((50, 50), dtype=np.float32)
    for x, y in places:
        add_stars(part, [StarPlan("s", x, y, 15.0, 0.6)], exposure)
        add_stars(whole, [StarPlan("s", x + 100, y + 100, 15.0, 0.6)], exposure)
    np.testing.assert_allclose(part, whole[100:150, 100:150], rtol=1e-3, atol=1e-3)


def test_a_saturated_star_bleeds_along_its_column_and_has_spikes() -> None:
    exposure = _exposure("lovoccs", "r")
    light = _painted(exposure, 12.0)
    rows, columns = np.nonzero(light > exposure.saturation_njy)
    assert np.ptp(rows) > 2 * np.ptp(columns)
    assert light[200 + 50, 200 + 50] > 2 * light[200, 200 + 71]  # DECam has them at 45 degrees


def test_euclid_has_six_spikes() -> None:
    exposure = _exposure("euclid-vis", "vis")
    light = _painted(exposure, 14.0)
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    around = light[
        np.round(200 + 120 * np.sin(angle)).astype(int),
        np.round(200 + 120 * np.cos(angle)).astype(int),
    ]
    bright = around > 2 * np.median(around)
    # the trail along the column is full; spikes are counted where they begin
    starts = np.count_nonzero(bright & ~np.roll(bright, 1))
    assert 6 <= starts <= 8


def test_light_falls_smoothly_where_the_kernel_ends() -> None:
    exposure = replace(_exposure("hsc", "i"), saturation_njy=1e12)
    light = _painted(exposure, 14.0)
    half = exposure.psf.reach_px(exposure.pixel_arcsec)
    row = light[200 + 3, 200 + half - 6 : 200 + half + 6]
    ratio = row[1:] / row[:-1]
    assert np.all((ratio > 0.75) & (ratio < 1.02))


def test_ghosts_are_shifted_rings() -> None:
    exposure = replace(_exposure("euclid-vis", "vis"), ghost_shift=(1.0, 0.0))
    without = replace(exposure, stars=exposure.stars.model_copy(update={"ghosts": ()}))
    ghost = _painted(exposure, 10.0) - _painted(without, 10.0)
    right = ghost[:, 260:]  # away from the star, whose core is fainter for its ghost
    columns = 260 + np.nonzero((right > 0.5 * right.max()).any(0))[0]
    # its middle is 2.5 radii of 5 arcsec to the right
    assert (columns[0] + columns[-1]) / 2 == pytest.approx(200 + 125, abs=3)
    assert np.ptp(columns) == pytest.approx(100, abs=8)
    assert ghost[200, 345] < 0.1 * right.max()  # the hole, off its middle
