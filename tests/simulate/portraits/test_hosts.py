"""Undisturbed galaxies: light, size, place, colour, repeatability."""

import math
from typing import get_args

import numpy as np
import pytest
import sep
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from strandline.cosmology import distance_modulus
from strandline.simulate.plans import GalaxyPlan, Morphology
from strandline.simulate.portraits.canvas import Canvas, Frame, Plane
from strandline.simulate.portraits.discs import inner_share, paint_disc
from strandline.simulate.portraits.hosts import paint_galaxy
from strandline.simulate.portraits.profiles import disc_profile
from strandline.simulate.portraits.spheroids import paint_spheroid
from strandline.simulate.portraits.spirals import paint_spiral

PIXEL = 0.263
FRAME = Frame(pixel_arcsec=PIXEL, bands=("u", "g", "r", "i", "z"))
G, R = FRAME.bands.index("g"), FRAME.bands.index("r")
FLUX = 1e5
REACH = {"elliptical": 9.0, "polar_ring": 6.0, "warped": 5.0}  # those of draw.reach_arcsec
MORPHOLOGIES: tuple[Morphology, ...] = get_args(Morphology)


def _plan(morphology: Morphology, radius_arcsec: float = 3.0, mag_r: float = 16.5) -> GalaxyPlan:
    return GalaxyPlan("g0", mag_r, 0.05, radius_arcsec, morphology, 1)


def _canvas(morphology: Morphology, radius_arcsec: float) -> Canvas:
    half_px = math.ceil(REACH.get(morphology, 4.5) * radius_arcsec / PIXEL) + 4
    return Canvas(FRAME, half_px, (0.3, -0.2))


def _painted(morphology: Morphology, seed: int, radius_arcsec: float = 3.0) -> Canvas:
    canvas = _canvas(morphology, radius_arcsec)
    paint_galaxy(canvas, _plan(morphology, radius_arcsec), FLUX, np.random.default_rng(seed))
    return canvas


def _half_light(image: NDArray[np.float32], canvas: Canvas, plane: Plane) -> float:
    """Return the major axis of the ellipse that holds half of an image's light, arcsec."""
    radius, _ = plane.on_canvas(canvas)
    order = np.argsort(radius, axis=None)
    growth = np.cumsum(image.ravel()[order], dtype=np.float64)
    return float(radius.ravel()[order][np.searchsorted(growth, 0.5 * growth[-1])])


@pytest.mark.parametrize("morphology", MORPHOLOGIES)
@pytest.mark.parametrize("radius_arcsec", [0.5, 1.6, 5.0])
def test_r_light_is_what_was_asked_at_any_size_and_orientation(
    morphology: Morphology, radius_arcsec: float
) -> None:
    for seed in range(5):
        canvas = _canvas(morphology, radius_arcsec)
        plan = _plan(morphology, radius_arcsec)
        painted = paint_galaxy(canvas, plan, FLUX, np.random.default_rng(seed))
        light = float(canvas.light_njy[R].sum(dtype=np.float64))
        assert light == pytest.approx(FLUX, rel=5e-3), seed
        assert painted == pytest.approx(light, rel=1e-4)
        assert np.isfinite(canvas.light_njy).all()
        assert (canvas.light_njy >= 0).all()


@pytest.mark.parametrize("morphology", MORPHOLOGIES)
def test_the_same_seed_is_the_same_picture_and_another_is_not(morphology: Morphology) -> None:
    first, again, other = (_painted(morphology, seed).light_njy for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).sum() > 0.05 * first.sum()


def test_light_beyond_the_canvas_is_lost_and_not_put_back() -> None:
    whole = _painted("spiral", 3, 5.0)
    cut = Canvas(FRAME, 20, (0.3, -0.2))
    painted = paint_galaxy(cut, _plan("spiral", 5.0), FLUX, np.random.default_rng(3))
    middle = whole.shape[0] // 2
    inside = np.s_[middle - 20 : middle + 21, middle - 20 : middle + 21]
    assert painted == pytest.approx(float(whole.light_njy[R][inside].sum()), rel=0.02)
    assert painted < 0.8 * FLUX
    off = Canvas(FRAME, 20)
    rng = np.random.default_rng(3)
    assert paint_galaxy(off, _plan("barred"), FLUX, rng, x_arcsec=900.0) == 0
    assert not off.light_njy.any()


