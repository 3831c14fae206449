import numpy as np
import pytest
from scipy import stats

from strandline.measure.cluster import place_in_cluster
from strandline.measure.environment import (
    Cluster,
    Places,
    alignment_of,
    fractions,
    kernel_density,
    nearest_density,
    places_of,
    r200_of_mass,
    r200_of_sigma,
    ram_pressure_pa,
)

COMA = Cluster("Coma", 194.95, 27.98, 0.0231, 2000.0)


def in_one_cluster(x_kpc: np.ndarray, y_kpc: np.ndarray) -> Places:
    nothing = np.full(len(x_kpc), np.nan)
    number = np.zeros(len(x_kpc), dtype=np.int64)
    return Places(number, np.hypot(x_kpc, y_kpc), nothing, nothing, x_kpc, y_kpc, nothing)


def test_distance_and_direction_to_the_centre() -> None:
    # a degree north of the centre: at z = 0.0231, 0.466 kpc/arcsec
    told = places_of([194.95, 194.95], [28.98, -60.0], [COMA])
    assert told.cluster.tolist() == [0, -1]
    assert told.distance_kpc[0] == pytest.approx(3600 * 0.466, rel=0.01)
    assert told.r200[0] == pytest.approx(3600 * 0.466 / 2000, rel=0.01)
    assert told.centre_deg[0] == pytest.approx(180)
    assert (told.x_kpc[0], told.y_kpc[0]) == (
        pytest.approx(0, abs=1e-6),
        pytest.approx(told.distance_kpc[0]),
    )
    assert np.isnan(told.distance_kpc[1])


def test_galaxy_of_another_speed_is_no_member() -> None:
    told = places_of([194.95, 194.95], [28.0, 28.0], [COMA], redshift=[0.05, 0.024])
    assert told.cluster.tolist() == [-1, 0]
    assert told.speed_kms[1] == pytest.approx(299792 * 0.0009 / 1.0231, rel=1e-3)


def test_density_of_the_fifth_neighbour() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.uniform(-2000, 2000, (2, 1600))  # 100 a Mpc^2
    places = in_one_cluster(x, y)
    inner = np.hypot(x, y) < 1200
    density, error = nearest_density(places)
    # d^2 is Gamma distributed: the mean of 1 / d_n^2 is n / (n - 1) of its inverse
    assert density[inner].mean() == pytest.approx(100 * 5 / 4, rel=0.1)
    np.testing.assert_allclose(error, density / np.sqrt(5))
    smooth, smooth_error = kernel_density(places)
    assert smooth[inner].mean() == pytest.approx(100, rel=0.05)
    # spread of a Poisson field under a Gaussian: n / (4 pi s^2)
    assert smooth_error[inner].mean() == pytest.approx(np.sqrt(100 / (4 * np.pi * 0.09)), rel=0.1)


def test_interval_of_a_fraction_holds_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        (one,) = fractions(np.zeros(40), rng.random(40) < 0.2, [-1, 1])
        held += one.lower <= 0.2 <= one.upper
    assert 0.6 < held / 400 < 0.78
    assert one.lower >= stats.beta.ppf(0.1, 1, 41)


def test_fraction_is_corrected_for_completeness() -> None:
    value, hit = np.zeros(100), np.arange(100) < 10
    (as_found,) = fractions(value, hit, [-1, 1])
    (corrected,) = fractions(value, hit, [-1, 1], np.full(100, 0.5))
    assert as_found.value == pytest.approx(0.1)
    assert corrected.value == pytest.approx(0.2)
    assert corrected.upper == pytest.approx(2 * as_found.upper)
    assert np.isnan(fractions(value, hit, [5, 6])[0].value)


def test_galaxies_of_unknown_completeness_are_taken_to_be_as_the_others() -> None:
    value, hit = np.zeros(100), np.arange(100) < 10
    share = np.where(np.arange(100) < 50, 0.5, np.nan)
    (told,) = fractions(value, hit, [-1, 1], share)
    assert told.value == pytest.approx(0.2)
    # where nothing could have been found, nothing is known
    assert np.isnan(fractions(value, hit, [-1, 1], np.zeros(100))[0].value)
    # where a half could not have been found at all, the fraction is of the other half
    half = np.where(np.arange(100) < 50, 1.0, 0.0)
    assert fractions(value, hit, [-1, 1], half)[0].value == pytest.approx(0.2)


def test_ram_pressure_is_that_of_the_literature() -> None:
    # 1e-3 per cm^3 at 1000 km/s: about 2e-11 dyn/cm^2 (e.g. Boselli et al. 2022, A&ARv 30, 3)
    assert ram_pressure_pa(1e-3, 1000.0) == pytest.approx(1.9e-12, rel=0.02)
    assert ram_pressure_pa([1e-3], [-2000.0])[0] == pytest.approx(4 * 1.912e-12, rel=0.01)


def test_alignment_is_told_from_chance() -> None:
    rng = np.random.default_rng(4)
    centre = rng.uniform(0, 360, 200)
    away = alignment_of(centre + 180 + rng.normal(0, 30, 200), centre)
    assert away.mean_cosine < -0.8
    assert away.p_value < 1e-6
    chance = alignment_of(rng.uniform(0, 360, 200), centre)
    assert abs(chance.mean_cosine) < 3 * chance.error
    assert np.isnan(alignment_of([np.nan], [1.0]).mean_cosine)


def test_radius_of_mass_and_of_dispersion() -> None:
    assert r200_of_mass(1e15, 0.05) == pytest.approx(2060, rel=0.03)  # 2.06 Mpc for h = 0.7
    assert r200_of_sigma(1000, 0.0) == pytest.approx(np.sqrt(3) * 1000 / 0.7, rel=1e-6)


def test_place_and_tail_in_a_cluster() -> None:
    told = place_in_cluster(
        194.95, 28.98, (194.95, 27.98), 0.0231, redshift=0.0241, tail_deg=10.0, stripped=True
    )
    assert told["cluster_angle_deg"] == pytest.approx(180)
    assert told["tail_to_centre_deg"] == pytest.approx(170)
    assert told["infall_angle_deg"] == pytest.approx(190)
    assert told["line_of_sight_kms"] == pytest.approx(293, rel=0.01)
    assert place_in_cluster(np.nan, 1.0, (2.0, 3.0), 0.1) == {}
