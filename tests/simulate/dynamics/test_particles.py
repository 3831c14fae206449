from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from strandline.errors import OptionError
from strandline.simulate.dynamics.forces import GYR
from strandline.simulate.dynamics.orbits import encounter_track
from strandline.simulate.dynamics.particles import follow
from strandline.simulate.dynamics.potentials import Potential, Spheroid, galaxy_potential
from strandline.simulate.dynamics.tracks import Track

HERNQUIST = Potential((Spheroid("hernquist", 100.0, 30.0),))
NFW = Potential((Spheroid("nfw", 150.0, 22.0),))
GALAXY = galaxy_potential(5.0, 4.5, early=False)
MIXED = Potential((*NFW.spheroids, *GALAXY.spheroids[1:]))
ALL = pytest.mark.parametrize(
    "potential", [HERNQUIST, NFW, GALAXY, MIXED], ids=["hernquist", "nfw", "galaxy", "mixed"]
)
Array = NDArray[np.float64]


def some_orbits(potential: Potential, speed_share: float, count: int = 60) -> tuple[Array, Array]:
    """Return places 2 to 60 kpc out, and velocities across, as a share of the circular speed."""
    rng = np.random.default_rng(3)
    radius = np.exp(rng.uniform(np.log(2), np.log(60), count))
    towards = rng.standard_normal((count, 3))
    towards /= np.linalg.norm(towards, axis=1)[:, None]
    across = np.cross(towards, rng.standard_normal((count, 3)))
    across /= np.linalg.norm(across, axis=1)[:, None]
    speed = speed_share * potential.circular_speed(radius)
    return radius[:, None] * towards, speed[:, None] * across


def energy(potential: Potential, position: Array, velocity: Array) -> Array:
    radius = np.linalg.norm(position, axis=1)
    return np.asarray(0.5 * (velocity**2).sum(axis=1) + potential.potential(radius))


@ALL
@pytest.mark.parametrize("speed_share", [1.0, 0.5, 0.1, 0.0], ids=str)
def test_energy_and_angular_momentum_are_kept_in_a_galaxy_at_rest(
    potential: Potential, speed_share: float
) -> None:
    position, velocity = some_orbits(potential, speed_share)
    later, moving = follow(position, velocity, [potential], Track.at_rest(0, 3), 0, 3)
    before, after = energy(potential, position, velocity), energy(potential, later, moving)
    np.testing.assert_allclose(after, before, rtol=1e-4)
    spin, spin_later = np.cross(position, velocity), np.cross(later, moving)
    radius = np.linalg.norm(position, axis=1)
    circular = (radius * potential.circular_speed(radius))[:, None]
    np.testing.assert_allclose(spin_later / circular, spin / circular, atol=1e-4)


def test_a_circular_orbit_stays_circular_and_has_the_right_period() -> None:
    radius = 8.0
    speed = float(GALAXY.circular_speed(radius))
    period = 2 * np.pi * radius / speed / GYR
    position, velocity = np.array([[radius, 0, 0]]), np.array([[0, speed, 0]])
    track = Track.at_rest(0, 10 * period)
    later, _ = follow(position, velocity, [GALAXY], track, 0, 10 * period)
    np.testing.assert_allclose(later, position, atol=2e-3)  # 1e-5 of the way round, ten times
    half, _ = follow(position, velocity, [GALAXY], track, 0, 4.5 * period)
    np.testing.assert_allclose(half, -position, atol=2e-3)


def pull_of_both(
    time: float, place: Array, potentials: tuple[Potential, Potential], track: Track
) -> Array:
    bodies, _ = track.at(min(time / GYR, track.time_gyr[-1]))
    return np.asarray(
        sum(
            potential.acceleration(place[None] - body)[0]
            for potential, body in zip(potentials, bodies, strict=True)
        )
    )


@pytest.fixture(scope="module")
def passage() -> dict[str, Any]:
    second = GALAXY.scaled(0.5)
    track = encounter_track(
        GALAXY, second, pericentre_kpc=12, eccentricity=0.95, before_gyr=0.2, after_gyr=0.6
    )
    position, velocity = some_orbits(GALAXY, 0.9, 6)
    place, drift = track.at(-0.2)
    return {
        "potentials": (GALAXY, second),
        "track": track,
        "position": position + place[0],
        "velocity": velocity + drift[0],
    }


