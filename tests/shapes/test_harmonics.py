"""Harmonics of light on stamps that are drawn by formula."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from strandline.shapes import (
    HARMONICS,
    HARMONICS_PARTS,
    add_harmonics,
    measure_harmonics,
    read_harmonics,
)
from strandline.shapes.harmonics import has_harmonics
from strandline.stamps import StampBatch, StampTable, TableSpec

SIDE, RADIUS_PX = 120, 8.0
Images = NDArray[np.float64]


def bar(angle_deg: float, width: float = 7.0, length: float = 14.0) -> Images:
    """Draw a Gaussian bar in the middle, (y, x)."""
    y, x = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    angle = np.radians(angle_deg)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.asarray(100 * np.exp(-((along / length) ** 2) - (across / width) ** 2))


def measured(*bands: Images, noise: float = 1.0) -> NDArray[np.float32]:
    """Measure one stamp."""
    pixels = np.stack(bands)[None].astype(np.float16)
    ones = np.ones((1, len(bands)), np.float32)
    batch = StampBatch(np.arange(1), pixels, ones, noise * ones)
    return measure_harmonics(batch, [RADIUS_PX], has_sky=False).reshape(HARMONICS)


def test_turning_a_galaxy_changes_nothing() -> None:
    blue, red = bar(0) + 0.5 * bar(60), bar(0)
    turned = measured(bar(45) + 0.5 * bar(105), bar(45))
    np.testing.assert_allclose(measured(blue, red), turned, atol=0.05)  # of interpolation


def test_brightness_of_bands_changes_nothing() -> None:
    blue, red = 50 * bar(20), 50 * bar(80)  # far above the noise
    np.testing.assert_allclose(measured(blue, red), measured(3 * blue, 0.5 * red), atol=0.02)


def test_blue_light_across_the_galaxy_is_a_colour_of_the_second_order() -> None:
    along, across = measured(bar(0), bar(0)), measured(bar(90), bar(0))
    start = 2 * 9 + 9 * 6  # behind light, colour and the amplitudes of light
    order_two = slice(start + 1, start + 9 * 6, 6)
    np.testing.assert_allclose(along[order_two], 0, atol=0.01)
    assert across[order_two].max() > 1


def own_colour(*bands: Images, noise: float = 1.0) -> NDArray[np.float32]:
    """Return colour along the major axis and askew, (part, ring, order)."""
    own = measured(*bands, noise=noise)[HARMONICS_PARTS[1]]
    return own.reshape(2, 9, 4)


def test_a_blue_ring_across_is_told_from_a_blue_disc_along_the_major_axis() -> None:
    host, disc, ring = bar(30), 0.4 * bar(30, 2.0, 16.0), 0.4 * bar(120, 2.0, 16.0)
    assert own_colour(host + disc, host)[0, 4:, 0].min() > 0.05
    assert own_colour(host + ring, host)[0, 4:, 0].max() < -0.05
    np.testing.assert_allclose(own_colour(host + ring, host)[1], 0, atol=0.05)  # nothing askew
    mirrored = own_colour(host + 0.4 * bar(100, 2.0, 16.0), host)
    np.testing.assert_allclose(
        own_colour(host + 0.4 * bar(140, 2.0, 16.0), host), mirrored, atol=0.05
    )


def test_a_neighbour_does_not_change_the_own_colour() -> None:
    host, ring = bar(30), 0.4 * bar(120, 2.0, 16.0)
    neighbour = np.roll(100 * bar(0, 4.0, 4.0), (12, 14), axis=(0, 1))
    alone = own_colour(host + ring, host, noise=0.1)
    near = own_colour(host + ring + neighbour, host, noise=0.1)
    np.testing.assert_allclose(near, alone, atol=0.05)
    seen = [measured(host + ring + other, host) for other in (0 * host, neighbour)]
    assert np.abs(seen[0] - seen[1])[HARMONICS_PARTS[0]].max() > 1


def test_noise_is_no_colour() -> None:
    """Where a faint galaxy ends the noise is not divided by nothing."""
    rng = np.random.default_rng(4)
    host = 0.05 * bar(30)
    bands = [host + rng.normal(0, 1, host.shape) for _ in range(2)]
    known, unknown = own_colour(*bands), own_colour(*bands, noise=1e-3)
    assert np.abs(known).max() < 0.5 * np.abs(unknown).max()


def test_one_band_has_no_colour_and_as_many_numbers() -> None:
    values = measured(bar(10))
    assert values.shape == (HARMONICS,)
    np.testing.assert_array_equal(values[9:18], 0)


def test_an_empty_stamp_has_none_and_an_unknown_radius_is_no_error() -> None:
    pixels = np.stack([np.full((1, SIDE, SIDE), np.nan), bar(0)[None]]).astype(np.float16)
    batch = StampBatch(np.arange(2), pixels, np.ones((2, 1), "f4"), np.ones((2, 1), "f4"))
    values = measure_harmonics(batch, [RADIUS_PX, np.nan], has_sky=False)
    assert np.isnan(values[0]).all()
    assert np.isfinite(values[1]).all()


def test_a_radius_that_is_not_known_is_measured() -> None:
    y, x = np.indices((SIDE, SIDE)) - (SIDE - 1) / 2
    round_one = 100 * np.exp(-(x**2 + y**2) / (2 * 5.0**2))
    ones = np.ones((1, 1), np.float32)
    batch = StampBatch(np.arange(1), round_one[None, None].astype(np.float16), ones, ones)
    half_light_px = 5.0 * np.sqrt(2 * np.log(2))
    known = measure_harmonics(batch, [half_light_px], has_sky=False)
    measured_here = measure_harmonics(batch, [np.nan], has_sky=False)
    np.testing.assert_allclose(measured_here, known, atol=0.3)  # the radius is good to 5 %


@pytest.fixture
def table(tmp_path: Path) -> StampTable:
    with StampTable.writer(tmp_path / "s.lance", TableSpec(("g", "r"), SIDE, "fits")) as writer:
        pixels = np.stack([[bar(k), bar(k + 5 * k)] for k in range(6)]).astype(np.float16)
        columns: dict[str, ArrayLike] = {
            "id": [f"s{k}" for k in range(6)],
            "radius_arcsec": np.full(6, 2.0, np.float32),
            "pixel_scale_arcsec": np.full(6, 0.25, np.float32),
            **{f"noise_{band}": np.ones(6, np.float32) for band in "gr"},
        }
        writer.append(columns, pixels, np.ones((6, 2), np.float32))
    return StampTable.open(tmp_path / "s.lance")


def test_the_column_is_what_is_measured(table: StampTable) -> None:
    rows = np.array([4, 0, 5])
    before = read_harmonics(table, rows)
    assert not has_harmonics(table)
    add_harmonics(table)
    kept = StampTable.open(table.path)
    assert has_harmonics(kept)
    np.testing.assert_array_equal(read_harmonics(kept, rows), before)
