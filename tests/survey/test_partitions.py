"""Partitions of the sky, and the galaxies whose stamps are wished for."""

import numpy as np
import pyarrow as pa
import pytest

from strandline.errors import OptionError
from strandline.survey.looking import CELL_ORDER, lots
from strandline.survey.partitions import Partition, assign, divide, partition_file
from strandline.survey.wishes import Wish, candidates_of, chosen, read_wish


def test_partitions_hold_all_and_none_too_many() -> None:
    random = np.random.default_rng(0)
    cells = np.unique(random.integers(0, 12 * 4**CELL_ORDER, 3000))
    crowded = np.arange(5 * 4**CELL_ORDER, 5 * 4**CELL_ORDER + 64)
    counts = dict(zip(cells.tolist(), random.integers(1, 50, len(cells)).tolist(), strict=True))
    counts |= dict.fromkeys(crowded.tolist(), 900)
    partitions = divide(counts, at_most=2000)
    every = np.array(sorted(counts))
    owners = np.zeros(len(every), dtype=np.int64)
    for partition in partitions:
        inside = partition.holds(every, CELL_ORDER)
        owners += inside
        assert 0 < sum(counts[cell] for cell in every[inside].tolist()) <= 2000
    assert (owners == 1).all()
    by_tile = assign(partitions, {"a": every[:100], "b": every[50:]})
    for partition, tiles in by_tile.items():
        assert ("a" in tiles) == partition.holds(every[:100], CELL_ORDER).any()
        assert ("b" in tiles) == partition.holds(every[50:], CELL_ORDER).any()
    assert set(by_tile) == set(partitions)


def test_a_cell_is_not_divided_further() -> None:
    assert divide({7: 10**9}) == [Partition(CELL_ORDER, 7)]


def test_files_lie_where_hats_looks_for_them() -> None:
    name = partition_file(Partition(8, 123_456))
    assert name == "dataset/Norder=8/Dir=120000/Npix=123456.parquet"


def _catalogue(ids: list[str], probability: list[float], tile: str) -> pa.Table:
    return pa.table(
        {
            "_healpix_29": np.arange(len(ids)) + 1000 * ord(tile),
            "id": ids,
            "tile": [tile] * len(ids),
            "probability": np.array(probability, dtype=np.float32),
            "novelty": np.array([np.nan] * len(ids), dtype=np.float32),
        }
    )


def test_the_best_of_all_partitions_are_chosen() -> None:
    parts = [_catalogue(["a1", "a2", "a3"], [0.9, 0.5, 0.5], "a"), _catalogue(["b1"], [0.7], "b")]
    wishes = (Wish("top", 3), Wish("random", 2))
    found = [tuple(candidates_of(part, wish) for wish in wishes) for part in parts]
    wanted = chosen(wishes, found)
    top = {n for names in wanted.values() for n, kinds in names.items() if "top" in kinds}
    assert top == {"a1", "b1", "a2"}  # of equals the first by name
    random = [n for names in wanted.values() for n, kinds in names.items() if "random" in kinds]
    assert len(random) == 2
    assert chosen(wishes, found[::-1]) == wanted


def test_lots_are_even_and_always_the_same() -> None:
    drawn = lots(np.arange(100_000))
    assert len(np.unique(drawn)) == len(drawn)
    counts = np.histogram(drawn.astype(np.float64), bins=10, range=(0, 2.0**64))[0]
    assert np.abs(counts - 10_000).max() < 5 * 100
    assert lots(np.array([1]))[0] == drawn[1]


@pytest.mark.parametrize("text", ["top", "best:5", "top:0", "top:-3", "top:x"])
def test_what_cannot_be_wished_for(text: str) -> None:
    with pytest.raises(OptionError, match="expected top:N, novel:N, random:N"):
        read_wish(text)


def test_wishes_are_read() -> None:
    assert read_wish(" Top:1000 ") == Wish("top", 1000)
    assert str(Wish("novel", 3)) == "novel:3"
