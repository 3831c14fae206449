"""Finding objects: what is there is found, once, and sky is not."""

import math

import numpy as np
import pytest
from scipy import ndimage

from strandline.errors import TileError
from strandline.stamps.sky import measure_sky
from strandline.stamps.sources import Sources, find_sources
from tests.stamps.scenes import (
    NOISE,
    SEEING_PX,
    Image,
    add,
    make_tile,
    moffat,
    sersic,
    sky_noise,
    star,
)

SHAPE = (300, 300)
USUAL = {"calibrated": True, "threshold": 2.0, "contrast": 0.0005}


def _find(image: Image, saturated: Image | None = None, **changes: float) -> Sources:
    hollow = np.zeros(image.shape[-2:], dtype=np.bool_) if saturated is None else saturated > 0
    bands = "gri"[: len(image)] if image.ndim == 3 else "r"
    sky = measure_sky(make_tile(image, bands))
    return find_sources(sky, hollow, **{**USUAL, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("smoothing_px", [0.0, 1.2])
def test_blank_sky_has_next_to_no_objects(smoothing_px: float) -> None:
    """A million pixels are some 50 000 beams; noise that was resampled must not add objects.

    A beam of 5 px FWHM above 2 sigma over a whole beam's area is a 3 sigma event or rarer.
    """
    noise = sky_noise(1000, 1000, seed=1)
    if smoothing_px:
        noise = ndimage.gaussian_filter(noise, smoothing_px)
    sources = _find(noise)
    assert (sources.snr >= 5).sum() <= 10
    assert (sources.snr >= 10).sum() == 0


def test_correlation_tells_how_noise_adds_up() -> None:
    independent = _find(sky_noise(500, 500)).correlation
    assert independent == pytest.approx(1, abs=0.05)
    # smoothed by sigma, a sum over a large area scatters 2 sqrt(pi) sigma times as much
    smoothed = _find(ndimage.gaussian_filter(sky_noise(500, 500), 1.5)).correlation
    width = 1.2 / 0.263 / math.sqrt(8 * math.log(2))
    expected = 2 * math.sqrt(math.pi) * 1.5 * width / math.hypot(width, 1.5)
    assert smoothed == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("flux_snr", [6.0, 10.0, 20.0])
def test_point_sources_are_found_from_ten_times_the_noise(flux_snr: float) -> None:
    """Signal-to-noise of a matched filter. At 10 all but one in a hundred are found."""
    beam = math.sqrt(4 * math.pi) * SEEING_PX / math.sqrt(8 * math.log(2))
    flux = flux_snr * NOISE * beam
    image = sky_noise(800, 800, seed=2)
    places = [
        (40 + 60 * i + 0.37 * j, 40 + 60 * j + 0.21 * i) for i in range(13) for j in range(13)
    ]
    for x, y in places:
        part = star((31, 31), 15 + x - round(x), 15 + y - round(y), flux)
        add(image, part, x, y)
    table = _find(image).table
    apart = np.array([np.hypot(table["x"] - x, table["y"] - y).min() for x, y in places])
    completeness = float(np.mean(apart < 3))
    assert completeness >= {6.0: 0.6, 10.0: 0.98, 20.0: 1.0}[flux_snr]
    # at best a centre errs by 1.4 sigma / SNR an axis; moments of isophotes do half as well
    best_px = 1.4 * SEEING_PX / math.sqrt(8 * math.log(2)) / flux_snr
    assert np.median(apart[apart < 3]) < 1.18 * 2.2 * best_px


def test_segments_and_table_agree() -> None:
    image = sky_noise(*SHAPE) + sersic(SHAPE, 100, 150, 3e5, 8) + sersic(SHAPE, 200, 90, 1e5, 5)
    sources = _find(image)
    assert sources.segments.max() == len(sources.table)
    for row, number in zip(sources.table, range(1, len(sources.table) + 1), strict=True):
        rows, columns = np.nonzero(sources.segments == number)
        assert len(rows) == row["npix"]
        assert (columns.min(), columns.max()) == (row["xmin"], row["xmax"])
        assert (rows.min(), rows.max()) == (row["ymin"], row["ymax"])
        light = sources.signal[rows, columns].sum(dtype=np.float64)
        expected = light / math.sqrt(len(rows)) / sources.correlation
        assert sources.snr[number - 1] == pytest.approx(expected, rel=1e-5)


def test_moments_are_those_of_the_object_before_smoothing() -> None:
    """A normal distribution of 6 px; its isophotes cut off the wings: 3 % at this brightness."""
    image = star(SHAPE, 150, 150, 3e7, 6 * math.sqrt(8 * math.log(2))) + sky_noise(*SHAPE)
    sources = _find(image)
    row = sources.table[np.argmax(sources.snr)]
    assert row["a"] == pytest.approx(6, rel=0.03)
    assert row["b"] == pytest.approx(6, rel=0.03)


# --- blends ------------------------------------------------------------------------------------


def _pair(apart_px: float, ratio: float = 0.66) -> Image:
    one = sersic(SHAPE, 150 - apart_px / 2, 150, 3e5, 10, index=2)
    other = sersic(SHAPE, 150 + apart_px / 2, 150, 3e5 * ratio, 8, index=2)
    return np.asarray(one + other + sky_noise(*SHAPE, seed=3))


@pytest.mark.parametrize("apart_px", [12.0, 20.0, 30.0])
def test_two_nuclei_are_two_objects_that_touch(apart_px: float) -> None:
    sources = _find(_pair(apart_px))
    strong = sources.snr > 30
    assert strong.sum() == 2
    assert sources.blended[strong].all()
    x = np.sort(sources.table["x"][strong])
    np.testing.assert_allclose(x, [150 - apart_px / 2, 150 + apart_px / 2], atol=1.0)


def test_nuclei_closer_than_the_seeing_resolves_are_one() -> None:
    sources = _find(_pair(4.0))
    assert (sources.snr > 30).sum() == 1
    assert not sources.blended[sources.snr > 30].any()


def test_galaxy_far_from_others_is_not_blended() -> None:
    sources = _find(_pair(160.0))
    assert (sources.snr > 30).sum() == 2
    assert not sources.blended.any()


def test_small_companion_is_an_object_but_does_not_spoil_its_host() -> None:
    """A star of 3 % of the light on the disc of a galaxy; one of 1 % is taken for a knot of it."""
    image = sersic(SHAPE, 150, 150, 1e6, 20) + moffat(SHAPE, 175, 150, 3e4) + sky_noise(*SHAPE)
    sources = _find(image)
    order = np.argsort(-sources.table["flux"])[:2]
    np.testing.assert_allclose(sources.table["x"][order], [150, 175], atol=1)
    assert sources.blended[order].tolist() == [False, True]


def test_smooth_galaxies_are_not_shredded() -> None:
    """Large, bright, noisy at the rim: one object each, and hardly a piece that is strong."""
    pieces = 0
    for seed, index in enumerate((0.7, 1.0, 2.0, 4.0)):
        image = sersic((400, 400), 200, 200, 3e6, 30, index=index, axis_ratio=0.6)
        sources = _find(image + sky_noise(400, 400, seed=seed))
        near = np.hypot(sources.table["x"] - 200, sources.table["y"] - 200) < 120
        pieces += int((near & (sources.snr >= 10)).sum()) - 1
    assert pieces == 0


def test_knotty_spiral_is_one_galaxy() -> None:
    """Knots along two arms, each with half a percent of the light: they belong to the galaxy."""
    image = sersic((400, 400), 200, 200, 2e6, 25) + sky_noise(400, 400)
    for turn in np.linspace(0.5, 2.2, 12):
        for side in (0, math.pi):
            x = 200 + 22 * turn * math.cos(2 * turn + side)
            y = 200 + 22 * turn * math.sin(2 * turn + side)
            image += sersic((400, 400), x, y, 1e4, 6, index=0.5)
    sources = _find(image)
    assert (sources.snr >= 30).sum() <= 3


# --- bands, holes, hopeless tiles --------------------------------------------------------------


def test_bands_together_see_what_one_does_not() -> None:
    galaxy = sersic(SHAPE, 150, 150, 3e4, 8)
    stack = np.stack([galaxy + sky_noise(*SHAPE, seed=k) for k in range(3)])
    together, alone = _find(stack), _find(stack[:1])
    assert together.snr.max() / alone.snr.max() == pytest.approx(math.sqrt(3), rel=0.15)


def test_unit_of_an_uncalibrated_band_does_not_matter() -> None:
    galaxy = sersic(SHAPE, 150, 150, 1e5, 8)
    stack = np.stack([galaxy + sky_noise(*SHAPE, seed=k) for k in range(2)])
    scaled = stack * np.array([1, 1e-4], dtype=np.float32)[:, None, None]
    one, other = _find(stack, calibrated=False), _find(scaled, calibrated=False)
    np.testing.assert_allclose(one.table["x"], other.table["x"], atol=1e-3)
    np.testing.assert_allclose(one.snr, other.snr, rtol=1e-3)


def test_hole_in_a_saturated_star_does_not_divide_it() -> None:
    light = moffat(SHAPE, 150, 150, 3e6)
    core = light > 3e4
    image = np.where(core, np.float32(np.nan), light + sky_noise(*SHAPE))
    sources = _find(image, core.astype(np.float32))
    strong = np.flatnonzero(sources.snr > 30)
    assert len(strong) == 1
    assert (
        math.hypot(sources.table["x"][strong[0]] - 150, sources.table["y"][strong[0]] - 150) < 0.5
    )
    assert sources.segments[150, 150] == strong[0] + 1


def test_hole_elsewhere_stays_a_hole() -> None:
    image = sersic(SHAPE, 150, 150, 1e6, 20) + sky_noise(*SHAPE)
    image[140:160, 160:180] = np.nan
    sources = _find(image)
    assert sources.missing[140:160, 160:180].all()
    assert (sources.segments[140:160, 160:180] == 0).all()


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_constant_tile_is_refused(value: float) -> None:
    with pytest.raises(TileError, match="no noise at all: it is constant or empty"):
        _find(np.full(SHAPE, value, dtype=np.float32))
