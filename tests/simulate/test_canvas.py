import numpy as np
import pytest

from strandline.simulate.canvas import PIXEL_ARCSEC, Canvas, Plane, sersic, texture
from strandline.simulate.colours import BANDS, population_sed


def test_splat_is_bilinear_sharing_among_four_pixels() -> None:
    rng = np.random.default_rng(1)
    canvas = Canvas(6, (0.3, -0.2))
    x, y = rng.uniform(-1.4, 1.4, (2, 40))
    weight = rng.uniform(0.5, 2, 40)
    slow = np.zeros(canvas.shape)
    for px, py, w in zip(x, y, weight, strict=True):
        for row in range(canvas.shape[0]):
            for column in range(canvas.shape[1]):
                dx = abs(px - canvas.x_arcsec[0, column]) / PIXEL_ARCSEC
                dy = abs(py - canvas.y_arcsec[row, 0]) / PIXEL_ARCSEC
                slow[row, column] += w * max(1 - dx, 0) * max(1 - dy, 0)
    # single precision of the pixel positions
    np.testing.assert_allclose(canvas.splat(x, y, weight), slow, atol=2e-5)


def test_splat_keeps_flux_and_centroid_and_drops_what_is_outside() -> None:
    canvas = Canvas(20)
    x, y = np.array([0.4, 0.4, 99.0, -99.0]), np.array([-1.0, -1.0, 0.0, 0.0])
    image = canvas.splat(x, y, smooth_arcsec=0.3)
    assert image.sum() == pytest.approx(2, rel=1e-4)
    assert (image * canvas.x_arcsec).sum() / image.sum() == pytest.approx(0.4, abs=1e-3)
    assert (image * canvas.y_arcsec).sum() / image.sum() == pytest.approx(-1.0, abs=1e-3)


@pytest.mark.parametrize("index", [1.0, 2.5, 4.0])
def test_sersic_holds_half_its_light_within_the_half_light_radius(index: float) -> None:
    # Integrated on a fine polar grid out to 60 radii, so that the cutout's pixels play no part;
    # the softening of half a pixel (0.13" of 10") moves under 1 % of the light.
    radius = np.linspace(0, 600, 400_001, dtype=np.float32)
    light = sersic(radius, 10.0, index).astype(np.float64) * radius
    assert light[radius <= 10].sum() / light.sum() == pytest.approx(0.5, abs=0.01)


def test_plane_there_and_back() -> None:
    plane = Plane(0.7, 0.4)
    x, y = plane.to_sky(np.array([3.0]), np.array([1.1]))
    radius, azimuth = plane.from_sky(float(x[0]), float(y[0]))
    assert [radius, azimuth] == pytest.approx([3.0, 1.1])
    canvas = Canvas(20)
    on_radius, _ = plane.on_canvas(canvas)
    row, column = 28, 15
    expected = plane.from_sky(float(canvas.x_arcsec[0, column]), float(canvas.y_arcsec[row, 0]))
    assert on_radius[row, column] == pytest.approx(expected[0], rel=1e-5)


def test_add_scales_to_flux_and_colour_and_dust_reddens() -> None:
    canvas = Canvas(10)
    radius, _ = Plane(0.0, 1.0).on_canvas(canvas)
    canvas.add(np.exp(-radius), 500.0, population_sed(0.0))
    before = canvas.light_njy.sum(axis=(1, 2))
    assert before[BANDS.index("r")] == pytest.approx(500, rel=1e-4)
    g_minus_r = -2.5 * np.log10(before[BANDS.index("g")] / before[BANDS.index("r")])
    assert g_minus_r == pytest.approx(0.78, abs=0.01)  # the red sequence
    canvas.dim(np.full(canvas.shape, 0.5, dtype=np.float32))
    kept = canvas.light_njy.sum(axis=(1, 2)) / before
    assert kept[BANDS.index("r")] == pytest.approx(np.exp(-0.5), rel=1e-4)
    assert np.all(np.diff(kept) > 0)  # blue light is dimmed most


def test_nothing_is_added_where_there_is_no_light() -> None:
    canvas = Canvas(5)
    canvas.add(np.zeros(canvas.shape), 100.0, population_sed(0.5))
    assert not canvas.light_njy.any()


def test_texture_has_mean_about_one() -> None:
    clumps = texture((200, 200), 1.5, 0.5, np.random.default_rng(2))
    # log-normal of sigma 0.5 x 0.7 x sqrt(2) = 0.495; some 40000 / (2 pi 3.75^2) = 450
    # independent cells of scatter 0.53, so the mean is known to 0.025
    assert clumps.mean() == pytest.approx(1, abs=0.1)
    assert clumps.min() > 0
