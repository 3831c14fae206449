import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.measure.ages import Age, Colour, age_of, burst_colours, camera_of

QUANTILES = np.array([0.16, 0.5, 0.84])
GRIZ = (("g", "r"), ("r", "i"), ("i", "z"))
UGRIZ = (("u", "g"), *GRIZ)


def seen(
    log_age: float, metallicity: float = 0.0, dust: float = 0.0, error: float = 0.03
) -> list[Colour]:
    told = burst_colours(log_age, metallicity, 0.05, UGRIZ, dust_av=dust)
    return [Colour(*pair, float(c), error) for pair, c in zip(UGRIZ, told, strict=True)]


def age(colours: list[Colour], redshift: float = 0.05) -> Age:
    found = age_of(colours, redshift)
    assert found is not None
    return found


def test_tracks_are_those_of_the_literature() -> None:
    # Bruzual & Charlot (2003), solar, redshift 0, in DECam's filters, as
    # scripts/make_populations.py --against prints
    for log_age, expected in ((8.0, 0.02), (9.0, 0.42), (10.0, 0.78)):
        (gr,) = burst_colours(log_age, 0.0, 0.0, [("g", "r")])
        assert gr == pytest.approx(expected, abs=0.06)
    # an old population at redshift 0.05 lies on the red sequence (Hogg et al. 2004, ApJ 601, L29)
    (gr,) = burst_colours(10.0, 0.1, 0.05, [("g", "r")], "sdss")
    assert 0.75 < gr < 1.0


def test_older_and_dustier_is_redder() -> None:
    ages = np.array([8.0, 8.5, 9.0, 9.5, 10.0])
    assert (np.diff(burst_colours(ages, 0.0, 0.06, [("g", "r")])[:, 0]) > 0).all()
    clean, dusty = (burst_colours(9.0, 0.0, 0.06, UGRIZ, dust_av=av) for av in (0.0, 1.0))
    assert (dusty > clean).all()
    # k of equation 4 of Calzetti et al. (2000) is 4.92 at 454 nm and 3.63 at 606 nm
    assert (dusty - clean)[1] == pytest.approx((4.92 - 3.63) / 4.05, abs=0.01)


def draws(pairs: tuple[tuple[str, str], ...], count: int) -> NDArray[np.float64]:
    """Offset of the logarithm and whether the interval holds it, of bursts drawn from the prior."""
    rng = np.random.default_rng(3)
    out = []
    for _ in range(count):
        log_age = float(rng.uniform(6.0, 10.1))
        metal, dust = float(rng.uniform(-1.0, 0.2)), min(float(rng.exponential(0.3)), 2.0)
        # bands have errors of their own, as the covariance says
        noise = rng.normal(0, 0.05, len(pairs) + 1)
        model = burst_colours(log_age, metal, 0.05, pairs, dust_av=dust)
        model += rng.normal(0, 0.05, len(pairs))  # of the tracks
        told = model + noise[:-1] - noise[1:]
        colours = [
            Colour(*pair, float(c), 0.05 * 2**0.5) for pair, c in zip(pairs, told, strict=True)
        ]
        low, middle, high = np.log10(age(colours).quantiles(QUANTILES)) + 9
        out.append((middle - log_age, low <= log_age <= high))
    return np.array(out)


def test_intervals_hold_the_age_as_often_as_they_say() -> None:
    held = draws(UGRIZ, 300)[:, 1].mean()
    assert 0.60 < held < 0.76  # 0.68, give or take 3 times its error and the edges of the prior


def test_more_colours_tell_the_age_better() -> None:
    with_u, without = draws(UGRIZ, 100)[:, 0], draws(GRIZ[:1], 100)[:, 0]
    assert np.median(np.abs(with_u)) < np.median(np.abs(without))
    assert abs(np.median(with_u)) < 0.15


def test_limits_are_told() -> None:
    assert age(seen(10.1)).oldest_possible
    assert not age(seen(10.1)).youngest_possible
    young = age([Colour("g", "r", -0.25, 0.05)])
    assert young.youngest_possible
    assert not young.oldest_possible
    assert young.quantiles(np.array([0.84]))[0] < 0.5
    assert not age(seen(8.7)).oldest_possible


def test_colours_of_no_burst_are_odd() -> None:
    assert not age(seen(9.0, dust=0.5)).odd
    assert age([Colour("g", "r", -0.9, 0.05)]).odd


def test_nothing_is_older_than_the_universe() -> None:
    far = age_of([Colour("g", "r", 1.2, 0.1)], 0.15)
    assert far is not None
    assert far.gyr[-1] < 11.9  # astropy's for H0 = 70, Omega_m = 0.3, is 11.6
    assert far.probability.sum() == pytest.approx(1)


def test_what_cannot_be_told_is_none() -> None:
    colour = Colour("g", "r", 0.5, 0.05)
    assert age_of([colour], np.nan) is None
    assert age_of([colour], 0.5) is None
    assert age_of([Colour("g", "r", np.nan, 0.05)], 0.05) is None
    assert age_of([Colour("g", "f158", 0.5, 0.05)], 0.05) is None
    assert age_of([colour, Colour("r", "f158", 0.5, 0.05)], 0.05) is not None


def test_camera_is_known() -> None:
    assert camera_of("sdss") == "sdss"
    with pytest.raises(OptionError, match="camera is 'hst'; it must be decam or sdss"):
        camera_of("hst")
