"""Nothing but the feature may give an interaction away."""

import math
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.preprocessing import StandardScaler

from strandline.cosmology import kpc_per_arcsec
from strandline.simulate.plans import INTERACTIONS, Encounter, GalaxyPlan, SystemPlan
from strandline.simulate.population import FieldRequest, Numbers, plan_field
from strandline.simulate.population.encounters import apart_radii, draw_encounter
from strandline.simulate.population.systems import galaxy_count
from strandline.simulate.portraits.pairs import pair_track

PIXEL_ARCSEC = 0.263
WIDTHS_ARCSEC = (5.0, 12.0, 30.0)
FIELDS = 14


def _apart_kpc(system: SystemPlan) -> float:
    encounter = system.interaction
    assert isinstance(encounter, Encounter)
    track = pair_track(
        system.galaxies,
        encounter,
        before_gyr=max(-encounter.time_gyr, 0.0) + 0.01,
        after_gyr=max(encounter.time_gyr, 0.0) + 0.01,
    )
    position, _ = track.at(encounter.time_gyr)
    return float(np.linalg.norm(position[1] - position[0]))


def _galaxies(
    system: SystemPlan, rng: np.random.Generator
) -> list[tuple[GalaxyPlan, float, float]]:
    """Return the galaxies that are seen of a system, and their pixels."""
    first = system.galaxies[0]
    seen = [(first, system.x, system.y)]
    if galaxy_count(system) == 2:
        on_sky = math.sqrt(1 - rng.uniform(-1, 1) ** 2)
        apart_px = _apart_kpc(system) * on_sky / kpc_per_arcsec(first.redshift) / PIXEL_ARCSEC
        turn = rng.uniform(0, 2 * np.pi)
        x, y = system.x + apart_px * math.cos(turn), system.y + apart_px * math.sin(turn)
        seen.append((system.galaxies[1], x, y))
    return seen


@cache
def _table() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return what is known of the galaxies but their features, and whether they interact.

    Columns: magnitude, log size, number of neighbours within three distances, log distance of the
    nearest and its magnitude relative to the galaxy's.
    """
    rows, truth = [], []
    for k in range(FIELDS):
        request = FieldRequest(
            f"f{k}", 1000, PIXEL_ARCSEC, Numbers(80, 40, 0, 0), INTERACTIONS, (0.0, 0.0), None, 1
        )
        rng = np.random.default_rng(k)
        seen = [
            (galaxy, x, y, system.kind in INTERACTIONS)
            for system in plan_field(request).systems
            for galaxy, x, y in _galaxies(system, rng)
        ]
        where = np.array([(x, y) for _, x, y, _ in seen]) * PIXEL_ARCSEC
        mag = np.array([galaxy.mag_r for galaxy, _, _, _ in seen])
        apart = np.hypot(*(where[:, None] - where[None]).transpose(2, 0, 1))
        np.fill_diagonal(apart, np.inf)
        nearest = apart.argmin(axis=1)
        for n, (galaxy, _, _, interacting) in enumerate(seen):
            counts = [np.count_nonzero(apart[n] < width) for width in WIDTHS_ARCSEC]
            distance = np.log(max(apart[n, nearest[n]], 0.5))
            rest = [distance, mag[nearest[n]] - mag[n]]
            rows.append([galaxy.mag_r, np.log(galaxy.radius_arcsec), *counts, *rest])
            truth.append(interacting)
    return np.array(rows), np.array(truth)


@pytest.mark.parametrize("column", range(7))
def test_no_single_number_tells(column: int) -> None:
    """Half of 1150 galaxies interact: the AUC of a useless number scatters by 0.017."""
    rows, truth = _table()
    assert roc_auc_score(truth, rows[:, column]) == pytest.approx(0.5, abs=0.06)


def test_all_numbers_together_tell_little() -> None:
    """Far below what a look at the feature gives (0.8 to 0.95)."""
    rows, truth = _table()
    scaled = StandardScaler().fit_transform(rows)
    guess = cross_val_predict(LogisticRegression(), scaled, truth, cv=5, method="predict_proba")
    assert roc_auc_score(truth, guess[:, 1]) < 0.58


@pytest.mark.parametrize("kind", ["tails", "merger"])
def test_neighbours_by_chance_are_as_far_as_real_companions(kind: str) -> None:
    """The median of 120 draws is known to 0.06 dex; that of one pair differs from that of all."""
    rng = np.random.default_rng(2)
    real = []
    for k in range(120):
        spiral = GalaxyPlan("a", 17.5, 0.08, float(np.exp(rng.normal(1.1, 0.3))), "spiral", k)
        other = GalaxyPlan("b", 18.3, 0.08, 2.0, "spiral", k)
        encounter = draw_encounter(kind, (spiral, other), 0.45, rng)  # type: ignore[arg-type]
        system = SystemPlan("a", 0, 0, kind, (spiral, other), encounter)  # type: ignore[arg-type]
        radius_kpc = spiral.radius_arcsec * kpc_per_arcsec(spiral.redshift)
        real.append(_apart_kpc(system) / radius_kpc)
    chance = [apart_radii(kind, rng) for _ in range(3000)]  # type: ignore[arg-type]
    middle = np.median(real) / np.median(chance)
    assert abs(math.log10(middle)) < 0.25
