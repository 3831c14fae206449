"""Splits: by block of sky, alike whatever else is in the table."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy_healpix import HEALPix
from numpy.typing import NDArray

from strandline.stamps.schema import SPLITS
from strandline.stamps.splits import POSITION_ORDER, healpix, split_by_name, split_by_sky

SHARES = {"train": 0.70, "validation": 0.15, "test": 0.15}
_ORDER_10 = HEALPix(2**10, order="nested")  # the blocks, by another road than the code's


def _sky(count: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 360, count), np.degrees(np.arcsin(rng.uniform(-1, 1, count)))


def _blocks(ra: NDArray[np.float64], dec: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(_ORDER_10.lonlat_to_healpix(ra * u.deg, dec * u.deg))


def test_healpix_is_that_of_astropy() -> None:
    ra, dec = _sky(500)
    grid = HEALPix(2**29, order="nested")
    np.testing.assert_array_equal(healpix(ra, dec), grid.lonlat_to_healpix(ra * u.deg, dec * u.deg))
    back = grid.healpix_to_lonlat(healpix(ra, dec))
    apart = SkyCoord(*back).separation(SkyCoord(ra, dec, unit="deg"))
    assert apart.arcsec.max() < 5e-4  # cells of 0.4 milliarcsec
    assert POSITION_ORDER == 29


def test_healpix_without_position() -> None:
    ra = np.array([10.0, np.nan, 10.0, np.nan])
    dec = np.array([-5.0, -5.0, np.nan, np.nan])
    index = healpix(ra, dec)
    assert (index >= 0).tolist() == [True, False, False, False]
    assert index[1:].tolist() == [-1, -1, -1]
    assert healpix(np.array([np.nan]), np.array([np.nan])).tolist() == [-1]
    assert healpix(np.array([]), np.array([])).size == 0


def test_a_block_shares_a_split() -> None:
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(149.9, 150.1, 3000), rng.uniform(1.9, 2.1, 3000)  # 12' wide: many blocks
    splits = np.array(split_by_sky(healpix(ra, dec), 0))
    blocks = _blocks(ra, dec)
    assert len(np.unique(blocks)) > 12
    for block in np.unique(blocks):
        assert len(set(splits[blocks == block])) == 1


def test_order_and_other_rows_do_not_matter() -> None:
    index = healpix(*_sky(400))
    whole = split_by_sky(index, 3)
    order = np.random.default_rng(2).permutation(400)
    assert split_by_sky(index[order], 3) == [whole[k] for k in order]
    assert split_by_sky(index[:7], 3) == whole[:7]
    assert [split_by_sky(index[k : k + 1], 3)[0] for k in range(30)] == whole[:30]


@pytest.mark.parametrize("by", ["sky", "name"])
def test_shares(by: str) -> None:
    """Of 8000 independent draws a share of 0.70 scatters by 0.005, one of 0.15 by 0.004."""
    count = 8000
    splits = (
        split_by_sky(healpix(*_sky(count)), 0)
        if by == "sky"
        else split_by_name([f"picture-{k}" for k in range(count)], 0)
    )
    assert set(splits) == set(SPLITS)
    for name, share in SHARES.items():
        assert splits.count(name) / count == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("by", ["sky", "name"])
def test_seed_changes_the_split(by: str) -> None:
    """Two independent draws agree with probability 0.7^2 + 2 x 0.15^2 = 0.535; 4 sigma is 0.05."""
    count = 2000
    one, other = (
        split_by_sky(healpix(*_sky(count)), seed)
        if by == "sky"
        else split_by_name([f"picture-{k}" for k in range(count)], seed)
        for seed in (0, 1)
    )
    agree = np.mean(np.array(one) == np.array(other))
    assert agree == pytest.approx(0.535, abs=0.05)


def test_neighbouring_tiles_agree_where_they_overlap() -> None:
    """The same patch, seen at the rim of two tiles, is for training in both or in neither.

    Positions of one galaxy on two tiles differ by the error of its centre, 0.1": it changes
    block, and so perhaps split, only within 0.1" of a border: 4 x 0.1" / 206" of the area.
    """
    rng = np.random.default_rng(4)
    ra, dec = rng.uniform(150, 150.5, 4000), rng.uniform(2, 2.5, 4000)
    here = split_by_sky(healpix(ra, dec), 0)
    again = split_by_sky(
        healpix(ra + rng.normal(0, 0.1 / 3600, 4000), dec + rng.normal(0, 0.1 / 3600, 4000)), 0
    )
    assert np.mean(np.array(here) != np.array(again)) < 0.004


def test_names_are_split_each_for_itself() -> None:
    names = [f"picture-{k}" for k in range(50)]
    assert split_by_name(names[::-1], 0) == split_by_name(names, 0)[::-1]
    assert split_by_name(["a", "a"], 5)[0] == split_by_name(["a"], 5)[0]


def test_split_stays_the_same_from_version_to_version() -> None:
    """A model must not be tested on what an earlier version trained it on."""
    index = healpix(np.linspace(5, 350, 10), np.linspace(-80, 80, 10))
    by_sky, by_name = split_by_sky(index, 0), split_by_name(list("abcdefghij"), 0)
    assert [SPLITS.index(split) for split in by_sky] == [0, 2, 0, 0, 1, 2, 0, 0, 0, 2]
    assert [SPLITS.index(split) for split in by_name] == [1, 0, 2, 0, 0, 0, 0, 2, 0, 2]
