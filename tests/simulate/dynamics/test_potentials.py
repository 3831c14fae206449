import numpy as np
import pytest
from scipy.integrate import quad

from strandline.errors import OptionError
from strandline.simulate.dynamics.potentials import Potential, Spheroid, galaxy_potential

HERNQUIST = Potential((Spheroid("hernquist", 100.0, 30.0),))
NFW = Potential((Spheroid("nfw", 150.0, 22.0),))
GALAXY = galaxy_potential(5.0, 4.5, early=False)
MIXED = Potential((*NFW.spheroids, *GALAXY.spheroids[1:]))
ALL = pytest.mark.parametrize(
    "potential", [HERNQUIST, NFW, GALAXY, MIXED], ids=["hernquist", "nfw", "galaxy", "mixed"]
)


@ALL
def test_acceleration_is_the_slope_of_the_potential(potential: Potential) -> None:
    step = 1e-4
    position = np.random.default_rng(1).normal(size=(40, 3)) * np.geomspace(0.5, 60, 40)[:, None]
    for axis in range(3):
        ahead, behind = position.copy(), position.copy()
        ahead[:, axis] += step
        behind[:, axis] -= step
        slope = potential.potential(np.linalg.norm(ahead, axis=1))
        slope = (slope - potential.potential(np.linalg.norm(behind, axis=1))) / (2 * step)
        # accelerations are some 1e3; next to a cusp the third derivative is large
        got = potential.acceleration(position)[:, axis]
        np.testing.assert_allclose(got, -slope, rtol=1e-5, atol=0.05)


@ALL
@pytest.mark.parametrize("radius", [0.01, 1.0, 20.0, 200.0])
def test_mass_within_is_the_integral_of_density(potential: Potential, radius: float) -> None:
    def shell(r: float) -> float:
        return float(4 * np.pi * r**2 * potential.density(r))

    mass, _ = quad(shell, 0, radius, epsrel=1e-10, limit=200)
    assert potential.mass_within(radius) == pytest.approx(mass, rel=1e-7)


def test_mass_of_an_nfw_sphere_is_that_within_ten_scale_radii() -> None:
    assert NFW.mass_within(220.0) == pytest.approx(NFW.mass_1e10)


def test_hernquist_dispersion_is_the_known_one() -> None:
    # Hernquist (1990), equation 10
    r = np.array([1.0, 10.0, 30.0, 100.0])
    x = r / 30.0
    known = (
        43009.17 * 100.0 / (12 * 30.0)
        * (12 * x * (1 + x) ** 3 * np.log((1 + x) / x)
           - x / (1 + x) * (25 + 52 * x + 42 * x**2 + 12 * x**3))
    )  # fmt: skip
    np.testing.assert_allclose(HERNQUIST.dispersion(r), np.sqrt(known), rtol=3e-3)


@pytest.mark.parametrize(("mass", "speed"), [(0.5, 107), (2.0, 158), (5.0, 205), (10.0, 249)])
def test_spirals_are_on_the_tully_fisher_relation(mass: float, speed: float) -> None:
    # Dutton et al. (2010): log V = 2.143 + 0.281 (log M - 10.10), scatter 0.05 dex
    size = 4.5 * (mass / 5) ** 0.3
    at = 2.2 / 1.678 * size
    got = float(galaxy_potential(mass, size, early=False).circular_speed(at))
    assert got == pytest.approx(speed, rel=0.03)


def test_haloes_hold_most_of_the_mass_and_stars_most_of_the_middle() -> None:
    halo, stars = GALAXY.spheroids
    assert 15 < halo.mass_1e10 / stars.mass_1e10 < 60
    assert stars.mass_within(np.array(2.0)) > halo.mass_within(np.array(2.0))


def test_escape_speed_brings_a_star_to_infinity() -> None:
    energy = 0.5 * GALAXY.escape_speed(8.0) ** 2 + GALAXY.potential(8.0)
    assert energy == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("profile", "mass", "scale", "word"),
    [
        ("plummer", 1.0, 1.0, "hernquist and nfw"),
        ("nfw", 0.0, 1.0, "mass_1e10"),
        ("nfw", -1.0, 1.0, "mass_1e10"),
        ("hernquist", 1.0, np.nan, "scale_kpc"),
        ("hernquist", np.inf, 1.0, "mass_1e10"),
    ],
)
def test_spheres_that_make_no_sense_are_refused(
    profile: str, mass: float, scale: float, word: str
) -> None:
    with pytest.raises(OptionError, match=word):
        Spheroid(profile, mass, scale)  # type: ignore[arg-type]


def test_galaxies_and_potentials_without_matter_are_refused() -> None:
    with pytest.raises(OptionError, match="stellar mass is 0"):
        galaxy_potential(0.0, 4.0, early=True)
    with pytest.raises(OptionError, match="half-light radius is -1"):
        galaxy_potential(1.0, -1.0, early=True)
    with pytest.raises(OptionError, match="at least one"):
        Potential(())
