import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from strandline.errors import OptionError
from strandline.simulate.dynamics.forces import GYR
from strandline.simulate.dynamics.orbits import encounter_track, pericentre_speed
from strandline.simulate.dynamics.potentials import Potential, Spheroid, galaxy_potential
from strandline.simulate.dynamics.tracks import Track

FIRST = galaxy_potential(5.0, 4.5, early=False)
ANY: dict[str, Any] = {
    "pericentre_kpc": 10.0,
    "eccentricity": 0.95,
    "before_gyr": 0.3,
    "after_gyr": 1.0,
}


def second_of(ratio: float) -> Potential:
    return Potential(
        tuple(
            Spheroid(s.profile, ratio * s.mass_1e10, ratio**0.4 * s.scale_kpc)
            for s in FIRST.spheroids
        )
    )


def apart(track: Track) -> NDArray[np.float64]:
    offset = track.position_kpc[:, 1] - track.position_kpc[:, 0]
    return np.asarray(np.linalg.norm(offset, axis=1))


def energy(track: Track, second: Potential) -> NDArray[np.float64]:
    speed = np.linalg.norm(track.velocity_kms[:, 1] - track.velocity_kms[:, 0], axis=1)
    depth = FIRST.potential(apart(track)) + second.potential(apart(track))
    return np.asarray(0.5 * speed**2 + depth)


@pytest.mark.parametrize("ratio", [1.0, 0.3, 0.1])
@pytest.mark.parametrize("eccentricity", [0.0, 0.6, 0.95])
def test_without_friction_energy_and_angular_momentum_of_the_orbit_are_kept(
    ratio: float, eccentricity: float
) -> None:
    second = second_of(ratio)
    track = encounter_track(
        FIRST, second, pericentre_kpc=8, eccentricity=eccentricity,
        before_gyr=0.5, after_gyr=5, friction=False,
    )  # fmt: skip
    kept = energy(track, second)
    np.testing.assert_allclose(kept, kept[0], rtol=1e-5)
    spin = np.cross(
        track.position_kpc[:, 1] - track.position_kpc[:, 0],
        track.velocity_kms[:, 1] - track.velocity_kms[:, 0],
    )
    np.testing.assert_allclose(spin[:, 2], spin[0, 2], rtol=1e-5)


def test_an_independent_integrator_finds_the_same_orbit() -> None:
    second = second_of(0.3)
    track = encounter_track(FIRST, second, **(ANY | {"after_gyr": 3.0}), friction=False)

    def slope(_: float, state: NDArray[np.float64]) -> NDArray[np.float64]:
        pull = FIRST.acceleration(state[None, :3]) + second.acceleration(state[None, :3])
        return np.concatenate([state[3:], pull[0]])

    start = np.concatenate([v[1] - v[0] for v in track.at(0.0)])
    other = solve_ivp(slope, (0, 3.0 * GYR), start, method="DOP853", rtol=1e-10, atol=1e-10)
    position, velocity = track.at(3.0)
    np.testing.assert_allclose(position[1] - position[0], other.y[:3, -1], atol=1e-3)
    np.testing.assert_allclose(velocity[1] - velocity[0], other.y[3:, -1], atol=1e-2)


def test_the_first_passage_is_at_time_zero_at_the_pericentre() -> None:
    second = second_of(0.5)
    track = encounter_track(FIRST, second, **ANY)
    position, velocity = track.at(0.0)
    np.testing.assert_allclose(position[1] - position[0], [10.0, 0, 0], atol=1e-9)
    speed = pericentre_speed(FIRST, second, 10.0, 0.95)
    np.testing.assert_allclose(velocity[1] - velocity[0], [0, speed, 0], atol=1e-9)
    near = np.abs(track.time_gyr) < 0.2
    assert apart(track)[near].min() == pytest.approx(10.0)
    # the barycentre is at rest
    mass = np.array([FIRST.mass_1e10, second.mass_1e10])
    np.testing.assert_allclose(mass @ position, 0, atol=1e-9)


@pytest.mark.parametrize("eccentricity", [0.3, 0.8])
def test_turning_points_have_the_ratio_that_eccentricity_says(eccentricity: float) -> None:
    second = second_of(1.0)
    track = encounter_track(
        FIRST, second, pericentre_kpc=10, eccentricity=eccentricity,
        before_gyr=0, after_gyr=3, friction=False,
    )  # fmt: skip
    wanted = 10 * (1 + eccentricity) / (1 - eccentricity)
    assert apart(track).max() == pytest.approx(wanted, rel=1e-3)


