"""What looks like an interaction and is none: drawn by rate, and each does what it says."""

import numpy as np
import pytest
from scipy import fft

from strandline.errors import OptionError
from strandline.photometry import surface_brightness
from strandline.simulate.camera import (
    ARTEFACT_KINDS,
    ArtefactKind,
    ArtefactPlan,
    Exposure,
    SurveyProfile,
    add_foreground,
    add_trails,
    draw_artefacts,
    draw_intracluster,
    exposures,
    spoil,
    subtract_mesh,
)
from strandline.simulate.camera.artefacts import (
    Cirrus,
    CosmicRay,
    FineMesh,
    SkyGradient,
    SkyStep,
    Trail,
)
from strandline.simulate.camera.foreground import cirrus_image

LOVOCCS = SurveyProfile.load("lovoccs")
PIXEL = LOVOCCS.pixel_arcsec


def _exposure(band: str = "r") -> Exposure:
    return exposures(LOVOCCS, (band,), np.random.default_rng(3))[0]


def _blank(side: int = 200) -> np.ndarray:
    return np.zeros((side, side), dtype=np.float32)


@pytest.mark.parametrize("kind", ARTEFACT_KINDS)
@pytest.mark.parametrize("name", SurveyProfile.names())
def test_a_kind_that_is_forced_is_there_and_has_a_place(name: str, kind: ArtefactKind) -> None:
    plan = draw_artefacts(np.random.default_rng(5), SurveyProfile.load(name), 300, force=kind)
    found = [artefact for artefact in plan if artefact.kind == kind]
    assert found
    assert all(np.isfinite((each.x, each.y)).all() and each.reach_px > 0 for each in found)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(OptionError, match="no artefact 'ufo'; there are trail, cosmic_ray"):
        draw_artefacts(np.random.default_rng(5), LOVOCCS, 300, force="ufo")  # type: ignore[arg-type]


def test_artefacts_come_at_their_rates() -> None:
    plans = [draw_artefacts(np.random.default_rng(k), LOVOCCS, 1000) for k in range(400)]
    counts = {kind: sum(a.kind == kind for plan in plans for a in plan) for kind in ARTEFACT_KINDS}
    side, bands, rates = 1000 * PIXEL / 60, 5, LOVOCCS.artefacts
    expected: dict[ArtefactKind, float] = {
        "trail": rates.trails_per_arcmin * side * bands,
        "cosmic_ray": rates.cosmic_rays_per_arcmin2 * side**2 * bands,
        "sky_gradient": rates.gradient * bands,
        "sky_step": rates.step * bands,
        "fine_mesh": rates.mesh,
        "cirrus": rates.cirrus,
        "intracluster": 0.0,
    }
    for kind, number in expected.items():
        mean = 400 * number
        # Poisson, 3.5 sigma
        assert abs(counts[kind] - mean) <= 3.5 * np.sqrt(mean), kind


def test_the_same_seed_is_the_same_plan() -> None:
    one, two = (draw_artefacts(np.random.default_rng(8), LOVOCCS, 900) for _ in range(2))
    assert one == two


def test_a_trail_is_a_line_of_its_brightness_in_its_band_only() -> None:
    trail = Trail(100.0, 100.0, 142.0, "r", 0.0, 2.0, 24.0, 0.0, 50.0)
    light, other = _blank(), _blank()
    add_trails(light, ArtefactPlan((trail,)), _exposure("r"))
    add_trails(other, ArtefactPlan((trail,)), _exposure("g"))
    assert not other.any()
    np.testing.assert_allclose(light[:, 0], light[:, 150], rtol=1e-5)
    peak = surface_brightness(light.max(), PIXEL**2)
    assert float(peak) == pytest.approx(24.0, abs=0.01)
    assert np.count_nonzero(light[:, 0] > light.max() / 2) == pytest.approx(
        np.hypot(2.0, _exposure("r").psf_fwhm_arcsec) / PIXEL, abs=1.5
    )


def test_a_cosmic_ray_is_a_sharp_track() -> None:
    exposure = _exposure()
    ray = CosmicRay(50.0, 60.0, 4.0, "r", 0.6, 20.0)
    hit = spoil(_blank(), ArtefactPlan((ray,)), exposure)
    rows, columns = np.nonzero(hit)
    assert 7 <= len(rows) <= 14
    assert np.hypot(rows - 60, columns - 50).max() <= 4.8
    assert np.unique(hit[rows, columns]).size == 1
    assert not spoil(_blank(), ArtefactPlan((ray,)), _exposure("g")).any()


