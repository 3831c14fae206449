"""One tile at a time gives the numbers of stamps, embed and classify one after the other."""

from pathlib import Path

import numpy as np
import pytest

from strandline import api
from strandline.classify import read_catalogue
from strandline.errors import TileError
from strandline.learn import Ensemble
from strandline.shapes import SHAPE_NAMES
from strandline.stamps import StampTable
from strandline.survey import tile_rows
from strandline.survey.looking import vectors_of
from strandline.survey.onetile import chosen_cutouts
from strandline.survey.regions import Box
from strandline.tiles import Tile, discover, read_tile
from tests.survey.sky import BANDS, SIZE_PX, small_plan


@pytest.fixture(scope="module")
def tile(tiles: Path) -> Tile:
    files = [tiles.parent / f"t11_{band}.fits" for band in BANDS]
    return read_tile(discover(files).sources[0])


@pytest.fixture(scope="module")
def table(tiles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("table") / "stamps.lance"
    api.stamps([tiles.parent / f"t11_{b}.fits" for b in BANDS], out, size_px=SIZE_PX)
    return out


def test_rows_are_what_the_commands_say(
    tile: Tile, table: Path, model: Path, ensemble: Ensemble, tmp_path: Path
) -> None:
    rows = tile_rows(tile, small_plan(), ensemble).table
    api.embed(table, model, batch_size=32)
    api.classify(table, [model], tmp_path / "scores.parquet", batch_size=32)
    scores = read_catalogue(tmp_path / "scores.parquet").sort_by("id")
    assert rows.num_rows > 5
    rows = rows.sort_by("id")
    shared = [name for name in rows.column_names if name not in ("embedding",)]
    assert set(shared) <= set(scores.column_names)
    for name in shared:
        ours, theirs = rows[name].to_numpy(), scores[name].to_numpy()
        if ours.dtype.kind == "f":
            np.testing.assert_array_equal(ours, theirs, err_msg=name)
        else:
            assert ours.tolist() == theirs.tolist(), name
    kept = StampTable.open(table).columns("id", "embedding").sort_by("id")
    theirs = np.stack(kept["embedding"].to_pylist()).astype(np.float16)
    np.testing.assert_array_equal(vectors_of(rows), theirs)


def test_shapes_are_those_of_the_table(tile: Tile, table: Path, ensemble: Ensemble) -> None:
    rows = tile_rows(tile, small_plan(shapes=True), ensemble).table.sort_by("id")
    api.shapes(table)
    kept = StampTable.open(table).columns("id", *(f"shape_{n}" for n in SHAPE_NAMES)).sort_by("id")
    for name in SHAPE_NAMES:
        ours, theirs = (found[f"shape_{name}"].to_numpy() for found in (rows, kept))
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_batches_change_nothing_that_can_be_seen(tile: Tile, ensemble: Ensemble) -> None:
    one, other = (
        tile_rows(tile, small_plan(batch_size=size), ensemble).table for size in (1, 1000)
    )
    assert one.drop_columns(["embedding", "probability"]).equals(
        other.drop_columns(["embedding", "probability"])
    )
    np.testing.assert_allclose(
        one["probability"].to_numpy(), other["probability"].to_numpy(), atol=1e-5
    )


def test_a_region_leaves_out_what_is_another_tiles(tile: Tile, ensemble: Ensemble) -> None:
    whole = tile_rows(tile, small_plan(), ensemble)
    ra = whole.table["ra"].to_numpy()
    middle = float(np.median(ra))
    part = tile_rows(tile, small_plan(), ensemble, Box(0, middle, -90, 90))
    wanted = whole.table.filter(ra < middle + 6 / 3600)["id"].to_pylist()
    assert part.table["id"].to_pylist() == wanted
    assert part.left_out["outside the primary region"] == len(ra) - len(wanted)


def test_stamps_that_are_kept_are_those_that_were_scored(
    tile: Tile, table: Path, ensemble: Ensemble
) -> None:
    ids = tile_rows(tile, small_plan(), ensemble).table["id"].to_pylist()[4:1:-1]
    kept = chosen_cutouts(tile, small_plan(), ids)
    assert kept.columns["id"].tolist() == ids
    stored = StampTable.open(table)
    names = stored.columns("id")["id"].to_pylist()
    there = stored.read([names.index(name) for name in ids])
    np.testing.assert_array_equal(kept.stamps.pixels, there.pixels)
    with pytest.raises(TileError, match="no galaxy nobody any more"):
        chosen_cutouts(tile, small_plan(), ["nobody"])


def test_an_empty_tile_is_a_tile_without_rows(tile: Tile, ensemble: Ensemble) -> None:
    plan = small_plan()
    blind = type(plan.cut.detect)(min_snr=1e9)
    none = type(plan)(type(plan.cut)(plan.cut.spec, None, blind, 0))
    rows = tile_rows(tile, none, ensemble)
    assert rows.table.num_rows == 0
    assert rows.table.schema.equals(tile_rows(tile, plan, ensemble).table.schema)
