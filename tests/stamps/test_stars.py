"""Stars are told from galaxies by their size, which the tile itself teaches."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.simulate import SurveyTruth, make_survey
from strandline.stamps import DetectOptions, detect
from strandline.stamps.catalogue import Catalogue
from strandline.stamps.detect import choose_galaxies
from strandline.stamps.stars import STAR_FROM, StarLocus, find_locus, star_scores
from strandline.tiles import Tile, discover, read_tile
from tests.stamps.scenes import (
    NOISE,
    SCALE_ARCSEC,
    SEEING_PX,
    add,
    make_tile,
    moffat,
    sersic,
    sky_noise,
)

Floats = NDArray[np.float64]


def _sizes(stars: int, galaxies: int, seed: int = 0, scatter: float = 0.02) -> Floats:
    """Return radii (px): stars of 2 px, galaxies from 2.3 px on."""
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [
            2.0 * np.exp(rng.normal(0, scatter, stars)),
            2.3 * np.exp(rng.exponential(0.6, galaxies)),
        ]
    )


def _locus(radius_px: Floats, psf_fwhm_px: float = math.nan, **changes: Any) -> StarLocus | None:
    count = len(radius_px)
    columns = {
        "snr": np.full(count, 200.0),
        "axis_ratio": np.full(count, 0.95),
        "usable": np.ones(count, dtype=np.bool_),
        **changes,
    }
    return find_locus(radius_px, psf_fwhm_px=psf_fwhm_px, **columns)


@pytest.mark.parametrize(("stars", "galaxies"), [(8, 20), (40, 40), (200, 300), (30, 0)])
def test_locus_is_the_pile_of_the_smallest(stars: int, galaxies: int) -> None:
    """The median of 8 sizes that scatter by 2 % is known to 0.9 %; a few galaxies lie near."""
    locus = _locus(_sizes(stars, galaxies))
    assert locus is not None
    assert locus.radius_px == pytest.approx(2.0, rel=0.03)
    assert 0.01 < locus.scatter < 0.06
    assert stars / 2 < locus.count <= stars + galaxies / 4


def test_order_does_not_matter() -> None:
    sizes = _sizes(30, 50)
    shuffled = np.random.default_rng(1).permutation(sizes)
    assert _locus(sizes) == _locus(shuffled)


def test_galaxies_alone_have_no_locus() -> None:
    """Sizes spread over a factor of ten pile up nowhere, in most draws."""
    rng = np.random.default_rng(2)
    found = [_locus(rng.uniform(3, 30, 25)) for _ in range(50)]
    assert sum(locus is not None for locus in found) <= 5


def test_few_stars_have_no_locus() -> None:
    assert _locus(_sizes(5, 0)) is None
    assert _locus(np.array([])) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"snr": np.full(30, 40.0)},
        {"axis_ratio": np.full(30, 0.5)},
        {"usable": np.zeros(30, dtype=np.bool_)},
    ],
)
def test_faint_long_or_disturbed_objects_teach_nothing(changes: dict[str, Any]) -> None:
    assert _locus(_sizes(30, 0), **changes) is None


def test_unknown_sizes_are_passed_over() -> None:
    sizes = _sizes(30, 30)
    with_gaps = np.concatenate([sizes, np.full(10, np.nan)])
    assert _locus(with_gaps) == _locus(sizes)


def test_seeing_of_the_header_stands_in() -> None:
    locus = _locus(_sizes(3, 0), psf_fwhm_px=4.0)
    assert locus == StarLocus(pytest.approx(2.48), 0.08, 0)  # type: ignore[arg-type]


def test_header_is_believed_where_the_pile_is_something_else() -> None:
    """Twenty galaxies of one size, and a header that says stars are a third of it."""
    locus = _locus(_sizes(20, 0), psf_fwhm_px=1.0)
    assert locus is not None
    assert locus.count == 0
    agreeing = _locus(_sizes(20, 0), psf_fwhm_px=3.2)
    assert agreeing is not None
    assert agreeing.count == 20


def test_scores_fall_with_size_above_the_locus_only() -> None:
    """By the formula of the module, with a size error of 1.5 / SNR."""
    locus = StarLocus(2.0, 0.03, 20)
    sizes = np.array([1.0, 2.0, 2.1, 2.5, 8.0, np.nan])
    scores = star_scores(locus, sizes, np.full(6, 50.0))
    scatter = math.hypot(0.03, 1.5 / 50)
    expected = [1.0, 1.0] + [math.exp(-0.5 * (math.log(r / 2) / scatter) ** 2) for r in sizes[2:5]]
    np.testing.assert_allclose(scores[:5], expected)
    assert np.isnan(scores[5])
    assert STAR_FROM == pytest.approx(math.exp(-4.5))
    # three times the scatter is the border
    border = 2.0 * math.exp(3 * scatter)
    on_both_sides = star_scores(locus, border * np.array([0.999, 1.001]), np.full(2, 50.0))
    assert (on_both_sides > STAR_FROM).tolist() == [True, False]


def test_without_locus_nothing_is_known() -> None:
    assert np.isnan(star_scores(None, np.array([1.0, 2.0]), np.array([50.0, 50.0]))).all()


# --- on images ---------------------------------------------------------------------------------


def _field(
    stars: int, galaxies: int, seed: int = 0, saturate: float = math.inf
) -> tuple[Tile, Floats]:
    """Return a tile, and (x, y, is a star, peak) of what is on it."""
    rng = np.random.default_rng(seed)
    image = np.zeros((720, 720), dtype=np.float32)
    kinds = rng.permutation([True] * stars + [False] * galaxies)
    truth = []
    for k, is_star in enumerate(kinds):
        x, y = np.array([45 + 70 * (k % 10), 45 + 70 * (k // 10)]) + rng.uniform(-5, 5, 2)
        place = (50 + x - round(x), 50 + y - round(y))
        if is_star:
            part = moffat((101, 101), *place, 10 ** rng.uniform(4, 6.3))
        else:
            part = sersic(
                (101, 101),
                *place,
                10 ** rng.uniform(4.3, 5.5),
                rng.uniform(3, 7),
                index=rng.choice([1.0, 2.0, 4.0]),
                axis_ratio=rng.uniform(0.4, 1),
            )
        add(image, part, x, y)
        truth.append((x, y, is_star, part.max()))
    saturated = image >= saturate
    image = np.minimum(image, np.float32(saturate)) + sky_noise(*image.shape, seed=seed)
    return make_tile(image, saturated=saturated), np.array(truth)


def _nearest(found: Catalogue, truth: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    apart = np.hypot(found.x[:, None] - truth[:, 0], found.y[:, None] - truth[:, 1])
    return apart.argmin(axis=0), apart.min(axis=0) < 4


@pytest.mark.parametrize("seed", range(3))
def test_stars_go_and_galaxies_stay(seed: int) -> None:
    """Bright and far apart: all stars known, no galaxy lost (30 of each)."""
    tile, truth = _field(30, 30, seed)
    found = detect(tile)
    at, there = _nearest(found, truth)
    star = truth[:, 2] > 0
    called = found.star_score[at] > STAR_FROM
    assert there.all()
    assert called[star].sum() >= 29
    assert called[~star].sum() == 0
    assert found.notes == ()
    galaxies = choose_galaxies(found, DetectOptions())
    assert galaxies.counts["stars"] == (called & (found.snr[at] >= 30)).sum()


def test_saturated_stars_are_caught_with_or_without_a_level() -> None:
    """Stars cut off at up to a tenth of their peak are larger than the others."""
    level = 8000.0
    for known in (True, False):
        tile, truth = _field(40, 20, seed=4, saturate=level)
        if not known:
            tile = make_tile(tile.image_njy)
        found = detect(tile)
        at, _ = _nearest(found, truth)
        cut_off = (truth[:, 2] > 0) & (truth[:, 3] > 1.5 * level)
        assert cut_off.sum() >= 8
        assert (found.star_score[at[cut_off]] > STAR_FROM).mean() >= 0.9
        assert (found.star_score[at[truth[:, 2] == 0]] > STAR_FROM).sum() == 0


def test_galaxy_with_a_saturated_core_stays() -> None:
    image = sersic((300, 300), 150, 150, 3e6, 12, index=4) + sky_noise(300, 300)
    core = image > 0.5 * image.max()
    found = detect(make_tile(np.minimum(image, 0.5 * image.max()), saturated=core))
    brightest = np.argmax(found.snr)
    assert not found.star_score[brightest] > STAR_FROM


def test_few_stars_are_told() -> None:
    tile, _ = _field(3, 20, seed=5)
    found = detect(tile)
    assert any("too few stars" in note and "are kept" in note for note in found.notes)
    assert np.isnan(found.star_score).all()
    seeing = SEEING_PX * SCALE_ARCSEC
    known = detect(make_tile(tile.image_njy, psf_fwhm_arcsec=(seeing,)))
    assert any("taken from the header's seeing" in note for note in known.notes)
    at, _ = _nearest(known, _field(3, 20, seed=5)[1])
    star = _field(3, 20, seed=5)[1][:, 2] > 0
    assert (known.star_score[at[star]] > STAR_FROM).all()
    assert not (known.star_score[at[~star]] > STAR_FROM).any()


def test_stars_are_as_large_where_the_variance_counts_their_photons() -> None:
    """Noise of 10 at one photon a unit: cores of the bright have a thousand times the variance."""
    places = [(60.0 + 120 * (k % 5), 60.0 + 120 * (k // 5)) for k in range(20)]
    light = np.zeros((500, 600), dtype=np.float32)
    for k, (x, y) in enumerate(places):
        add(light, moffat((61, 61), 30, 30, 6e3 * 1.5**k), x, y)
    variance = np.float32(NOISE**2) + light
    noise = sky_noise(500, 600) / np.float32(NOISE) * np.sqrt(variance)
    tile = make_tile(light + noise, variance_njy2=variance[None])
    found = detect(tile)
    at = [int(np.argmin(np.hypot(found.x - x, found.y - y))) for x, y in places]
    radius = found.radius_arcsec[at] / SCALE_ARCSEC
    # without the variance, apertures that grow with the flux change sizes by as much
    assert np.ptp(np.log(radius)) < 0.12


# --- on a simulated survey ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> SurveyTruth:
    folder = tmp_path_factory.mktemp("survey") / "images"
    return make_survey(
        folder, fields=2, size_px=700, bands=("g", "r"), galaxies_per_field=25, seed=11
    )


def test_purity_and_completeness_on_a_survey(survey: SurveyTruth) -> None:
    """Crowded fields with tidal features: what the classifier later sees.

    Of some 35 stars above the limit 3 in 4 are known, since half of them touch galaxies far behind;
    of some 45 galaxies none is lost, which is what counts: a star among the stamps costs a glance,
    a lost merger cannot be found again.
    """
    stars = stars_known = galaxies = galaxies_lost = 0
    for source in discover([survey.folder]).sources:
        found = detect(read_tile(source))
        here = survey.column("field") == source.name
        place = np.stack([survey.column(name)[here] for name in ("x", "y")], axis=1)
        kind = survey.column("kind")[here].astype(str)
        apart = np.hypot(found.x[:, None] - place[:, 0], found.y[:, None] - place[:, 1])
        nearest = kind[apart.argmin(axis=1)]
        strong = (apart.min(axis=1) < 4) & (found.snr >= 30)
        called = found.star_score > STAR_FROM
        stars += int((strong & (nearest == "star")).sum())
        stars_known += int((strong & (nearest == "star") & called).sum())
        labelled = strong & ~np.isin(nearest, ["star", "background"])
        galaxies += int(labelled.sum())
        galaxies_lost += int((labelled & called).sum())
    assert stars > 30
    assert galaxies > 35
    assert stars_known / stars >= 0.7
    assert galaxies_lost == 0