def test_dop853_finds_the_same_places_in_an_encounter(passage: dict[str, Any]) -> None:
    track, potentials = passage["track"], passage["potentials"]
    later, moving = follow(
        passage["position"], passage["velocity"], potentials, track, -0.2, 0.6, tolerance=1e-7
    )

    def slope(time: float, state: Array) -> Array:
        return np.concatenate([state[3:], pull_of_both(time, state[:3], potentials, track)])

    for k in range(len(later)):
        start = np.concatenate([passage["position"][k], passage["velocity"][k]])
        other = solve_ivp(
            slope, (-0.2 * GYR, 0.6 * GYR), start, method="DOP853", rtol=1e-9, atol=1e-9
        )
        np.testing.assert_allclose(later[k], other.y[:3, -1], atol=1e-3)
        np.testing.assert_allclose(moving[k], other.y[3:, -1], atol=5e-2)


def test_leapfrog_finds_the_same_place_in_an_encounter(passage: dict[str, Any]) -> None:
    track, potentials = passage["track"], passage["potentials"]
    later, _ = follow(passage["position"][:1], passage["velocity"][:1], potentials, track, -0.2, 0)
    place, velocity = passage["position"][0].copy(), passage["velocity"][0].copy()
    steps = 4000
    step = 0.2 * GYR / steps
    time = -0.2 * GYR
    pull = pull_of_both(time, place, potentials, track)
    for _ in range(steps):
        velocity += 0.5 * step * pull
        place += step * velocity
        time += step
        pull = pull_of_both(time, place, potentials, track)
        velocity += 0.5 * step * pull
    np.testing.assert_allclose(later[0], place, atol=5e-3)


def test_time_runs_backwards_as_well(passage: dict[str, Any]) -> None:
    both = passage["potentials"], passage["track"]
    later, moving = follow(passage["position"], passage["velocity"], *both, -0.2, 0.5)
    back, slower = follow(later, moving, *both, 0.5, -0.2)
    np.testing.assert_allclose(back, passage["position"], atol=2e-2)
    np.testing.assert_allclose(slower, passage["velocity"], atol=1.0)


def test_a_body_without_strength_pulls_nothing() -> None:
    still = Track.at_rest(0, 1)
    gone = Track(still.time_gyr, still.position_kpc, still.velocity_kms, 0 * still.strength)
    position, velocity = some_orbits(GALAXY, 1.0, 5)
    later, moving = follow(position, velocity, [GALAXY], gone, 0, 1)
    np.testing.assert_allclose(later, position + velocity * GYR, rtol=1e-9)
    np.testing.assert_array_equal(moving, velocity)


def test_a_push_adds_to_the_pull() -> None:
    still = Track.at_rest(0, 1)
    gone = Track(still.time_gyr, still.position_kpc, still.velocity_kms, 0 * still.strength)
    position, velocity = some_orbits(GALAXY, 1.0, 5)
    push = np.tile([[0.0, 50.0, -20.0]], (5, 1))
    later, moving = follow(position, velocity, [GALAXY], gone, 0, 1, push_kms2_kpc=push)
    np.testing.assert_allclose(later, position + velocity * GYR + push * GYR**2 / 2, rtol=1e-9)
    np.testing.assert_allclose(moving, velocity + push * GYR, rtol=1e-9)


def test_arguments_are_left_as_they_are() -> None:
    position, velocity = some_orbits(GALAXY, 1.0, 5)
    before = position.copy(), velocity.copy()
    follow(position, velocity, [GALAXY], Track.at_rest(0, 1), 0, 1)
    np.testing.assert_array_equal(position, before[0])
    np.testing.assert_array_equal(velocity, before[1])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"velocity_kms": np.zeros((2, 3))}, "velocity of particles has shape"),
        ({"position_kpc": np.full((5, 3), np.nan)}, "not finite"),
        ({"potentials": [GALAXY, GALAXY]}, "2 potentials for a track of 1"),
        ({"end_gyr": 2.0}, "beyond the track"),
        ({"tolerance": 0.0}, "tolerance is 0"),
        ({"push_kms2_kpc": np.zeros((4, 3))}, "push of particles has shape"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(change: dict[str, Any], word: str) -> None:
    position, velocity = some_orbits(GALAXY, 1.0, 5)
    right: dict[str, Any] = {
        "position_kpc": position,
        "velocity_kms": velocity,
        "potentials": [GALAXY],
        "track": Track.at_rest(0, 1),
        "start_gyr": 0.0,
        "end_gyr": 1.0,
    }
    with pytest.raises(OptionError, match=word):
        follow(**(right | change))
