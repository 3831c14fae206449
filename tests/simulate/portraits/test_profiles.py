"""Profiles against the analytic curve of growth, and against GalSim."""

import math

import galsim
import numpy as np
import pytest
from scipy.special import gammainc, gammaincinv

from strandline.simulate.portraits.canvas import Canvas, Frame, Plane
from strandline.simulate.portraits.profiles import (
    disc_profile,
    half_light_of_sum,
    sersic_image,
    sersic_profile,
)
from strandline.simulate.portraits.sheet import Sheet

PIXEL = 0.263
FRAME = Frame(pixel_arcsec=PIXEL, bands=("r",))


@pytest.mark.parametrize("index", [0.5, 1.0, 2.5, 4.0, 6.0])
def test_growth_is_that_of_sersic_as_far_as_the_profile_is_not_ended(index: float) -> None:
    profile = sersic_profile(index)
    assert profile.within(1.0) == pytest.approx(0.5, abs=1e-3)
    b = gammaincinv(2 * index, 0.5)
    effective = 1 / profile.half_light  # of the endless profile, in ended half-light radii
    radius = np.array([0.01, 0.1, 0.5, 2.0, 4.0])
    endless = gammainc(2 * index, b * (radius / effective) ** (1 / index))
    ratio = profile.within(radius) / endless
    np.testing.assert_allclose(ratio, ratio[-1], rtol=5e-3)


@pytest.mark.parametrize("index", [0.5, 1.0, 4.0, 6.0])
@pytest.mark.parametrize("half_light", [0.4, 3.0])
@pytest.mark.parametrize("axis_ratio", [1.0, 0.3])
def test_flux_is_right_to_half_a_percent_wherever_the_centre_falls_in_its_pixel(
    index: float, half_light: float, axis_ratio: float
) -> None:
    rng = np.random.default_rng(4)
    plane = Plane(0.4, axis_ratio, *rng.uniform(-PIXEL / 2, PIXEL / 2, 2))
    canvas = Canvas(FRAME, math.ceil(7.6 * half_light / PIXEL) + 5)
    sheet = Sheet(canvas, plane, 8 * half_light, half_light * axis_ratio)
    image = sersic_image(sheet, plane, index, half_light)
    assert image.sum() == pytest.approx(1, abs=5e-3)
    assert (image >= 0).all()


def test_pixels_are_those_that_galsim_integrates() -> None:
    """Where the profile is not ended; GalSim's is endless and scaled to the same central light."""
    profile = sersic_profile(4.0)
    half_light, plane = 2.0, Plane(0.6, 0.7, 0.05, -0.08)
    canvas = Canvas(FRAME, 60)
    sheet = Sheet(canvas, plane, 99.0, half_light)
    ours = sersic_image(sheet, plane, 4.0, half_light)

    effective = half_light * math.sqrt(plane.axis_ratio) / profile.half_light  # GalSim keeps areas
    shear = galsim.Shear(q=plane.axis_ratio, beta=plane.angle_rad * galsim.radians)
    model = galsim.Sersic(4.0, half_light_radius=effective).shear(shear).shift(0.05, -0.08)
    pixel = galsim.Pixel(PIXEL)
    big = galsim.GSParams(maximum_fft_size=16384)
    image = galsim.Convolve([model, pixel], gsparams=big).drawImage(
        nx=121, ny=121, scale=PIXEL, method="no_pixel"
    )
    theirs = image.array
    inside = plane.on_canvas(canvas)[0] < 4 * half_light  # within the taper
    scale = ours[inside].sum() / theirs[inside].sum()
    np.testing.assert_allclose(ours[inside], scale * theirs[inside], rtol=0.02)
    assert ours[60, 60] == pytest.approx(scale * theirs[60, 60], rel=0.01)


def test_discs_bend_down_and_up_beyond_their_break() -> None:
    radius = np.array([3.9, 4.0])

    def slope(break_scales: float, beyond: float) -> float:
        profile = disc_profile(break_scales, beyond, 12.0)
        light = profile.at((radius / profile.half_light).astype(np.float32))
        return float(-0.1 / np.log(light[1] / light[0]))

    assert slope(0.0, 1.0) == pytest.approx(1.0, rel=0.02)
    assert slope(2.0, 0.5) == pytest.approx(0.5, rel=0.02)
    assert slope(2.0, 1.5) == pytest.approx(1.5, rel=0.02)


def test_half_light_of_a_sum_lies_between_those_of_its_parts() -> None:
    sphere = sersic_profile(4.0)
    assert half_light_of_sum([(3.0, sphere, 2.0)]) == pytest.approx(2.0, rel=0.01)
    between = half_light_of_sum([(0.5, sphere, 1.0), (0.5, sphere, 2.0)])
    assert 1.2 < between < 1.7
