import numpy as np
import pytest

from strandline.simulate.dynamics.orbits import Track
from strandline.simulate.dynamics.particles import follow
from strandline.simulate.dynamics.phases import drift, radial_period_gyr
from strandline.simulate.dynamics.potentials import Potential, Spheroid, galaxy_potential

EARLY = galaxy_potential(5.0, 4.0, early=True)
CUSPS = Potential((Spheroid("nfw", 100.0, 20.0), Spheroid("hernquist", 3.0, 2.0)))


def _orbits(potential: Potential, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return orbits from nearly radial to circular, 5 to 60 kpc out, in all directions."""
    rng = np.random.default_rng(seed)
    outward = rng.standard_normal((count, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    radius = np.exp(rng.uniform(np.log(5), np.log(60), count))
    across = np.cross(outward, rng.standard_normal((count, 3)))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    speed = potential.circular_speed(radius)[:, None]
    spin = np.exp(rng.uniform(np.log(0.02), 0.1, (count, 1)))
    velocity = speed * (spin * across + 0.4 * rng.standard_normal((count, 1)) * outward)
    return radius[:, None] * outward, velocity


@pytest.mark.parametrize("potential", [EARLY, CUSPS])
def test_phases_agree_with_the_integrator(potential: Potential) -> None:
    position, velocity = _orbits(potential, 60, 1)
    jumped, speed = drift(position, velocity, potential, np.full(60, 2.0))
    track = Track.at_rest(0.0, 2.0)
    walked, walked_speed = follow(position, velocity, (potential,), track, 0.0, 2.0, tolerance=1e-9)
    # the most radial orbits pass the centre at 1/100 of their apocentre, where 18 nodes are
    # good to 1e-4 rad a passage; there are up to 20 passages
    np.testing.assert_allclose(jumped, walked, atol=0.1)
    assert np.median(np.linalg.norm(jumped - walked, axis=1)) < 1e-4
    assert np.median(np.linalg.norm(speed - walked_speed, axis=1)) < 0.01


@pytest.mark.parametrize("potential", [EARLY, CUSPS])
def test_energy_and_angular_momentum_are_kept(potential: Potential) -> None:
    position, velocity = _orbits(potential, 300, 2)
    later, speed = drift(position, velocity, potential, np.full(300, 6.0))

    def energy(x: np.ndarray, v: np.ndarray) -> np.ndarray:
        depth = potential.potential(np.linalg.norm(x, axis=1))
        return np.asarray(0.5 * (v**2).sum(axis=1) + depth)

    np.testing.assert_allclose(energy(later, speed), energy(position, velocity), rtol=1e-5)
    spin = np.cross(position, velocity)
    np.testing.assert_allclose(np.cross(later, speed), spin, rtol=1e-6, atol=1e-6 * spin.max())


def test_time_runs_backwards_too() -> None:
    position, velocity = _orbits(EARLY, 50, 3)
    there = drift(position, velocity, EARLY, np.full(50, 1.0))
    back, _ = drift(*there, EARLY, np.full(50, -1.0))
    np.testing.assert_allclose(back, position, atol=0.01)


def test_a_circular_orbit_stays_circular_and_a_radial_one_radial() -> None:
    speed = float(EARLY.circular_speed(20.0))
    position = np.array([[20.0, 0, 0], [20.0, 0, 0]])
    velocity = np.array([[0, speed, 0], [0.0, 0, 0]])
    later, _ = drift(position, velocity, EARLY, np.full(2, 0.3))
    # orbits rounder than 0.001 in radial speed are taken to be as round as that
    assert np.linalg.norm(later[0]) == pytest.approx(20, abs=0.02 * 1.5)
    turned = speed * 0.3 / 0.977792 / 20
    assert np.arctan2(later[0, 1], later[0, 0]) == pytest.approx(
        np.angle(np.exp(1j * turned)), abs=3e-3
    )
    assert abs(later[1, 1]) + abs(later[1, 2]) < 0.02 * 20


def test_the_radial_period_is_that_of_the_potential() -> None:
    """A nearly circular orbit has the epicyclic period."""
    radius, h = 20.0, 0.01
    speed = EARLY.circular_speed(np.array([radius - h, radius, radius + h]))
    turn = speed / np.array([radius - h, radius, radius + h])
    slope = (turn[2] ** 2 - turn[0] ** 2) / (2 * h)
    epicyclic = np.sqrt(radius * slope + 4 * turn[1] ** 2)
    expected = 2 * np.pi / epicyclic * 0.977792
    assert radial_period_gyr(EARLY, radius, float(speed[1])) == pytest.approx(expected, rel=1e-3)


def test_particles_faster_than_escape_are_kept() -> None:
    later, _ = drift(
        np.array([[10.0, 0, 0]]), np.array([[900.0, 900.0, 0]]), EARLY, np.array([5.0])
    )
    assert np.isfinite(later).all()