@pytest.mark.parametrize("morphology", ["elliptical", "edge_on", "polar_ring"])
def test_a_galaxy_is_where_it_was_put(morphology: Morphology) -> None:
    """Only their asymmetries, the same in both pictures, keep centroids off their centres."""
    centroids = []
    for x, y in ((0.0, 0.0), (2.63, -1.315)):  # whole pixels
        canvas = Canvas(FRAME, 130)
        rng = np.random.default_rng(5)
        plane = Plane(0.5, 0.6)
        paint_galaxy(canvas, _plan(morphology), FLUX, rng, x_arcsec=x, y_arcsec=y, plane=plane)
        light = canvas.light_njy[R]
        centroids.append(
            [
                float((light * axis).sum() / light.sum())
                for axis in (canvas.x_arcsec, canvas.y_arcsec)
            ]
        )
    moved = np.subtract(centroids[1], centroids[0])
    np.testing.assert_allclose(moved, [2.63, -1.315], atol=0.05)


@pytest.mark.parametrize("axis_ratio", [1.0, 0.55])
@pytest.mark.parametrize("index", [1.0, 2.5, 4.0])
def test_spheroids_have_the_half_light_radius_that_was_asked(
    axis_ratio: float, index: float
) -> None:
    canvas, plane = Canvas(FRAME, 150), Plane(0.8, axis_ratio)
    paint_spheroid(canvas, FLUX, 3.0, plane, index=index, youth=0.0, redshift=0.05)
    measured = _half_light(canvas.light_njy[R], canvas, plane) * math.sqrt(axis_ratio)
    assert measured == pytest.approx(3.0, rel=0.03)


@pytest.mark.parametrize("form", ["spiral", "barred", "ringed"])
def test_spirals_have_the_half_light_radius_that_was_asked(form: Morphology) -> None:
    for seed in range(4):
        canvas, plane = Canvas(FRAME, 110), Plane(0.2, 1.0)
        rng = np.random.default_rng(seed)
        paint_spiral(canvas, FLUX, 5.0, plane, rng, redshift=0.05, form=form)  # type: ignore[arg-type]
        assert _half_light(canvas.light_njy[R], canvas, plane) == pytest.approx(5.0, rel=0.1)


def test_early_galaxies_are_on_the_red_sequence_and_spirals_bluer() -> None:
    """g-r of 0.78 +- 0.08 against 0.3 to 0.72 (SDSS; e.g. Blanton & Moustakas 2009, figure 1)."""
    colours = {}
    for morphology in ("elliptical", "spiral", "irregular"):
        plan = _plan(morphology, 3.0, -21.0 + distance_modulus(0.05))
        values = []
        for seed in range(8):
            canvas = _canvas(morphology, 3.0)
            paint_galaxy(canvas, plan, FLUX, np.random.default_rng(seed))
            light = canvas.light_njy.sum(axis=(1, 2), dtype=np.float64)
            values.append(-2.5 * math.log10(light[G] / light[R]))
        colours[morphology] = np.array(values)
    assert np.median(colours["elliptical"]) == pytest.approx(0.78, abs=0.04)
    assert np.abs(colours["elliptical"] - 0.78).max() < 0.1
    assert colours["spiral"].max() < 0.76
    assert 0.4 < np.median(colours["spiral"]) < 0.68
    assert colours["irregular"].max() < np.median(colours["spiral"])


