from itertools import pairwise

import numpy as np
import pytest

from strandline.errors import OptionError
from strandline.simulate.dynamics.dissolving import (
    Dissolved,
    dissolve,
    orbit_period_gyr,
    satellite_of,
)
from strandline.simulate.dynamics.potentials import galaxy_potential
from strandline.simulate.dynamics.sinking import descend

HOST = galaxy_potential(10.0, 6.0, early=True)


def _dissolve(
    circularity: float, apocentre_kpc: float, age_gyr: float, count: int, mass: float = 0.1
) -> Dissolved:
    return dissolve(
        HOST,
        satellite_of(mass, 1.0, HOST, apocentre_kpc),
        apocentre_kpc=apocentre_kpc,
        circularity=circularity,
        age_gyr=age_gyr,
        count=count,
        rng=np.random.default_rng(0),
    )


def _edges(remains: Dissolved, side: int) -> list[float]:
    """Return radii (kpc) beyond which there are suddenly less than 0.7 times as many stars.

    On one side of the host, within 60 degrees of the axis of infall.
    """
    radius = np.linalg.norm(remains.position_kpc, axis=1)
    grid = np.geomspace(25, 90, 72)  # steps of 1.8 %
    counts, _ = np.histogram(radius[side * remains.position_kpc[:, 0] > 0.5 * radius], grid)
    profile = np.convolve(counts / np.diff(grid), [0.25, 0.5, 0.25], mode="same")
    drop = profile[2:] / np.maximum(profile[:-2], 1)
    return [
        float(grid[k + 1])
        for k in range(1, len(drop) - 1)
        if drop[k] < 0.7 and drop[k] <= drop[k - 1] and drop[k] < drop[k + 1] and counts[k] > 50
    ]


def test_shells_are_sharp_edges_that_alternate_between_the_sides() -> None:
    remains = _dissolve(0.05, 50.0, 2.5, 60_000)
    found = [(radius, side) for side in (-1, 1) for radius in _edges(remains, side)]
    sides = [side for _, side in sorted(found)]
    assert len(sides) >= 4
    assert all(a != b for a, b in pairwise(sides))


def test_older_shells_are_more_and_nearer_to_each_other() -> None:
    counts = []
    for age in (0.8, 1.6, 2.5):
        remains = _dissolve(0.05, 50.0, age, 40_000)
        counts.append(sum(len(_edges(remains, side)) for side in (-1, 1)))
    assert counts[0] < counts[-1]


def test_angular_momentum_scatters_no_more_than_the_satellite_gives_it() -> None:
    """At pericentre a satellite of size s and dispersion sigma scatters L by s V + r sigma."""
    remains = _dissolve(0.3, 50.0, 2.0, 8000)
    spin = np.cross(remains.position_kpc, remains.velocity_kms)[:, 2]
    radius = np.geomspace(0.5, 50, 400)
    of_orbit = 0.3 * _spin_of_circular(50.0, 0.3)
    assert np.median(spin) == pytest.approx(of_orbit, rel=0.15)  # friction takes a little
    near = radius[np.argmin(np.abs(of_orbit / radius - 520))]  # V = 520 km/s at pericentre
    allowed = 4.0 * 520 + near * 40  # stars leave within 4 kpc, 40 km/s
    assert spin.std() < allowed


def _spin_of_circular(apocentre_kpc: float, circularity: float) -> float:
    """Return the angular momentum of the circular orbit that has the energy of an orbit."""
    radius = np.geomspace(1, apocentre_kpc, 4000)
    circular = radius * HOST.circular_speed(radius)
    energy = 0.5 * HOST.circular_speed(radius) ** 2 + HOST.potential(radius)
    spin = circularity * circular
    there = 0.5 * (spin / apocentre_kpc) ** 2 + float(HOST.potential(apocentre_kpc))
    return float(circular[np.argmin(np.abs(there - energy))])


def test_an_older_stream_is_longer() -> None:
    covered = []
    for age in (0.7, 1.5, 3.0):
        remains = _dissolve(0.65, 50.0, age, 6000, mass=0.03)
        x, y, _ = remains.position_kpc.T
        counts, _ = np.histogram(np.arctan2(y, x), 48, (-np.pi, np.pi))
        covered.append(int((counts > 0.004 * len(x)).sum()))
    assert covered[0] < covered[1] < covered[2]


def test_a_stream_lies_near_the_orbital_plane() -> None:
    remains = _dissolve(0.6, 50.0, 2.0, 4000, mass=0.03)
    radius = np.linalg.norm(remains.position_kpc, axis=1)
    assert np.std(remains.position_kpc[:, 2] / radius) < 0.15


def test_a_dense_satellite_on_a_round_orbit_survives_and_a_radial_one_does_not() -> None:
    assert _dissolve(0.9, 60.0, 1.0, 2000).bound > 0.5
    assert _dissolve(0.03, 50.0, 2.5, 2000).bound == 0


def test_heavier_satellites_sink_faster() -> None:
    ends = []
    for mass in (0.02, 0.3, 3.0):
        satellite = satellite_of(mass, 2.5, HOST, 60.0)
        path = descend(HOST, satellite.potential, 60.0, 220.0, 1.5, least_bound_kpc=0.05)
        ends.append(float(np.linalg.norm(path.position_kpc, axis=1).max()))
        late = path.time_gyr > 0.6 * path.time_gyr[-1]
        ends[-1] = float(np.linalg.norm(path.position_kpc[late], axis=1).max())
    assert ends[0] > ends[1] > ends[2]


def test_the_descent_without_mass_keeps_its_energy() -> None:
    feather = galaxy_potential(1e-7, 0.5, early=False)
    path = descend(HOST, feather, 50.0, 60.0, 3.0, least_bound_kpc=1e-6)
    radius = np.linalg.norm(path.position_kpc, axis=1)
    energy = 0.5 * (path.velocity_kms**2).sum(axis=1) + HOST.potential(radius)
    assert np.ptp(energy) < 1e-3 * abs(energy[0])


def test_the_bound_radius_only_falls() -> None:
    satellite = satellite_of(0.1, 1.0, HOST, 50.0)
    path = descend(HOST, satellite.potential, 50.0, 80.0, 3.0, least_bound_kpc=0.3)
    assert np.all(np.diff(path.bound_kpc) <= 0)
    assert path.passages >= 2


def test_the_period_grows_with_the_apocentre() -> None:
    assert orbit_period_gyr(HOST, 30.0, 0.3) < orbit_period_gyr(HOST, 60.0, 0.3)


@pytest.mark.parametrize(
    ("name", "value"), [("circularity", 1.2), ("apocentre_kpc", 0.0), ("age_gyr", -1.0)]
)
def test_a_senseless_value_is_named(name: str, value: float) -> None:
    options = {"apocentre_kpc": 50.0, "circularity": 0.5, "age_gyr": 1.0} | {name: value}
    with pytest.raises(OptionError, match=name):
        dissolve(
            HOST,
            satellite_of(0.1, 1.0, HOST, 50.0),
            count=10,
            rng=np.random.default_rng(0),
            **options,
        )
