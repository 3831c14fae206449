from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from strandline.cosmology import kpc_per_arcsec
from strandline.errors import OptionError
from strandline.photometry import mag_to_flux
from strandline.seeding import generator
from strandline.simulate.plans import Encounter, GalaxyPlan, Kind, Morphology, SystemPlan
from strandline.simulate.portraits.canvas import Canvas, Frame
from strandline.simulate.portraits.encounters import paint_encounter
from strandline.simulate.portraits.pairs import Setting, pair_potentials, pair_track
from strandline.simulate.portraits.portrait import Portrait
from strandline.simulate.portraits.scene import Scene, see

REDSHIFT = 0.05
FRAME = Frame(1.0, ("g", "r", "z"), 90)
ISOTROPIC = ((70.0, 20.0), (110.0, 200.0))


def plan_of(
    kind: Kind = "tails",
    *,
    time: float = 0.3,
    mass_ratio: float = 0.5,
    pericentre: float = 10.0,
    eccentricity: float = 0.92,
    discs: tuple[tuple[float, float], tuple[float, float]] = ISOTROPIC,
    view: tuple[float, float, float] = (0.4, 0.9, 1.2),
    morphology: Morphology = "spiral",
    brightness: float | None = None,
    seed: int = 7,
) -> SystemPlan:
    first = GalaxyPlan("a", 16.0, REDSHIFT, 4.8, morphology, seed)
    second = replace(first, id="b", mag_r=16.0 - 2.5 * np.log10(mass_ratio), radius_arcsec=4.0)
    encounter = Encounter(mass_ratio, pericentre, eccentricity, time, discs, view)
    return SystemPlan("a", 0.0, 0.0, kind, (first, second), encounter, brightness)


def paint(plan: SystemPlan, frame: Frame = FRAME) -> Portrait:
    canvas = Canvas(frame, frame.most_half_px)
    return paint_encounter(canvas, plan, generator(plan.galaxies[0].seed, "portrait"))


def scene_of(plan: SystemPlan) -> Scene:
    assert isinstance(plan.interaction, Encounter)
    return see(plan, plan.interaction, generator(1, "scene"))


def total_njy(plan: SystemPlan) -> float:
    return sum(float(mag_to_flux(galaxy.mag_r)) for galaxy in plan.galaxies)


def coalescence(plan: SystemPlan) -> float:
    assert isinstance(plan.interaction, Encounter)
    return pair_track(plan.galaxies, plan.interaction, before_gyr=0.1, after_gyr=4).coalescence_gyr


@pytest.mark.parametrize("morphology", ["spiral", "elliptical", "irregular", "edge_on"])
@pytest.mark.parametrize(
    ("kind", "time"), [("approaching", -0.3), ("tails", 0.25), ("merger", 0.6), ("remnant", 1.1)]
)
def test_light_adds_up_to_the_magnitudes(kind: Kind, time: float, morphology: Morphology) -> None:
    wide = Frame(2.5, ("r",), 150)  # reaches 370 kpc: all light is on it
    plan = plan_of(kind, time=time, morphology=morphology)
    assert paint(plan, wide).light_njy.sum() == pytest.approx(total_njy(plan), rel=5e-3)


def test_light_adds_up_when_a_brightness_is_asked_for() -> None:
    plan = plan_of(brightness=25.0)
    portrait = paint(plan, Frame(2.5, ("r",), 150))
    assert portrait.light_njy.sum() == pytest.approx(total_njy(plan), rel=5e-3)


@pytest.mark.parametrize("brightness", [24.0, 25.0, 26.0])
def test_the_feature_is_as_bright_as_asked_for(brightness: float) -> None:
    feature = paint(plan_of(brightness=brightness)).feature
    assert feature is not None
    if feature.fraction < 0.59:  # at 0.6 it is held
        assert feature.brightness == pytest.approx(brightness, abs=0.15)
    assert feature.fraction < 0.61


def test_the_same_plan_is_the_same_picture() -> None:
    first, second = paint(plan_of()), paint(plan_of())
    np.testing.assert_array_equal(first.light_njy, second.light_njy)
    assert first.notes == second.notes
    assert not np.array_equal(first.light_njy, paint(plan_of(seed=8)).light_njy)


