"""What fields and stamps hold, before anything is drawn."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from strandline.simulate.plans import INTERACTIONS, Encounter, Stripping, SystemPlan
from strandline.simulate.population import (
    FieldPlan,
    FieldRequest,
    Numbers,
    StampRequest,
    plan_field,
    plan_stamp,
)
from strandline.simulate.population.cluster import BRIGHTEST, REDSHIFTS
from strandline.simulate.population.systems import galaxy_count


def _request(name: str, *, interacting: int = 24, seed: int = 5) -> FieldRequest:
    return FieldRequest(
        name=name,
        size_px=1000,
        pixel_arcsec=0.263,
        numbers=Numbers(galaxies=80, interacting=interacting, far=20, stars=40),
        kinds=INTERACTIONS,
        from_middle_px=(-500.0, 2000.0),
        orbits=None,
        seed=seed,
    )


def _stamp(number: int, *, interacting: bool) -> StampRequest:
    return StampRequest(f"s{number}", 200, 0.263, interacting, INTERACTIONS, None, 3)


@pytest.fixture(scope="module")
def fields() -> list[FieldPlan]:
    """Twenty fields."""
    return [plan_field(_request(f"field-{k:03d}")) for k in range(20)]


def test_a_field_holds_what_was_asked_for(fields: list[FieldPlan]) -> None:
    """Pairs may bring one galaxy more than was wanted, of either sort."""
    for plan in fields:
        count = sum(galaxy_count(system) for system in plan.systems)
        interacting = sum(galaxy_count(s) for s in plan.systems if s.kind in INTERACTIONS)
        assert 80 <= count <= 83
        assert 24 <= interacting <= 25
        assert (len(plan.far), len(plan.stars)) == (20, 40)
        names = [g.id for system in (*plan.systems, *plan.far) for g in system.galaxies]
        assert len(set(names)) == len(names)
        assert all(0 <= thing.x <= 999 and 0 <= thing.y <= 999 for thing in plan.systems)


def test_a_plan_depends_on_its_request_alone(fields: list[FieldPlan]) -> None:
    assert plan_field(_request("field-003")) == fields[3]
    assert plan_field(_request("field-003", seed=6)) != fields[3]
    assert fields[2].systems != fields[3].systems
    request = _stamp(1, interacting=True)
    assert plan_stamp(request) == plan_stamp(request)


def test_every_kind_occurs_and_only_those_wanted(fields: list[FieldPlan]) -> None:
    kinds = Counter(system.kind for plan in fields for system in plan.systems)
    assert {*INTERACTIONS, "approaching", "undisturbed"} <= set(kinds)
    assert min(kinds[kind] for kind in INTERACTIONS) > 15
    request = replace(_request("field-000"), kinds=("shells", "tails"))
    wanted = {s.kind for s in plan_field(request).systems if s.kind in INTERACTIONS}
    assert wanted == {"shells", "tails"}


def test_clusters_lie_in_their_range_and_hold_their_galaxies(fields: list[FieldPlan]) -> None:
    redshift = np.array([plan.cluster.redshift for plan in fields])
    low, high = REDSHIFTS
    assert low < redshift.min() <= redshift.max() < high
    # even draws: the mean of 20 is known to 0.006
    assert np.mean(redshift) == pytest.approx((low + high) / 2, abs=0.024)
    for plan in fields:
        assert 0 < plan.cluster.x < 999
        assert 0 < plan.cluster.y < 999
        members = [s for s in plan.systems if s.kind in INTERACTIONS]
        speeds = np.array([s.galaxies[0].redshift for s in members]) - plan.cluster.redshift
        # 600 to 1000 km/s, from some 18 galaxies: known to 17 %, 4 sigma
        assert 0.0006 < np.std(speeds) / (1 + plan.cluster.redshift) < 0.006


def test_times_of_encounters_are_those_of_their_kinds(fields: list[FieldPlan]) -> None:
    for system in _systems(fields):
        if not isinstance(system.interaction, Encounter):
            continue
        time = system.interaction.time_gyr
        assert 0.1 <= system.interaction.mass_ratio <= 1
        assert system.galaxies[0].mag_r <= system.galaxies[1].mag_r
        assert system.galaxies[0].redshift == system.galaxies[1].redshift
        if system.kind == "approaching":
            assert time < 0
        elif system.kind == "tails":
            assert 0.04 < time <= 1.01
        else:
            assert time > 0.1


def test_views_are_isotropic(fields: list[FieldPlan]) -> None:
    """The cosine of the tilt is even between -1 and 1: mean 0, here known to 0.06."""
    tilt = [
        math.cos(system.interaction.view_rad[1])
        for system in _systems(fields)
        if system.interaction and not isinstance(system.interaction, Stripping)
    ]
    assert np.mean(tilt) == pytest.approx(0, abs=4 * 0.577 / math.sqrt(len(tilt)))


def test_winds_blow_away_from_the_cluster(fields: list[FieldPlan]) -> None:
    away = []
    for plan in fields:
        for system in plan.systems:
            if isinstance(system.interaction, Stripping):
                wind = system.interaction.wind_rad
                away.append(wind - plan.cluster.outward_rad(system.x, system.y))
                assert 1e-5 < system.interaction.gas_per_cm3 < 5e-3
    # scatter of 0.5 rad
    assert np.mean(away) == pytest.approx(0, abs=4 * 0.5 / math.sqrt(len(away)))


def test_no_galaxy_is_brighter_than_the_limit_or_a_dwarf(fields: list[FieldPlan]) -> None:
    """Companions may be fainter than first galaxies, down to r = 20.5."""
    for plan in fields:
        first = np.array([s.galaxies[0].mag_r for s in plan.systems if s.kind != "merger"])
        assert first.min() >= BRIGHTEST
        assert max(g.mag_r for s in plan.systems for g in s.galaxies) < 21.5
        assert np.median(first) > 15.5


def test_a_stamp_has_its_galaxy_in_the_middle() -> None:
    for number in range(12):
        plan = plan_stamp(_stamp(number, interacting=number % 2 == 0))
        first = plan.systems[0]
        assert (first.kind in INTERACTIONS) == (number % 2 == 0)
        assert abs(first.x - 99.5) <= 0.5
        assert abs(first.y - 99.5) <= 0.5
        assert not any(s.kind in INTERACTIONS for s in plan.systems[1:])


def _systems(fields: list[FieldPlan]) -> list[SystemPlan]:
    return [system for plan in fields for system in plan.systems]


def test_polar_rings_come_as_often_as_asked_for_and_only_then() -> None:
    """They are no interaction, so that fields must count them by name."""
    request = replace(_request("field-000"), kinds=("polar_ring",))
    plan = plan_field(request)
    rings = [system for system in plan.systems if system.kind == "polar_ring"]
    assert len(rings) in (24, 25)  # another may be there by chance
    assert all(ring.galaxies[0].morphology == "polar_ring" for ring in rings)
    first = plan_stamp(replace(_stamp(1, interacting=True), kinds=("polar_ring",))).systems[0]
    assert first.kind == "polar_ring"
    kinds = Counter(plan_stamp(_stamp(k, interacting=True)).systems[0].kind for k in range(60))
    assert kinds["polar_ring"] == 0
