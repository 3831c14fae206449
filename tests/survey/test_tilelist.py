"""Lists of tiles: CSV and Parquet, paths and URLs, primary regions; what is wrong is named."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from strandline.errors import NothingFoundError, OptionError, TileError
from strandline.survey import list_tiles
from strandline.survey.parts import Part, inputs_key
from strandline.survey.regions import Box
from strandline.tiles import ReadOptions

READ = ReadOptions()


def _listed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tiles.csv"
    path.write_text(text)
    return path


def test_a_list_of_paths_and_urls(tmp_path: Path) -> None:
    path = _listed(
        tmp_path,
        "tile, band, image, mask, zeropoint\n"
        "b,R,sub/b_r.fits,,30\nb,g,s3://bucket/b_g.fits,m.fits,\na,g,/data/a_g.fits,,\n",
    )
    found = list_tiles([path], READ)
    assert [tile.name for tile in found.tiles] == ["a", "b"]
    assert found.bands == ("g", "r")
    assert found.boxes is None
    a, b = found.tiles
    assert a.files == ("/data/a_g.fits",)
    assert [image.band for image in b.listed] == ["g", "r"]
    assert b.files == ("s3://bucket/b_g.fits", f"{tmp_path}/m.fits", f"{tmp_path}/sub/b_r.fits")
    assert b.listed[1].zeropoint == 30


def test_the_same_list_as_parquet_with_regions(tmp_path: Path) -> None:
    columns = {
        "tile": ["a", "a"],
        "band": ["g", "r"],
        "image": ["a_g.fits", "a_r.fits"],
        "ra_min": [10.0, 10.0],
        "ra_max": [11.0, 11.0],
        "dec_min": [-1.0, -1.0],
        "dec_max": [1.0, 1.0],
    }
    pq.write_table(pa.table(columns), tmp_path / "tiles.parquet")
    found = list_tiles([tmp_path / "tiles.parquet"], READ)
    assert found.boxes == (Box(10, 11, -1, 1),)
    assert found.tiles[0].first_file == f"{tmp_path}/a_g.fits"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tile,band\na,g\n", "column image is missing"),
        ("tile,band,image,colour\na,g,a.fits,red\n", "column colour is not known"),
        ("tile,band,image,ra_min\na,g,a.fits,1\n", "column ra_max, dec_min, dec_max is missing"),
        ("tile,band,image\n", "lists no tile"),
        ("tile,band,image\na,,a.fits\n", "line 2: column band is empty"),
        ("tile,band,image\na,g,a.fits\na,g,b.fits\n", "line 3: tile 'a' has band 'g' already"),
        ("tile,band,image,zeropoint\na,g,a.fits,x\n", "line 2: column zeropoint: 'x' is no number"),
    ],
)
def test_what_is_wrong_with_a_list_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TileError, match=message):
        list_tiles([_listed(tmp_path, text)], READ)


def test_inputs_that_make_no_survey(tmp_path: Path) -> None:
    with pytest.raises(TileError, match=r"nowhere\.csv: no such file"):
        list_tiles([tmp_path / "nowhere.csv"], READ)
    with pytest.raises(OptionError, match="alone"):
        list_tiles([tmp_path / "a.csv", tmp_path], READ)
    with pytest.raises(OptionError, match="must be named in a list"):
        list_tiles(["s3://bucket/images"], READ)
    with pytest.raises(NothingFoundError, match="Nothing among the inputs"):
        list_tiles([tmp_path], READ)


def test_paths_mean_the_same_wherever_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _listed(tmp_path, "tile,band,image\na,g,a.fits\n")
    monkeypatch.chdir(tmp_path)
    assert list_tiles(["tiles.csv"], READ) == list_tiles([path], READ)


def test_a_part_is_known_by_its_file_name() -> None:
    part = Part("field/1 a.b", "0123abcd", "0123456789abcdef")
    assert Part.of(part.name) == part
    assert Part.of("tiles/aa/notes.txt") is None


def test_a_tile_made_of_other_files_has_another_key(tmp_path: Path) -> None:
    one = list_tiles([_listed(tmp_path, "tile,band,image\na,g,a.fits\n")], READ).tiles[0]
    other = list_tiles([_listed(tmp_path, "tile,band,image\na,g,b.fits\n")], READ).tiles[0]
    keys = {inputs_key(one, None), inputs_key(other, None), inputs_key(one, Box(0, 1, 0, 1))}
    assert len(keys) == 3