def test_the_companion_lies_where_the_orbit_says() -> None:
    plan = plan_of(time=0.2)
    portrait = paint(plan)
    encounter = plan.interaction
    assert isinstance(encounter, Encounter)
    track = pair_track(plan.galaxies, encounter, before_gyr=0.1, after_gyr=0.3)
    place, drift = track.at(0.2)
    view = Rotation.from_euler("zxz", encounter.view_rad)
    offset = view.apply(place[1] - place[0])
    first, second = portrait.members
    assert (first.x_arcsec, first.y_arcsec) == (0.0, 0.0)
    wanted = offset[:2] / kpc_per_arcsec(REDSHIFT)
    np.testing.assert_allclose([second.x_arcsec, second.y_arcsec], wanted, atol=1e-6)
    # and there is light: the brightest pixel near that place is within a pixel of it
    canvas = portrait.canvas
    near = np.hypot(canvas.x_arcsec - wanted[0], canvas.y_arcsec - wanted[1]) < 4
    row, column = np.unravel_index(
        np.argmax(np.where(near, portrait.light_njy[1], 0)), canvas.shape
    )
    assert abs(canvas.x_arcsec[0, column] - wanted[0]) <= 1.01
    assert abs(canvas.y_arcsec[row, 0] - wanted[1]) <= 1.01
    assert portrait.notes["separation_kpc"] == pytest.approx(np.linalg.norm(offset))
    speed = float(np.linalg.norm(drift[1] - drift[0]))
    assert portrait.notes["relative_speed_kms"] == pytest.approx(speed)


def test_prograde_discs_make_longer_and_brighter_tails_than_retrograde_ones() -> None:
    """Toomre & Toomre (1972): the far side of a disc that turns with the orbit is drawn out."""
    reach: dict[float, list[float]] = {10.0: [], 170.0: []}
    share: dict[float, list[float]] = {10.0: [], 170.0: []}
    for inclination in reach:
        for k, pericentre in enumerate((8.0, 11.0, 14.0)):
            discs = ((inclination, 60.0 * k), (inclination, 90.0))
            plan = plan_of(time=0.35, mass_ratio=0.9, pericentre=pericentre, discs=discs)
            first, _ = scene_of(plan).galaxies
            away = np.linalg.norm(first.star_kpc, axis=1)
            order = np.argsort(away)
            growth = np.cumsum(first.star_njy[order]) / first.build.flux_njy
            growth += 1 - growth[-1]
            reach[inclination].append(float(away[order][np.searchsorted(growth, 0.98)]))
            share[inclination].append(first.torn_njy / first.build.flux_njy)
    assert np.mean(reach[10.0]) > 1.3 * np.mean(reach[170.0])
    assert np.mean(share[10.0]) > 1.3 * np.mean(share[170.0])


def test_tails_are_made_after_the_pericentre_and_not_before() -> None:
    torn: dict[float, float] = {}
    for time in (-0.3, -0.05, 0.05, 0.15, 0.3):
        plan = plan_of(time=time, discs=((10.0, 0.0), (20.0, 0.0)))
        first, second = scene_of(plan).galaxies
        torn[time] = (first.torn_njy + second.torn_njy) / total_njy(plan)
    assert torn[-0.3] == 0
    assert torn[-0.05] < 0.002
    assert torn[0.15] > 0.02
    assert torn[0.3] > torn[0.15] > torn[0.05]


def test_a_lighter_companion_tears_off_less() -> None:
    shares = []
    for mass_ratio in (1.0, 0.1):
        plan = plan_of(mass_ratio=mass_ratio, discs=((20.0, 0.0), (20.0, 0.0)))
        first, _ = scene_of(plan).galaxies
        shares.append(first.torn_njy / first.build.flux_njy)
    assert shares[0] > 2 * shares[1]


