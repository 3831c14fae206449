import numpy as np
import pytest

from strandline.simulate.portraits.canvas import Canvas, Frame, Plane, texture
from strandline.simulate.portraits.colours import BANDS, population_sed

FRAME = Frame(pixel_arcsec=0.263, bands=("u", "g", "r", "i", "z"))
G, R = FRAME.bands.index("g"), FRAME.bands.index("r")


def _canvas(half_px: int = 20, offset_px: tuple[float, float] = (0.0, 0.0)) -> Canvas:
    return Canvas(FRAME, half_px, offset_px)


def test_splat_is_bilinear_sharing_among_four_pixels() -> None:
    rng = np.random.default_rng(1)
    canvas = _canvas(6, (0.3, -0.2))
    x, y = rng.uniform(-1.4, 1.4, (2, 40))
    weight = rng.uniform(0.5, 2, 40)
    slow = np.zeros(canvas.shape)
    for px, py, w in zip(x, y, weight, strict=True):
        for row in range(canvas.shape[0]):
            for column in range(canvas.shape[1]):
                dx = abs(px - canvas.x_arcsec[0, column]) / FRAME.pixel_arcsec
                dy = abs(py - canvas.y_arcsec[row, 0]) / FRAME.pixel_arcsec
                slow[row, column] += w * max(1 - dx, 0) * max(1 - dy, 0)
    # single precision of the pixel positions
    np.testing.assert_allclose(canvas.splat(x, y, weight), slow, atol=2e-5)


@pytest.mark.parametrize("width_arcsec", [0.0, 0.263, 1.3486, 2.9959])
def test_a_particle_keeps_its_flux_place_and_width_on_fine_and_coarse_grids(
    width_arcsec: float,
) -> None:
    """Widths are those of the steps (0.263" times 1.5 to a power), so that nothing is rounded."""
    sigma = 0.263 * 1.5 ** np.round(np.log(max(width_arcsec, 0.1) / 0.263) / np.log(1.5))
    canvas = _canvas(70, (0.2, -0.3))
    image = canvas.splat(np.array([1.3]), np.array([-2.1]), 1.0, sigma * (width_arcsec > 0))
    assert image.sum() == pytest.approx(1, rel=2e-3)  # cut at 3.5 sigma
    x = float((image * canvas.x_arcsec).sum() / image.sum())
    y = float((image * canvas.y_arcsec).sum() / image.sum())
    assert [x, y] == pytest.approx([1.3, -2.1], abs=0.02)
    if width_arcsec > 0:
        spread = np.sqrt((image * (canvas.x_arcsec - x) ** 2).sum() / image.sum())
        assert spread == pytest.approx(sigma, rel=0.03)


def test_light_beyond_the_cutout_is_lost_but_its_smoothing_reaches_in() -> None:
    canvas = _canvas(20)
    outside = canvas.splat(np.array([99.0]), np.array([0.0]), 1.0, 0.3)
    assert not outside.any()
    # one sigma beyond the edge of the last pixel: 16 % of a Gaussian lie inside
    edge = (20 + 0.5) * FRAME.pixel_arcsec
    near = canvas.splat(np.array([edge + 1.3486]), np.array([0.0]), 1.0, 1.3486)
    assert near.sum() == pytest.approx(0.159, abs=0.02)


def test_a_canvas_is_never_larger_than_its_frame_allows() -> None:
    small = Canvas(Frame(0.2, ("r",), most_half_px=30), 500)
    assert small.shape == (61, 61)


def test_points_of_a_plane_lie_where_the_canvas_has_them() -> None:
    plane = Plane(0.7, 0.4, 1.2, -0.8)
    x, y = plane.to_sky(np.array([3.0]), np.array([1.1]))
    canvas = _canvas(30)
    radius, azimuth = plane.on_canvas(canvas)
    column = int(np.argmin(np.abs(canvas.x_arcsec[0] - x[0])))
    row = int(np.argmin(np.abs(canvas.y_arcsec[:, 0] - y[0])))
    # within a pixel's diagonal in the stretched direction
    assert radius[row, column] == pytest.approx(3.0, abs=0.263 / 0.4)
    assert azimuth[row, column] == pytest.approx(1.1, abs=0.2)


def test_add_scales_to_flux_and_colour_and_dust_reddens() -> None:
    canvas = _canvas(10)
    radius, _ = Plane(0.0, 1.0).on_canvas(canvas)
    canvas.add(np.exp(-radius), 500.0, population_sed(0.0))
    before = canvas.light_njy.sum(axis=(1, 2))
    assert before[R] == pytest.approx(500, rel=1e-4)
    g_minus_r = -2.5 * np.log10(before[G] / before[R])
    assert g_minus_r == pytest.approx(0.78, abs=0.01)  # the red sequence
    canvas.dim(np.full(canvas.shape, 0.5, dtype=np.float32))
    kept = canvas.light_njy.sum(axis=(1, 2)) / before
    assert kept[R] == pytest.approx(np.exp(-0.5), rel=1e-4)
    assert np.all(np.diff(kept) > 0)  # blue light is dimmed most


def test_torn_light_is_kept_apart_and_dimmed_with_the_rest() -> None:
    canvas = _canvas(10)
    light = np.ones(canvas.shape, dtype=np.float32)
    canvas.add(light, 100.0, population_sed(0.0))
    canvas.add(light, 20.0, population_sed(1.0), torn=True)
    assert canvas.torn_r_njy.sum() == pytest.approx(20, rel=1e-4)
    assert canvas.torn_njy[R].sum() == pytest.approx(20, rel=1e-4)
    assert canvas.light_njy[R].sum() == pytest.approx(120, rel=1e-4)
    canvas.dim(np.full(canvas.shape, 1.0, dtype=np.float32))
    assert canvas.torn_r_njy.sum() == pytest.approx(20 / np.e, rel=1e-4)
    assert canvas.torn_njy[R].sum() == pytest.approx(20 / np.e, rel=1e-4)


def test_torn_light_is_known_in_r_where_r_is_not_observed() -> None:
    canvas = Canvas(Frame(0.11, ("f106", "f158")), 10)
    canvas.add(np.ones(canvas.shape), 30.0, population_sed(0.0), torn=True)
    assert canvas.torn_r_njy.sum() == pytest.approx(30, rel=1e-4)
    ratio = canvas.torn_njy[1].sum() / canvas.torn_njy[0].sum()
    sed = population_sed(0.0)
    expected = sed[BANDS.index("f158")] / sed[BANDS.index("f106")]
    assert ratio == pytest.approx(float(expected), rel=1e-4)


def test_nothing_is_added_where_there_is_no_light() -> None:
    canvas = _canvas(5)
    canvas.add(np.zeros(canvas.shape), 100.0, population_sed(0.5))
    assert not canvas.light_njy.any()


def test_texture_has_mean_about_one() -> None:
    clumps = texture((200, 200), 1.5, 0.5, np.random.default_rng(2))
    # log-normal of sigma 0.5 x 0.7 x sqrt(2) = 0.495; some 40000 / (2 pi 3.75^2) = 450
    # independent cells of scatter 0.53, so the mean is known to 0.025
    assert clumps.mean() == pytest.approx(1, abs=0.1)
    assert clumps.min() > 0
