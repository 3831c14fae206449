import numpy as np
import pytest

from strandline.errors import OptionError
from strandline.simulate.dynamics.discs import disc_particles, sphere_particles, spin_axis
from strandline.simulate.dynamics.particles import follow
from strandline.simulate.dynamics.potentials import galaxy_potential
from strandline.simulate.dynamics.tracks import Track

GALAXY = galaxy_potential(5.0, 4.5, early=False)
UP = np.array([0.0, 0.0, 1.0])


def test_weights_of_a_disc_add_up_to_the_light_between_its_radii() -> None:
    stars = disc_particles(
        GALAXY, 2.7, UP, 4000, np.random.default_rng(0), inner_kpc=2.7, outer_kpc=13.5
    )
    exact = 2 * np.exp(-1) - 6 * np.exp(-5)  # (1 + R) exp(-R) between 1 and 5
    assert stars.weight.sum() == pytest.approx(exact, rel=1e-3)


def test_a_disc_turns_about_its_spin_and_lies_across_it() -> None:
    spin = spin_axis(50.0, 20.0)
    stars = disc_particles(
        GALAXY, 2.7, spin, 3000, np.random.default_rng(0), inner_kpc=1.0, outer_kpc=15.0
    )
    turning = np.cross(stars.position_kpc, stars.velocity_kms).mean(axis=0)
    assert turning @ spin > 0.999 * np.linalg.norm(turning)
    assert np.std(stars.position_kpc @ spin) == pytest.approx(0.27, rel=0.05)


def test_a_disc_left_alone_keeps_its_light_where_it_was() -> None:
    stars = disc_particles(
        GALAXY, 2.7, UP, 3000, np.random.default_rng(0), inner_kpc=0.5, outer_kpc=16.0
    )
    later, _ = follow(
        stars.position_kpc, stars.velocity_kms, [GALAXY], Track.at_rest(0, 1), 0, 1, tolerance=1e-4
    )
    edges = np.arange(1.0, 12.0, 1.5)
    before, after = (
        np.histogram(np.hypot(*place[:, :2].T), edges, weights=stars.weight)[0]
        for place in (stars.position_kpc, later)
    )
    np.testing.assert_allclose(after, before, rtol=0.12)  # a warm disc settles a little


def test_a_sphere_left_alone_keeps_its_light_where_it_was() -> None:
    galaxy = galaxy_potential(8.0, 5.0, early=True)
    stars = sphere_particles(
        galaxy, 5.0, 6000, np.random.default_rng(0), inner_kpc=0.05, outer_kpc=300.0
    )
    assert stars.weight.sum() == pytest.approx(0.98, abs=0.02)
    later, _ = follow(
        stars.position_kpc, stars.velocity_kms, [galaxy], Track.at_rest(0, 0.5), 0, 0.5,
        tolerance=1e-4,
    )  # fmt: skip
    edges = np.geomspace(1.0, 60.0, 8)
    before, after = (
        np.histogram(np.linalg.norm(place, axis=1), edges, weights=stars.weight)[0]
        for place in (stars.position_kpc, later)
    )
    np.testing.assert_allclose(after, before, rtol=0.12)


@pytest.mark.parametrize(
    ("inclination", "argument", "spin"),
    [
        (0, 77, (0, 0, 1)),  # prograde
        (180, 10, (0, 0, -1)),
        (90, 0, (0, -1, 0)),  # node at pericentre, +x: the spin is across it
        (90, 90, (-1, 0, 0)),
    ],
)
def test_spins_follow_the_angles_of_toomre(
    inclination: float, argument: float, spin: tuple[float, float, float]
) -> None:
    np.testing.assert_allclose(spin_axis(inclination, argument), spin, atol=1e-12)


def test_the_second_discs_spin_is_that_seen_from_the_other_side() -> None:
    first, second = spin_axis(60, 30), spin_axis(60, 30, second=True)
    np.testing.assert_allclose(second, first * [-1, -1, 1], atol=1e-12)


@pytest.mark.parametrize(
    ("inner", "outer", "count", "word"),
    [(5, 5, 10, "must rise"), (-1, 5, 10, "must rise"), (1, 5, 0, "must be positive")],
)
def test_discs_that_make_no_sense_are_refused(
    inner: float, outer: float, count: int, word: str
) -> None:
    with pytest.raises(OptionError, match=word):
        disc_particles(
            GALAXY, 2.7, UP, count, np.random.default_rng(0), inner_kpc=inner, outer_kpc=outer
        )
    with pytest.raises(OptionError, match=word):
        sphere_particles(
            GALAXY, 2.7, count, np.random.default_rng(0), inner_kpc=inner, outer_kpc=outer
        )


def test_a_sphere_without_an_inner_radius_is_refused() -> None:
    with pytest.raises(OptionError, match="inner_kpc is 0"):
        sphere_particles(GALAXY, 2.7, 10, np.random.default_rng(0), inner_kpc=0, outer_kpc=5)