def test_a_disc_before_the_encounter_is_the_same_exponential_in_particles_and_paint() -> None:
    """Where a disc is handed over to particles must not show."""
    discs = ((0.0, 0.0), (0.0, 0.0))
    plan = plan_of("tails", time=-0.3, pericentre=25.0, discs=discs, view=(0.0, 0.0, 0.0))
    assert isinstance(plan.interaction, Encounter)
    setting = Setting.of(plan.galaxies, plan.interaction)
    touched = replace(setting.track, time_gyr=setting.track.time_gyr)
    profile = []
    for near in (False, True):
        place = touched.position_kpc.copy()
        if near:  # a passage long ago that left the disc whole within 2 scale lengths only
            place[0, 1] = place[0, 0] + [14.0, 0.0, 0.0]
        track = replace(touched, position_kpc=place)
        mean = np.zeros(14)
        for seed in range(4):
            canvas = Canvas(Frame(0.5, ("r",), 90), 90)
            rng = generator(seed, "profile")
            portrait = paint_encounter(
                canvas, plan, rng, setting=Setting(setting.potentials, track)
            )
            assert (portrait.notes["whole_1_kpc"] < 7) == near
            radius = np.hypot(canvas.x_arcsec, canvas.y_arcsec)
            mean += [
                canvas.light_njy[0][(radius >= r) & (radius < r + 1)].mean() for r in range(14)
            ]
        profile.append(-2.5 * np.log10(mean))
    np.testing.assert_allclose(profile[1][2:], profile[0][2:], atol=0.35)


def test_two_nuclei_become_one_member() -> None:
    plan = plan_of("remnant", time=0.0)
    time = coalescence(plan)
    for shift, members in ((-0.25, 2), (0.1, 1)):
        portrait = paint(plan_of("merger", time=time + shift))
        assert len(portrait.members) == members
    assert portrait.notes["separation_kpc"] == 0
    assert portrait.notes["coalescence_gyr"] == pytest.approx(time, abs=0.02)
    assert portrait.notes["passages"] >= 2


def test_what_is_seen_before_the_passage_is_undisturbed() -> None:
    portrait = paint(plan_of("approaching", time=-0.3))
    assert portrait.feature is None
    assert portrait.notes["passages"] == 0
    assert not portrait.canvas.torn_r_njy.any()


def test_torn_light_is_kept_apart_and_is_part_of_all_light() -> None:
    portrait = paint(plan_of(time=0.3, discs=((10.0, 0.0), (30.0, 0.0))))
    canvas, feature = portrait.canvas, portrait.feature
    assert feature is not None
    np.testing.assert_allclose(canvas.torn_njy[1], canvas.torn_r_njy, rtol=1e-4, atol=1e-3)
    assert np.all(canvas.light_njy >= canvas.torn_njy - 1e-3)
    assert 0.03 < feature.fraction < 0.5
    assert feature.length_kpc >= feature.projected_kpc > 10
    assert 0.2 < feature.colour_gr < 0.85


def test_members_have_the_light_that_they_kept() -> None:
    plan = plan_of(time=0.3, discs=((10.0, 0.0), (30.0, 0.0)))
    portrait = paint(plan)
    assert portrait.feature is not None
    kept = sum(float(mag_to_flux(member.mag_r)) for member in portrait.members)
    assert kept == pytest.approx(total_njy(plan) * (1 - portrait.feature.fraction), rel=0.03)


def test_masses_have_the_ratio_of_the_plan() -> None:
    plan = plan_of(mass_ratio=0.3)
    first, second = pair_potentials(plan.galaxies, 0.3)
    assert second.mass_1e10 / first.mass_1e10 == pytest.approx(0.3)


@pytest.mark.parametrize("mass_ratio", [0.0, -0.5, 1.5, float("nan")])
def test_mass_ratios_that_make_no_sense_are_refused(mass_ratio: float) -> None:
    plan = plan_of()
    assert isinstance(plan.interaction, Encounter)
    bad: Any = replace(plan, interaction=replace(plan.interaction, mass_ratio=mass_ratio))
    with pytest.raises(OptionError, match="mass_ratio is"):
        paint(bad)


def test_an_encounter_of_one_galaxy_is_refused() -> None:
    plan = plan_of()
    with pytest.raises(OptionError, match="has two galaxies; this one has 1"):
        paint(replace(plan, galaxies=plan.galaxies[:1]))


def test_a_negative_pericentre_is_refused() -> None:
    with pytest.raises(OptionError, match="pericentre_kpc is -3"):
        paint(plan_of(pericentre=-3.0))
