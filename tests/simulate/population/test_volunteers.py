import csv
import math
import os
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from strandline.errors import OptionError
from strandline.simulate.dynamics.discs import spin_axis
from strandline.simulate.dynamics.jspam import UNIT_GYR, UNIT_KMS
from strandline.simulate.population.reenacting import volunteer_portrait
from strandline.simulate.population.volunteers import (
    OrbitPrior,
    VolunteerOrbit,
    encounter_of,
    read_orbits,
)
from strandline.simulate.portraits.canvas import Frame

# One of those that Galaxy Zoo: Mergers found, with the columns of the file.
ROW = [
    "pair", "0.9", "1", "1", "-0.40793", "-1.92518", "1.95772", "-1.14918", "-1.02439",
    "0.77963", "1.3042", "1.25831", "0.94075", "0.54373", "97.78523", "60.52239", "144.0",
    "205.0", "0.3", "0.3", "0", "0", "0", "0", "0", "0", "0.9", "0", "0", "1.0", "-1.4",
    "0.42",
]  # fmt: skip
HEADER = ["system", "score", "wins", "shown", *(f"p{k}" for k in range(28))]


def write(path: Path, header: list[str], *rows: list[str]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def orbit(tmp_path: Path) -> VolunteerOrbit:
    (read,) = read_orbits(write(tmp_path / "orbits.csv", HEADER, ROW))
    return read


def test_units_are_those_of_jspam(orbit: VolunteerOrbit) -> None:
    assert pytest.approx(169.3, abs=0.1) == UNIT_KMS
    assert pytest.approx(0.0866, abs=1e-4) == UNIT_GYR
    assert orbit.position_kpc[1] == pytest.approx(-1.92518 * 15)
    assert orbit.masses_1e10 == pytest.approx((13.042, 12.5831))
    assert orbit.spins_deg == ((97.78523, 144.0), (60.52239, 205.0))  # phi, theta
    assert orbit.closest_gyr == pytest.approx(1.4 * UNIT_GYR)


def test_an_orbit_ends_where_the_pair_is_now(orbit: VolunteerOrbit) -> None:
    track = orbit.track()
    place, drift = track.at(float(track.time_gyr[-1]))
    np.testing.assert_allclose(place[1] - place[0], orbit.position_kpc, atol=1e-9)
    np.testing.assert_allclose(drift[1] - drift[0], orbit.velocity_kms, atol=1e-9)
    apart = np.linalg.norm(track.position_kpc[:, 1] - track.position_kpc[:, 0], axis=1)
    assert track.time_gyr[np.argmin(apart)] == 0


def test_the_encounter_of_an_orbit_points_the_same_way_on_the_sky(orbit: VolunteerOrbit) -> None:
    encounter = encounter_of(orbit)
    view = Rotation.from_euler("zxz", encounter.view_rad)
    place, _ = orbit.track().at(0.0)
    towards = (place[1] - place[0]) / np.linalg.norm(place[1] - place[0])
    np.testing.assert_allclose(view.apply([1, 0, 0]), towards, atol=1e-9)
    for second, (phi, theta) in enumerate(orbit.spins_deg):
        phi, theta = math.radians(phi), math.radians(theta)
        spin = np.array([math.sin(theta) * math.cos(phi), math.sin(theta) * math.sin(phi),
                         math.cos(theta)])  # fmt: skip
        drawn = view.apply(spin_axis(*encounter.discs_deg[second], second=second == 1))
        np.testing.assert_allclose(drawn, spin, atol=1e-9)


def test_the_heavier_galaxy_comes_first(orbit: VolunteerOrbit, tmp_path: Path) -> None:
    lighter = ROW.copy()
    lighter[10], lighter[11] = "0.2", "1.0"
    (read,) = read_orbits(write(tmp_path / "other.csv", HEADER, lighter))
    turned = read.heavier_first()
    assert turned.masses_1e10 == pytest.approx((10.0, 2.0))
    np.testing.assert_allclose(turned.position_kpc, -read.position_kpc)
    assert turned.spins_deg == read.spins_deg[::-1]
    assert encounter_of(read).mass_ratio == pytest.approx(0.2)


def test_a_prior_draws_orbits_that_encounters_can_have(orbit: VolunteerOrbit) -> None:
    encounter = OrbitPrior([orbit])(np.random.default_rng(0))
    assert 0.1 <= encounter.mass_ratio <= 1
    assert 2 <= encounter.pericentre_kpc <= 60
    assert 0.6 <= encounter.eccentricity <= 1.3


def test_an_orbit_is_drawn_with_the_companion_where_it_is(orbit: VolunteerOrbit) -> None:
    portrait = volunteer_portrait(orbit, Frame(1.0, ("g", "r"), 60), redshift=0.04)
    again = volunteer_portrait(orbit, Frame(1.0, ("g", "r"), 60), redshift=0.04)
    np.testing.assert_array_equal(portrait.light_njy, again.light_njy)
    other = portrait.members[1]
    kpc_per_arcsec = 0.791  # at redshift 0.04
    seen = np.array([other.x_arcsec, other.y_arcsec]) * kpc_per_arcsec
    np.testing.assert_allclose(seen, orbit.position_kpc[:2], rtol=5e-3)


@pytest.mark.parametrize(
    ("column", "value", "word"),
    [
        ("p3", "fast", "line 2: p3 is 'fast'; it must be a number"),
        ("p6", "0", "line 2: p6 is '0'; it must be a number of at least 0.0001"),
        ("p6", "-1", "line 2: p6"),
        ("score", "nan", "line 2: score"),
        ("p27", "", "line 2: p27 is ''"),
        ("system", "", "line 2: system is empty"),
    ],
)
def test_values_that_make_no_sense_are_named(
    tmp_path: Path, column: str, value: str, word: str
) -> None:
    row = ROW.copy()
    row[HEADER.index(column)] = value
    with pytest.raises(OptionError, match=word):
        read_orbits(write(tmp_path / "orbits.csv", HEADER, row))


def test_files_that_are_no_files_of_orbits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no such file of orbits"):
        read_orbits(tmp_path / "nowhere.csv")
    with pytest.raises(OptionError, match="columns p26, p27 are missing"):
        read_orbits(write(tmp_path / "short.csv", HEADER[:-2], ROW[:-2]))
    with pytest.raises(OptionError, match="no orbits in this file"):
        read_orbits(write(tmp_path / "empty.csv", HEADER))
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(OptionError, match="no CSV file of orbits"):
        read_orbits(tmp_path / "picture.csv")


def test_a_prior_needs_an_orbit_with_a_past(tmp_path: Path) -> None:
    row = ROW.copy()
    row[HEADER.index("p26")] = "0"
    orbits = read_orbits(write(tmp_path / "now.csv", HEADER, row))
    with pytest.raises(OptionError, match="closest approach in the past"):
        OrbitPrior(orbits)


@pytest.mark.realsky
def test_closest_approaches_of_the_volunteers_orbits_come_out_as_the_file_says() -> None:
    folder = os.environ.get("STRANDLINE_REALSKY")
    if not folder:
        pytest.skip("STRANDLINE_REALSKY is not set")
    path = Path(folder) / "jspam_orbits.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    distance, time = [], []
    for orbit, row in list(zip(read_orbits(path), rows, strict=True))[::5]:
        # p25 is mass / (r^2 v) at the closest approach; where it gives another angular momentum
        # than p0 to p5, the row belongs to another state
        p = [float(row[f"p{k}"]) for k in range(28)]
        file_spin = (p[6] + p[7]) / (p[25] * p[27])
        spin = np.linalg.norm(np.cross(p[:3], p[3:6]))
        if abs(file_spin / spin - 1) > 0.15 or p[26] == 0:
            continue
        track = orbit.track()
        place, _ = track.at(0.0)
        distance.append(np.linalg.norm(place[1] - place[0]) / orbit.closest_kpc - 1)
        time.append((track.time_gyr[-1] - orbit.closest_gyr) / UNIT_GYR)
    assert len(distance) > 40
    assert np.median(np.abs(distance)) < 0.06
    assert np.median(np.abs(time)) < 0.08