def test_a_parabolic_orbit_has_no_energy_and_hyperbolic_ones_have_more() -> None:
    second = second_of(1.0)
    for eccentricity, sign in ((1.0, 0), (1.2, 1), (0.9, -1)):
        track = encounter_track(
            FIRST, second, pericentre_kpc=10, eccentricity=eccentricity,
            before_gyr=0, after_gyr=0.1, friction=False,
        )  # fmt: skip
        assert np.sign(np.round(energy(track, second)[0], 3)) == sign


@pytest.mark.parametrize(
    ("ratio", "eccentricity", "shortest", "longest"),
    # N-body mergers (Lotz et al. 2008, 2010): parabolic 1:1 and 1:3 within 1 to 2.2 Gyr of the
    # first passage, 1:10 in 2 to 4; bound orbits sooner
    [(1.0, 1.0, 1.0, 2.2), (0.33, 1.0, 1.2, 2.4), (0.1, 1.0, 1.8, 4.0), (1.0, 0.9, 0.4, 1.2)],
)
def test_friction_lets_galaxies_coalesce_in_a_realistic_time(
    ratio: float, eccentricity: float, shortest: float, longest: float
) -> None:
    second = second_of(ratio)
    track = encounter_track(
        FIRST, second, pericentre_kpc=15, eccentricity=eccentricity, before_gyr=0.3, after_gyr=5
    )
    assert shortest < track.coalescence_gyr < longest
    assert apart(track)[track.time_gyr >= track.coalescence_gyr].max() == 0


def test_friction_shrinks_the_orbit_and_takes_energy() -> None:
    second = second_of(0.3)
    braked = encounter_track(FIRST, second, **ANY)
    free = encounter_track(FIRST, second, **ANY, friction=False)
    after = (braked.time_gyr > 0) & (apart(braked) > 2)
    assert np.all(np.diff(energy(braked, second)[after]) < 0)
    assert apart(braked).max() < apart(free).max()


def test_friction_does_nothing_before_the_first_passage() -> None:
    second = second_of(0.3)
    braked = encounter_track(FIRST, second, **ANY)
    incoming = braked.time_gyr < 0
    kept = energy(braked, second)[incoming]
    np.testing.assert_allclose(kept, kept[0], rtol=1e-5)


def test_galaxies_that_have_not_coalesced_say_so() -> None:
    assert encounter_track(FIRST, second_of(0.1), **ANY).coalescence_gyr == math.inf
    assert Track.at_rest(0.0, 1.0).coalescence_gyr == math.inf


def test_positions_between_times_are_those_of_a_finer_track() -> None:
    second = second_of(1.0)
    track = encounter_track(FIRST, second, **ANY, friction=False)
    k = np.argmin(np.abs(track.time_gyr))
    middle = 0.5 * (track.time_gyr[k] + track.time_gyr[k + 1])
    short = encounter_track(FIRST, second, **(ANY | {"after_gyr": float(middle)}), friction=False)
    np.testing.assert_allclose(track.at(middle)[0], short.position_kpc[-1], atol=1e-5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pericentre_kpc", 0.0),
        ("pericentre_kpc", -3.0),
        ("pericentre_kpc", math.nan),
        ("eccentricity", -0.1),
        ("before_gyr", -1.0),
        ("after_gyr", math.inf),
    ],
)
def test_orbits_that_make_no_sense_are_refused(name: str, value: float) -> None:
    with pytest.raises(OptionError, match=name):
        encounter_track(FIRST, second_of(1.0), **(ANY | {name: value}))


def test_a_galaxy_without_mass_to_speak_of_is_refused() -> None:
    with pytest.raises(OptionError, match=r"mass ratio is 0\.0001"):
        encounter_track(FIRST, FIRST.scaled(1e-4), **ANY)


def test_an_orbit_of_no_duration_is_refused() -> None:
    with pytest.raises(OptionError, match="must enclose time 0"):
        encounter_track(FIRST, second_of(1.0), **(ANY | {"before_gyr": 0.0, "after_gyr": 0.0}))


def test_tracks_refuse_times_that_do_not_rise_and_times_beyond_them() -> None:
    rest = Track.at_rest(0.0, 1.0)
    with pytest.raises(OptionError, match="must rise"):
        Track(rest.time_gyr[::-1], rest.position_kpc, rest.velocity_kms, rest.strength)
    with pytest.raises(OptionError, match="differ in length"):
        Track(rest.time_gyr, rest.position_kpc, rest.velocity_kms[:1], rest.strength)
    with pytest.raises(OptionError, match="beyond the track"):
        rest.at(1.5)
