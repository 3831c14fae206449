"""Scaling relations against the numbers that their papers give."""

from collections import Counter

import numpy as np
import pytest

from strandline.simulate.population.scaling import (
    draw_morphology,
    half_light_kpc,
    late_share,
)


def _median_kpc(magnitude: float, early: bool) -> float:
    rng = np.random.default_rng(1)
    return float(np.median([half_light_kpc(magnitude, early, rng) for _ in range(4000)]))


def test_sizes_follow_shen_et_al_2003() -> None:
    # their figure 4 at M_r = -22 and -20; discs are theirs times 1.2
    assert _median_kpc(-22.0, early=True) == pytest.approx(4.6, rel=0.07)
    assert _median_kpc(-20.0, early=True) == pytest.approx(1.6, rel=0.12)
    assert _median_kpc(-22.0, early=False) == pytest.approx(1.2 * 5.3, rel=0.07)
    assert _median_kpc(-20.0, early=False) == pytest.approx(1.2 * 2.6, rel=0.07)


def test_sizes_grow_with_luminosity_and_dwarf_ellipticals_stay_about_a_kiloparsec() -> None:
    for early in (True, False):
        sizes = [_median_kpc(m, early) for m in (-17.0, -19.0, -21.0, -23.0)]
        assert sizes == sorted(sizes)
    assert 0.7 < _median_kpc(-17.0, early=True) < 1.4


def test_clusters_hold_fewer_spirals_and_giants_are_early() -> None:
    assert late_share(-20, in_cluster=True) < 0.6 * late_share(-20, in_cluster=False)
    assert late_share(-23.5, in_cluster=False) < 0.2
    rng = np.random.default_rng(3)
    cluster = Counter(draw_morphology(-20.5, rng) for _ in range(3000))
    assert cluster["elliptical"] / 3000 == pytest.approx(0.6, abs=0.05)  # E and S0
    assert cluster["barred"] > cluster["ringed"] > 0
    assert cluster["polar_ring"] == 0
    dwarfs = Counter(draw_morphology(-16.5, rng, in_cluster=False) for _ in range(1000))
    assert dwarfs["irregular"] > dwarfs["spiral"]
