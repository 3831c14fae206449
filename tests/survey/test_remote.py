"""Tiles and results in an object store: S3, by moto's server on the loopback address."""

import io
import logging
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from strandline.errors import OutputError, TileError
from strandline.learn import Ensemble
from strandline.survey import FinalOptions, Place, Wish, list_tiles, open_engine, run_survey
from strandline.survey.places import joined, read_bytes
from strandline.survey.staging import staged
from strandline.survey.tilelist import ListedImage, SurveyTile
from strandline.tiles import ReadOptions
from tests.survey.sky import BANDS, small_plan

# workers import torch before they do anything: minutes on a busy machine
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    """An empty bucket called sky."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "someone")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "something")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        import boto3

        client = boto3.client("s3")
        client.create_bucket(Bucket="sky")
        yield client
    server.stop()


@pytest.mark.filterwarnings("default")
def test_a_survey_from_and_to_an_object_store(
    bucket: Any, tiles: Path, ensemble: Ensemble, tmp_path: Path
) -> None:
    names = ("t00", "t01", "t02")
    lines = ["tile,band,image"]
    for name in (*names, "gone"):
        for band in BANDS:
            lines.append(f"{name},{band},{name}_{band}.fits")
            if name != "gone":
                path = tiles.parent / f"{name}_{band}.fits"
                bucket.upload_file(str(path), "sky", f"in/{path.name}")
    bucket.put_object(Bucket="sky", Key="in/tiles.csv", Body="\n".join(lines).encode())
    options = FinalOptions(0.01, (Wish("top", 2),))
    listed = list_tiles(["s3://sky/in/tiles.csv"], ReadOptions())
    out = Place("s3://sky/out")
    found = run_survey(open_engine(workers=1), listed, small_plan(), ensemble, out, options)
    assert found.tiles == 3
    assert found.stamps == 2
    assert [one.tile for one in found.set_aside] == ["gone"]
    assert "s3://sky/in/gone_g.fits: no such file" in found.set_aside[0].reason
    # the same from files here
    here = tmp_path / "sky"
    here.mkdir()
    for name in names:
        for band in BANDS:
            shutil.copy(tiles.parent / f"{name}_{band}.fits", here)
    (here / "tiles.csv").write_text("\n".join(line for line in lines if "gone" not in line))
    again = run_survey(
        open_engine(workers=1),
        list_tiles([here / "tiles.csv"], ReadOptions()),
        small_plan(),
        ensemble,
        Place(tmp_path / "out"),
        options,
    )
    assert again.manifest["catalogue"] == found.manifest["catalogue"]
    assert again.manifest["bytes_read"] == found.manifest["bytes_read"]
    for name in again.manifest["catalogue"]:
        there = bucket.get_object(Bucket="sky", Key=f"out/catalogue/{name}")["Body"].read()
        assert there == (tmp_path / "out" / "catalogue" / name).read_bytes()
    skipped = pq.read_table(io.BytesIO(out.read("skipped.parquet") or b""))
    assert skipped["tile"].to_pylist() == ["gone"]
    assert any(name.startswith("vectors.lance/data/") for name in out.names("vectors.lance"))
    # nothing is left to do but the tile that is gone
    second = run_survey(open_engine(workers=1), listed, small_plan(), ensemble, out, options)
    assert second.galaxies == found.galaxies
    assert second.manifest["runs"] == found.manifest["runs"]


def test_a_remote_tile_is_fetched_whole_and_removed(
    bucket: Any, tiles: Path, tmp_path: Path
) -> None:
    path = tiles.parent / "t11_r.fits"
    bucket.upload_file(str(path), "sky", "one/t11_r.fits")
    tile = SurveyTile("one", (ListedImage("r", "s3://sky/one/t11_r.fits"),))
    with staged(tile, ReadOptions(), tmp_path) as here:
        assert here.bytes == path.stat().st_size
        assert here.source.images[0].path.read_bytes() == path.read_bytes()
    assert list(tmp_path.iterdir()) == []
    bucket.put_object(Bucket="sky", Key="one/bad_r.fits", Body=path.read_bytes()[:5000])
    bad = SurveyTile("bad", (ListedImage("r", "s3://sky/one/bad_r.fits"),))
    with (
        pytest.raises(TileError, match=r"s3://sky/one/bad_r\.fits: is truncated"),
        staged(bad, ReadOptions(), tmp_path),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def test_tiles_of_a_web_server(tiles: Path, tmp_path: Path) -> None:
    handler = partial(_Quiet, directory=str(tiles.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        base = f"http://127.0.0.1:{server.server_port}"
        listed = list_tiles([f"{base}/tiles.csv"], ReadOptions())
        assert len(listed.tiles) == 9
        with staged(listed.tiles[4], ReadOptions(), tmp_path) as here:
            for image in here.source.images:
                assert image.path.read_bytes() == (tiles.parent / image.path.name).read_bytes()
        gone = SurveyTile("gone", (ListedImage("r", f"{base}/gone_r.fits"),))
        with (
            pytest.raises(TileError, match=r"gone_r\.fits: no such file"),
            staged(gone, ReadOptions()),
        ):
            pass
        server.shutdown()
        thread.join()


def test_a_place_in_an_object_store(bucket: Any) -> None:
    place = Place("s3://sky/place")
    assert place.local is None
    assert place.read("a/b.txt") is None
    assert place.names("a") == []
    place.write("a/b.txt", b"one")
    place.write("a/b.txt", b"two")
    assert place.read("a/b.txt") == b"two"
    assert place.names("a") == ["a/b.txt"]
    place.remove("a")
    assert place.names("") == []
    with pytest.raises(OutputError, match="nobucket"):
        Place("s3://nobucket/x").write("a", b"b")


def test_what_cannot_be_read_is_named() -> None:
    with pytest.raises(TileError, match=r"fish://a\.csv: cannot be read here"):
        read_bytes("fish://a.csv")
    assert joined("s3://sky/in", "a.fits") == "s3://sky/in/a.fits"
    assert joined("s3://sky/in", "/data/a.fits") == "/data/a.fits"
    assert joined("", "a.fits") == "a.fits"


def test_a_place_on_disk_shows_nothing_half_written(tmp_path: Path) -> None:
    place = Place(tmp_path / "out")
    place.write("a/b.txt", b"one")
    (tmp_path / "out" / "a" / ".b.txt.0123.partial").write_bytes(b"half")
    assert place.names("a") == ["a/b.txt"]
    place.sweep("a")
    assert [path.name for path in (tmp_path / "out" / "a").iterdir()] == ["b.txt"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="could not be read or written"):
        Place(tmp_path / "file").write("a.txt", b"y")