def test_centres_of_early_galaxies_are_redder_than_their_outskirts() -> None:
    canvas = Canvas(FRAME, 100)
    paint_spheroid(canvas, FLUX, 3.0, Plane(0.0, 1.0), index=3.0, youth=0.0, redshift=0.05)
    radius, _ = Plane(0.0, 1.0).on_canvas(canvas)
    ratio = [
        float(canvas.light_njy[G][where].sum() / canvas.light_njy[R][where].sum())
        for where in (radius < 1.0, (radius > 6) & (radius < 9))
    ]
    reddening = 2.5 * math.log10(ratio[1] / ratio[0])
    assert 0.03 < reddening < 0.15  # 0.03 to 0.08 mag per decade (e.g. La Barbera et al. 2005)


def test_a_truncated_disc_and_the_rest_that_is_handed_over_are_one_disc() -> None:
    canvas, plane = Canvas(FRAME, 130), Plane(0.3, 0.8)
    scale, truncation = 4.0, 7.0
    rng = np.random.default_rng(2)
    painted = paint_disc(
        canvas, FLUX, scale, plane, rng, redshift=0.05, truncation_arcsec=truncation
    )
    profile = disc_profile()
    radius = profile.draw(200_000, rng) * profile.half_light * scale
    handed_over = FLUX * float(np.mean(1 - inner_share(radius, truncation)))
    assert painted + handed_over == pytest.approx(FLUX, rel=5e-3)
    distance, _ = plane.on_canvas(canvas)
    assert canvas.light_njy[R][distance > 2 * truncation].sum() < 1e-3 * painted


def test_a_stripped_disc_keeps_its_light_and_loses_its_blue_rim() -> None:
    reddening = []
    for seed in range(6):
        colours = []
        for edge in (None, 3.0):
            canvas, plane = Canvas(FRAME, 130), Plane(0.3, 0.8)
            rng = np.random.default_rng(seed)
            paint_disc(
                canvas, FLUX, 3.0, plane, rng, redshift=0.05, gas_edge_arcsec=edge, lateness=0.7
            )
            assert canvas.light_njy[R].sum(dtype=np.float64) == pytest.approx(FLUX, rel=5e-3)
            rim = plane.on_canvas(canvas)[0] > 5.0
            light = canvas.light_njy[:, rim].sum(axis=1, dtype=np.float64)
            colours.append(-2.5 * math.log10(light[G] / light[R]))
        reddening.append(colours[1] - colours[0])
    assert min(reddening) > 0
    assert np.median(reddening) > 0.05


@pytest.mark.parametrize(
    ("morphology", "most_lost_mag"), [("elliptical", 0.15), ("spiral", 0.08), ("edge_on", 0.08)]
)
def test_sep_measures_the_magnitude_but_for_what_kron_apertures_miss(
    morphology: Morphology, most_lost_mag: float
) -> None:
    """Kron's 2.5 radii hold 94 % of an exponential, 90 % of an n = 4 (Graham & Driver 2005)."""
    rng = np.random.default_rng(9)
    for seed in range(3):
        canvas = _painted(morphology, seed, 2.5)
        image = np.pad(canvas.light_njy[R], 40)
        image = gaussian_filter(image, 1.0 / 2.355 / PIXEL)
        image = image + rng.normal(0, 1.5, image.shape).astype(np.float32)  # 26.9 mag/arcsec2
        source = sep.extract(image, 2.0, err=1.5, minarea=40, deblend_cont=1.0)
        assert len(source) == 1
        where = [source[name] for name in ("x", "y", "a", "b", "theta")]
        kron, _ = sep.kron_radius(image, *where, 6.0)
        flux, _, _ = sep.sum_ellipse(image, *where, 2.5 * kron, subpix=5)
        assert -0.02 < -2.5 * math.log10(float(flux[0]) / FLUX) < most_lost_mag, seed


def test_every_morphology_of_a_plan_is_painted_differently() -> None:
    pictures = [_painted(m, 1).light_njy[R] for m in MORPHOLOGIES]
    middles = [p[p.shape[0] // 2 - 50 : p.shape[0] // 2 + 51, p.shape[1] // 2] for p in pictures]
    for k, first in enumerate(middles):
        for second in middles[:k]:
            assert not np.allclose(first, second, rtol=0.05)