def test_a_gradient_and_a_step_leave_the_mean_of_the_sky() -> None:
    exposure = _exposure()
    for artefact in (
        SkyGradient(99.5, 99.5, 142.0, "r", 0.5, 27.0, 0.4),
        SkyStep(120.0, 40.0, 142.0, "r", True, 27.0),
    ):
        sky = spoil(_blank(), ArtefactPlan((artefact,)), exposure)
        assert sky.mean() == pytest.approx(0, abs=0.02 * float(np.ptp(sky)))
        unit = 10 ** (0.4 * (31.4 - 27.0)) * PIXEL**2
        assert 0.5 * unit < np.ptp(sky) < 3 * unit


def test_a_fine_mesh_digs_moats_around_haloes_and_keeps_the_core() -> None:
    rows, columns = np.mgrid[-200:200, -200:200]
    halo = (3e3 * np.exp(-np.hypot(rows, columns) / 25)).astype(np.float32)
    noisy = halo + np.random.default_rng(1).normal(0, 10, halo.shape).astype(np.float32)
    left = subtract_mesh(noisy, 100)
    radius = np.hypot(rows, columns)
    rings = [(radius >= low) & (radius < low + 15) for low in range(0, 180, 15)]
    # noise of a ring's mean is under 0.3
    assert min(float(left[ring].mean()) for ring in rings) < -2
    halo_ring = (radius > 60) & (radius < 90)
    assert left[halo_ring].mean() < 0.75 * halo[halo_ring].mean()
    assert left[195:205, 195:205].mean() > 0.6 * halo[195:205, 195:205].mean()
    plan = ArtefactPlan((FineMesh(199.5, 199.5, 284.0, 100),))
    np.testing.assert_array_equal(spoil(noisy, plan, _exposure()), left)


def test_a_mesh_larger_than_the_field_is_the_field() -> None:
    image = np.random.default_rng(1).normal(50, 1, (40, 30)).astype(np.float32)
    assert abs(subtract_mesh(image, 500).mean()) < 1


def test_cirrus_has_its_brightness_and_power_that_falls_steeply() -> None:
    side = 1200
    cirrus = Cirrus(side / 2, side / 2, 0.71 * side, 26.0, 0.6, 0.15, seed=4)
    at = np.arange(side, dtype=np.float32)
    image = cirrus_image(cirrus, at[None, :], at[:, None], PIXEL)
    bright = surface_brightness(np.percentile(image, 90), PIXEL**2)
    assert float(bright) == pytest.approx(26.0, abs=0.05)
    n = side // 9
    coarse = image[: n * 9, : n * 9].reshape(n, 9, n, 9).mean((1, 3))
    power = np.abs(fft.fft2(coarse * np.hanning(n)[:, None] * np.hanning(n))) ** 2
    wave = np.hypot(*np.meshgrid(*[fft.fftfreq(n) * n] * 2))
    level = [power[(wave > k) & (wave < 1.5 * k)].mean() for k in (4, 32)]
    slope = np.log(level[1] / level[0]) / np.log(8)
    # filaments are sharper than a Gaussian field of index -2.9
    assert -3.4 < slope < -1.8


def test_cirrus_and_intracluster_light_are_added_alike_in_a_frame_with_a_margin() -> None:
    rng = np.random.default_rng(2)
    plan = ArtefactPlan((Cirrus(60.0, 60.0, 86.0, 26.0, 0.6, 0.15, seed=4),)).joined(
        draw_intracluster(rng, 60.0, 60.0, 0.06, PIXEL)
    )
    light = np.zeros((2, 120, 120), dtype=np.float32)
    wide = np.zeros((2, 152, 152), dtype=np.float32)
    add_foreground(light, plan, ("g", "r"), PIXEL)
    add_foreground(wide, plan, ("g", "r"), PIXEL, corner_px=(-16, -16))
    np.testing.assert_allclose(light, wide[:, 16:-16, 16:-16], rtol=0.01, atol=1e-3)
    assert np.all(light[1] > light[0])  # redder than the sky's zero point


def test_intracluster_light_is_faint_and_wide() -> None:
    for k in range(20):
        icl = draw_intracluster(np.random.default_rng(k), 500.0, 500.0, 0.06, PIXEL)
        light = np.zeros((1, 1000, 1000), dtype=np.float32)
        add_foreground(light, ArtefactPlan((icl,)), ("r",), PIXEL)
        peak = float(surface_brightness(light.max(), PIXEL**2))
        assert 25.99 < peak < 27.6
        assert icl.reach_px * PIXEL > 60
