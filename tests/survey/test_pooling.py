"""Stamps of several tiles encoded together: the same bytes whoever they meet."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pyarrow as pa
import pytest

from strandline.errors import OptionError, StrandlineError
from strandline.learn import Ensemble
from strandline.stamps import StampBatch
from strandline.survey import tile_rows
from strandline.survey.desk import Desk, Done, Orders, TileTask, work
from strandline.survey.identity import model_files
from strandline.survey.parts import inputs_key
from strandline.survey.places import Place
from strandline.survey.pooling import Features, Pool, encode_alone
from strandline.survey.tilelist import list_tiles
from strandline.tiles import ReadOptions, Tile, discover, read_tile
from tests.survey.sky import BANDS, SIZE_PX, small_plan

PLAN = small_plan(batch_size=4, pool=16)


@pytest.fixture(scope="module")
def sky(tiles: Path) -> list[Tile]:
    """Four tiles."""
    names = ("t00", "t01", "t10", "t11")
    files = [[tiles.parent / f"{name}_{band}.fits" for band in BANDS] for name in names]
    return [read_tile(discover(paths).sources[0]) for paths in files]


def stamps(count: int) -> StampBatch:
    """Return stamps of nothing but noise."""
    random = np.random.default_rng(count)
    pixels = random.normal(size=(count, len(BANDS), SIZE_PX, SIZE_PX)).astype(np.float16)
    ones = np.ones((count, len(BANDS)), dtype=np.float32)
    return StampBatch(np.arange(count), pixels, 8 * ones, 10 * ones)


def test_tiles_that_meet_have_the_rows_of_tiles_alone(sky: list[Tile], ensemble: Ensemble) -> None:
    pool = Pool(ensemble.models, 16)
    alone = [tile_rows(tile, PLAN, ensemble, None, pool).table for tile in sky]
    before = pool.batches
    pool.close()
    pool, start = Pool(ensemble.models, 16, linger_seconds=2), Barrier(len(sky), timeout=300)

    def together(tile: Tile) -> pa.Table:
        asked = iter([start.wait])  # so that slow machines let tiles meet, too

        def encode(batch: StampBatch, bands: tuple[str, ...]) -> "Future[Features]":
            for wait in asked:
                wait()
            return pool(batch, bands)

        return tile_rows(tile, PLAN, ensemble, None, encode).table

    with ThreadPoolExecutor(len(sky)) as threads:
        met = list(threads.map(together, sky))
    pool.close()
    assert pool.batches < before  # they did meet
    for one, other in zip(alone, met, strict=True):
        assert one.equals(other)
    each = [tile_rows(tile, PLAN, ensemble).table for tile in sky]
    for one, other in zip(each, met, strict=True):
        np.testing.assert_allclose(
            one["probability"].to_numpy(), other["probability"].to_numpy(), atol=1e-5
        )


def test_where_in_a_batch_a_stamp_is_changes_nothing(ensemble: Ensemble) -> None:
    pool = Pool(ensemble.models, 16)
    whole, batch = pool(stamps(16), BANDS).result()["small"], stamps(16)
    for row in (0, 7, 15):
        at = slice(row, row + 1)
        one = StampBatch(batch.rows[at], batch.pixels[at], batch.unit_njy[at], batch.noise_njy[at])
        np.testing.assert_array_equal(pool(one, BANDS).result()["small"][0], whole[row])
    pool.close()


def test_features_are_those_of_stamps_alone(ensemble: Ensemble) -> None:
    pool, alone = Pool(ensemble.models, 16), encode_alone(ensemble.models)
    asked = [pool(stamps(count), BANDS) for count in (3, 5, 16, 9)]
    for count, promise in zip((3, 5, 16, 9), asked, strict=True):
        theirs = alone(stamps(count), BANDS).result()["small"]
        np.testing.assert_allclose(promise.result()["small"], theirs, rtol=1e-4, atol=1e-5)
    pool.close()


def test_what_goes_wrong_is_told_to_who_asked(
    ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool(ensemble.models, 4)
    with pytest.raises(OptionError, match="5 stamps at once do not fit into a batch of 4"):
        pool(stamps(5), BANDS)
    monkeypatch.setattr(ensemble.models["small"], "encode", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pool(stamps(2), BANDS).result()
    pool.close()
    with pytest.raises(StrandlineError, match="has ended"):
        pool(stamps(2), BANDS)


@pytest.mark.parametrize("threads", [1, 3])
def test_parts_by_one_thread_are_those_by_several(
    threads: int, tiles: Path, ensemble: Ensemble, tmp_path: Path
) -> None:
    files, listed = model_files(ensemble), list_tiles([tiles], ReadOptions()).tiles[:4]
    tasks = [TileTask(tile, inputs_key(tile, None)) for tile in listed]
    one, other = (Desk(Orders("o", PLAN, files, Place(tmp_path / name))) for name in "ab")
    names = [work(one, task) for task in tasks]
    with ThreadPoolExecutor(threads) as several:
        theirs = list(several.map(lambda task: work(other, task), tasks))
    for desk in (one, other):
        desk.close()
    for ours, told in zip(names, theirs, strict=True):
        assert isinstance(ours, Done), ours
        assert isinstance(told, Done), told
        assert ours.part == told.part  # its name holds the checksum of its bytes
