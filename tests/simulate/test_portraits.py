from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.photometry import flux_to_mag
from strandline.simulate.canvas import PIXEL_ARCSEC, Canvas
from strandline.simulate.colours import BANDS
from strandline.simulate.features import weigh
from strandline.simulate.plans import INTERACTIONS, GalaxyPlan, Interaction, Morphology, Portrait
from strandline.simulate.portraits import draw, reach_arcsec

MORPHOLOGIES: tuple[Morphology, ...] = (
    "elliptical",
    "spiral",
    "barred",
    "edge_on",
    "irregular",
    "nucleus",
)
G, R = BANDS.index("g"), BANDS.index("r")


def _plan(
    morphology: Morphology = "spiral", interaction: Interaction | None = None, seed: int = 3
) -> GalaxyPlan:
    return GalaxyPlan(
        id="g",
        x=100.3,
        y=99.8,
        mag_r=17.0,
        redshift=0.05,
        radius_arcsec=3.0,
        morphology=morphology,
        interaction=interaction,
        seed=seed,
        wind_rad=0.5,
    )


def _radius(portrait: Portrait) -> NDArray[np.float64]:
    canvas = portrait.canvas
    return np.hypot(canvas.x_arcsec, canvas.y_arcsec).astype(np.float64)


def _colour(portrait: Portrait, where: NDArray[np.bool_]) -> float:
    """Return g-r of the light at `where`."""
    light = portrait.light_njy
    return float(-2.5 * np.log10(light[G][where].sum() / light[R][where].sum()))


@pytest.mark.parametrize(
    "plan",
    [_plan(m) for m in MORPHOLOGIES] + [_plan("spiral", k) for k in INTERACTIONS],
    ids=[*MORPHOLOGIES, *INTERACTIONS],
)
def test_every_kind_has_its_magnitude_and_depends_on_its_plan_only(plan: GalaxyPlan) -> None:
    portrait = draw(plan)
    assert np.all(portrait.light_njy >= 0)
    assert float(flux_to_mag(portrait.light_njy[R].sum())) == pytest.approx(17.0, abs=1e-3)
    np.testing.assert_array_equal(draw(plan).light_njy, portrait.light_njy)
    other = draw(replace(plan, seed=plan.seed + 1)).light_njy
    assert not np.array_equal(other, portrait.light_njy)
    assert (portrait.feature is not None) == (plan.interaction is not None)
    # the cutout is large enough: little light at its rim
    rim = np.ones(portrait.canvas.shape, dtype=bool)
    rim[3:-3, 3:-3] = False
    assert portrait.light_njy[R][rim].sum() < 0.01 * portrait.light_njy[R].sum()


@pytest.mark.parametrize("kind", INTERACTIONS)
def test_an_interaction_puts_light_far_out(kind: Interaction) -> None:
    """Compared with undisturbed galaxies of the same size and flux, on the average of eight."""
    morphology: Morphology = "elliptical" if kind == "shells" else "spiral"

    def light_far_out(interaction: Interaction | None) -> float:
        shares = []
        for seed in range(8):
            portrait = draw(_plan(morphology, interaction, seed))
            far = _radius(portrait) > 2.5 * 3.0
            shares.append(portrait.light_njy[R][far].sum() / portrait.light_njy[R].sum())
        return float(np.mean(shares))

    assert light_far_out(kind) > 1.3 * light_far_out(None) + 0.01


@pytest.mark.parametrize("kind", INTERACTIONS)
def test_features_are_as_bright_and_long_as_their_truth_says(kind: Interaction) -> None:
    morphology: Morphology = "elliptical" if kind == "shells" else "spiral"
    for seed in range(6):
        plan = _plan(morphology, kind, seed)
        feature = draw(plan).feature
        assert feature is not None
        assert 22 < feature.brightness < 27
        assert 0.08 <= feature.fraction <= 0.4
        # longer than the galaxy, and no longer than a loop and a bit about its reach
        assert plan.radius_arcsec < feature.length_arcsec < 2.2 * np.pi * reach_arcsec(plan)


def test_jellyfish_are_blue_and_one_sided() -> None:
    for seed in range(6):
        portrait = draw(_plan("spiral", "jellyfish", seed))
        canvas = portrait.canvas
        down = canvas.x_arcsec * np.cos(0.5) + canvas.y_arcsec * np.sin(0.5)
        far = _radius(portrait) > 2.2 * 3.0
        light = portrait.light_njy[R]
        assert light[far & (down > 0)].sum() > 3 * light[far & (down < 0)].sum()
        inner = _radius(portrait) < 3.0
        assert _colour(portrait, far & (down > 0)) < _colour(portrait, inner) - 0.1


def test_shells_are_on_both_sides_with_edges_at_different_radii() -> None:
    """The sharpest drop along the two halves of the axis lies at different radii."""
    found = 0
    for seed in range(8):
        with_shells = draw(_plan("elliptical", "shells", seed))
        light, radius = with_shells.light_njy[R].astype(np.float64), _radius(with_shells)
        angle = np.arctan2(with_shells.canvas.y_arcsec, with_shells.canvas.x_arcsec)
        edges = []
        axis = _brightest_axis(light, radius, angle)
        for side in (axis, axis + np.pi):
            wedge = np.abs(np.angle(np.exp(1j * (angle - side)))) < 0.35
            bins = np.arange(1.0, 6.0, 0.09) * 3.0
            mean = np.array(
                [light[wedge & (radius >= low) & (radius < low + 0.27)].mean() for low in bins]
            )
            edges.append(bins[np.argmin(np.diff(np.log(mean + 1e-9)))])
        found += abs(edges[0] - edges[1]) > 0.3
    assert found >= 6


def _brightest_axis(
    light: NDArray[np.float64], radius: NDArray[np.float64], angle: NDArray[np.float64]
) -> float:
    far = radius > 5
    turn = np.sum(light[far] * np.exp(2j * angle[far]))
    return float(np.angle(turn) / 2)


def test_a_bridge_reaches_the_companion() -> None:
    """Light of the second tail lies on the companion's side, at its distance."""
    brighter = 0
    for seed in range(8):
        plan = replace(_plan("spiral", "tails", seed), partner_arcsec=(9.0, 6.0))
        portrait = draw(plan)
        canvas = portrait.canvas

        def near(x: float, y: float, canvas: Canvas = canvas) -> NDArray[np.bool_]:
            return np.asarray(np.hypot(canvas.x_arcsec - x, canvas.y_arcsec - y) < 2.5)

        light = portrait.light_njy[R]
        # against the two places at right angles, at the same distance
        aside = max(light[near(-6.0, 9.0)].sum(), light[near(6.0, -9.0)].sum())
        brighter += bool(light[near(9.0, 6.0)].sum() > aside)
    assert brighter >= 6  # one tail in five is missing, and the other may pass by chance


def test_weigh_measures_a_feature_of_known_area() -> None:
    """A flat square of 60x60 px: its brightness is flux over area, in both bounds and between."""
    image = np.zeros((160, 160), dtype=np.float32)
    image[50:110, 50:110] = 1.0
    area = 3600 * PIXEL_ARCSEC**2
    for total in (1e4, 3e5, 1e9):
        feature, flux = weigh(image, total, 5.0, np.random.default_rng(0))
        assert flux == pytest.approx(feature.fraction * total)
        assert 0.08 <= feature.fraction <= 0.4
        # the smoothing by 0.4" blurs the rim only: 3 % of the area
        assert feature.brightness == pytest.approx(float(flux_to_mag(flux / area)), abs=0.06)
