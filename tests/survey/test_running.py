"""A survey by real worker processes: complete, each galaxy once, and the same whoever does it."""

import hashlib
import json
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy.spatial import KDTree

from strandline import api
from strandline.errors import NothingFoundError, OptionError, TableError
from strandline.learn import Ensemble
from strandline.stamps import StampTable
from strandline.survey import (
    FinalOptions,
    Place,
    SurveyOutcome,
    VectorIndex,
    Wish,
    list_tiles,
    open_engine,
    run_survey,
)
from strandline.survey.engine import Engine
from strandline.survey.regions import unit_vectors
from strandline.tiles import ReadOptions
from tests.survey.sky import BANDS, small_plan, truth_positions

# workers import torch before they do anything: minutes on a busy machine
pytestmark = pytest.mark.timeout(600)


WISHES = (Wish("top", 5), Wish("novel", 3), Wish("random", 4))

Survey = Callable[..., SurveyOutcome]


@pytest.fixture
def survey(engine: Engine, ensemble: Ensemble) -> Survey:
    """Run a survey with the shared workers."""

    def run(tiles: Path, out: Path, plan: Any = None, **final: Any) -> SurveyOutcome:
        listed = list_tiles([tiles], ReadOptions())
        options = FinalOptions(**{"prevalence": 0.01, **final})
        parts = (plan or small_plan(), ensemble, Place(out), options)
        return run_survey(nullcontext(engine), listed, *parts)

    return run


@pytest.fixture(scope="module")
def whole(
    engine: Engine, ensemble: Ensemble, tiles: Path, tmp_path_factory: pytest.TempPathFactory
) -> SurveyOutcome:
    """All tiles in one go."""
    out = tmp_path_factory.mktemp("whole") / "run"
    options = FinalOptions(0.01, WISHES)
    listed = list_tiles([tiles], ReadOptions())
    return run_survey(nullcontext(engine), listed, small_plan(), ensemble, Place(out), options)


def catalogue_bytes(out: Path) -> dict[str, bytes]:
    """Return all files of a catalogue."""
    folder = out / "catalogue"
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def catalogue_rows(out: Path) -> Any:
    """Return all rows of a catalogue."""
    return pq.read_table(out / "catalogue" / "dataset")


def matches(ra: np.ndarray, dec: np.ndarray, folder: Path, radius_arcsec: float) -> list[int]:
    """Return how many rows there are at each true galaxy."""
    tree = KDTree(unit_vectors(ra, dec))
    found: Any = tree.query_ball_point(
        unit_vectors(*truth_positions(folder)), np.radians(radius_arcsec / 3600)
    )
    return [len(rows) for rows in found]


def test_each_galaxy_is_there_once(whole: SurveyOutcome, tiles: Path) -> None:
    rows = catalogue_rows(Path(str(whole.out)))
    assert whole.tiles == 9
    assert not whole.set_aside
    assert len(set(rows["id"].to_pylist())) == rows.num_rows == whole.galaxies
    assert whole.manifest["rows_of_other_tiles"] > 5  # tiles do overlap
    ra, dec = rows["ra"].to_numpy(), rows["dec"].to_numpy()
    counts = matches(ra, dec, tiles.parent, 1.0)
    assert max(counts) == 1
    assert sum(counts) > 15


def test_what_one_image_of_the_whole_field_shows_is_there(
    whole: SurveyOutcome, tiles: Path, survey: Survey, tmp_path: Path
) -> None:
    one = survey(tiles.parent / "field", tmp_path / "one")
    rows, field = catalogue_rows(Path(str(whole.out))), catalogue_rows(tmp_path / "one")
    tree = KDTree(unit_vectors(rows["ra"].to_numpy(), rows["dec"].to_numpy()))
    there = unit_vectors(field["ra"].to_numpy(), field["dec"].to_numpy())
    apart = np.degrees(tree.query(there)[0]) * 3600
    # a tile of 240 px knows few stars: what is one, and what is too faint, differs at the margin
    assert (apart < 1.0).mean() > 0.8
    assert abs(len(apart) - rows.num_rows) <= 0.15 * rows.num_rows
    assert one.tiles == 1


def test_rows_are_sorted_along_the_sky_and_complete(whole: SurveyOutcome) -> None:
    rows = catalogue_rows(Path(str(whole.out)))
    index = rows["_healpix_29"].to_numpy()
    assert (np.diff(index) > 0).all()
    for name in ("probability", "probability_sky", "novelty"):
        values = rows[name].to_numpy()
        assert ((values >= 0) & (values <= 1)).all(), name
    assert (rows["probability_sky"].to_numpy() < rows["probability"].to_numpy()).all()
    assert rows.schema.field("embedding").type.value_type == "halffloat"
    assert rows.schema.field("mag_r").metadata == {b"unit": b"mag"}


def test_one_worker_gives_the_same_bytes(
    whole: SurveyOutcome, tiles: Path, ensemble: Ensemble, tmp_path: Path
) -> None:
    listed = list_tiles([tiles], ReadOptions())
    options = FinalOptions(0.01, WISHES)
    out = tmp_path / "run"
    run_survey(open_engine(workers=1), listed, small_plan(), ensemble, Place(out), options)
    assert catalogue_bytes(out) == catalogue_bytes(Path(str(whole.out)))


def test_a_run_goes_on_where_it_stopped_and_gives_the_same_bytes(
    whole: SurveyOutcome, survey: Survey, tiles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    shutil.copytree(str(whole.out), out)
    parts = sorted((out / "tiles").rglob("*.parquet"))
    kept = {path: path.stat().st_mtime_ns for path in parts[:4]}
    for path in parts[4:]:
        path.unlink()
    for name in ("catalogue", "vectors.lance", "stamps.lance"):
        shutil.rmtree(out / name)
    (out / "manifest.json").unlink()
    (parts[0].parent / ".t00.parquet.12ab.partial").write_bytes(b"half")
    again = survey(tiles, out, wishes=WISHES)
    assert catalogue_bytes(out) == catalogue_bytes(Path(str(whole.out)))
    assert {path: path.stat().st_mtime_ns for path in kept} == kept  # never done twice
    assert again.manifest["runs"][-1]["tiles"] == 5
    assert not list(out.rglob("*.partial"))


def test_a_complete_run_has_nothing_to_do(
    whole: SurveyOutcome, survey: Survey, tiles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path(str(whole.out))
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    again = survey(tiles, out, wishes=WISHES)
    assert again.galaxies == whole.galaxies
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before
    assert "nothing to do" in capsys.readouterr().err


def test_a_damaged_part_is_done_again(
    whole: SurveyOutcome, survey: Survey, tiles: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    shutil.copytree(str(whole.out), out)
    (out / "manifest.json").unlink()
    part = min((out / "tiles").rglob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-10] + b"0123456789")
    survey(tiles, out, wishes=WISHES)
    assert catalogue_bytes(out) == catalogue_bytes(Path(str(whole.out)))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"shapes": True}, "shapes was false, now true"),
        ({"batch_size": 7}, "batch_size was 32, now 7"),
    ],
)
def test_other_options_are_refused_by_name(
    whole: SurveyOutcome, survey: Survey, tiles: Path, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(OptionError, match=named):
        survey(tiles, Path(str(whole.out)), small_plan(**changes))


def test_bad_tiles_are_set_aside_and_come_back_when_mended(
    whole: SurveyOutcome, survey: Survey, tiles: Path, tmp_path: Path
) -> None:
    here = tmp_path / "sky"
    shutil.copytree(tiles.parent, here, ignore=shutil.ignore_patterns("field"))
    whole_file = (here / "t00_g.fits").read_bytes()
    (here / "t00_g.fits").write_bytes(whole_file[:100_000])
    missing = here / "t11_r.fits"
    missing.rename(here / "away")
    (here / "t22_i.fits").write_bytes(b"<html>404</html>")
    first = survey(here / "tiles.csv", tmp_path / "run")
    assert [one.tile for one in first.set_aside] == ["t00", "t11", "t22"]
    told = pq.read_table(tmp_path / "run" / "skipped.parquet").to_pylist()
    assert "truncated" in told[0]["reason"]
    assert "no such file" in told[1]["reason"]
    assert "not a FITS file" in told[2]["reason"]
    assert "t22_i.fits" in told[2]["reason"]
    # what neighbours see of a tile that is set aside is theirs
    rows = catalogue_rows(tmp_path / "run")
    assert first.galaxies == rows.num_rows > whole.galaxies * 6 / 9
    (here / "t00_g.fits").write_bytes(whole_file)
    (here / "away").rename(missing)
    shutil.copy(tiles.parent / "t22_i.fits", here / "t22_i.fits")
    second = survey(here / "tiles.csv", tmp_path / "run")
    assert not second.set_aside
    assert pq.read_table(tmp_path / "run" / "skipped.parquet").num_rows == 0
    ours, theirs = catalogue_rows(tmp_path / "run"), catalogue_rows(Path(str(whole.out)))
    assert ours.equals(theirs)


def test_tiles_may_be_added(
    whole: SurveyOutcome, survey: Survey, tiles: Path, tmp_path: Path
) -> None:
    lines = tiles.read_text().splitlines()
    some = tiles.parent / "some.csv"
    some.write_text("\n".join(line for line in lines if line[:3] in ("til", "t00", "t12")) + "\n")
    first = survey(some, tmp_path / "run")
    assert first.tiles == 2
    second = survey(tiles, tmp_path / "run", wishes=WISHES)
    assert second.manifest["runs"][-1]["tiles"] == 7
    assert catalogue_bytes(tmp_path / "run") == catalogue_bytes(Path(str(whole.out)))


def test_regions_that_are_given_are_kept_to(
    whole: SurveyOutcome, survey: Survey, tiles: Path, tmp_path: Path
) -> None:
    rows = catalogue_rows(Path(str(whole.out)))
    two = rows.filter(pc.is_in(rows["tile"], pa.array(["t10", "t11"])))
    middle = float(np.median(two["ra"].to_numpy()))
    boxes = {"t10": (middle, middle + 1), "t11": (middle - 1, middle)}  # east is left
    lines = ["tile,band,image,ra_min,ra_max,dec_min,dec_max"]
    for name, (west, east) in boxes.items():
        lines += [f"{name},{b},{tiles.parent}/{name}_{b}.fits,{west},{east},-90,90" for b in BANDS]
    (tmp_path / "tiles.csv").write_text("\n".join(lines) + "\n")
    survey(tmp_path / "tiles.csv", tmp_path / "run")
    found = catalogue_rows(tmp_path / "run")
    assert set(found["tile"].to_pylist()) == {"t10", "t11"}
    ra, tile = found["ra"].to_numpy(), np.array(found["tile"].to_pylist())
    assert (ra[tile == "t10"] > middle - 6 / 3600).all()
    assert (ra[tile == "t11"] < middle + 6 / 3600).all()
    tree = KDTree(unit_vectors(ra, found["dec"].to_numpy()))
    assert not tree.query_pairs(np.radians(1 / 3600))


def test_no_tile_at_all(survey: Survey, tmp_path: Path) -> None:
    listed = tmp_path / "tiles.csv"
    listed.write_text("tile,band,image\na,g,nowhere.fits\n")
    with pytest.raises(NothingFoundError, match=r"None of the 1 tiles .*nowhere\.fits: no such"):
        survey(listed, tmp_path / "run", small_plan())


def test_stamps_are_kept_of_those_asked_for(whole: SurveyOutcome) -> None:
    out = Path(str(whole.out))
    rows = {row["id"]: row for row in catalogue_rows(out).to_pylist()}
    table = StampTable.open(out / "stamps.lance")
    kept = table.columns("id", "wished", "probability").to_pylist()
    assert whole.stamps == len(kept) <= 12
    best = sorted(rows, key=lambda name: (-rows[name]["probability"], name))[:5]
    assert {row["id"] for row in kept if "top" in row["wished"]} == set(best)
    assert sum("novel" in row["wished"] for row in kept) == 3
    assert sum("random" in row["wished"] for row in kept) == 4
    assert all(row["probability"] == rows[row["id"]]["probability"] for row in kept)


def test_the_vector_index_finds_a_galaxy_and_its_like(whole: SurveyOutcome) -> None:
    out = Path(str(whole.out))
    index = VectorIndex(out / "vectors.lance")
    rows = catalogue_rows(out)
    assert len(index) == rows.num_rows
    name = rows["id"][3].as_py()
    found = index.nearest(index.vector(name), 4)
    assert found["id"][0].as_py() == name
    vectors = np.stack(rows["embedding"].to_pylist()).astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    apart = 1 - vectors @ vectors[3]
    np.testing.assert_allclose(found["distance"].to_numpy(), np.sort(apart)[:4], atol=2e-3)


def test_search_lists_what_looks_alike(whole: SurveyOutcome) -> None:
    rows = catalogue_rows(Path(str(whole.out)))
    first, second = rows["id"][3].as_py(), rows["id"][7].as_py()
    found = api.search(Path(str(whole.out)), first, n=5)
    assert found.num_rows == 5
    assert first not in found["id"].to_pylist()
    similarity = found["similarity"].to_numpy()
    assert (np.diff(similarity) <= 0).all()
    either = api.search(Path(str(whole.out)), [first, second], n=5, together="any")
    assert either["similarity"][0].as_py() >= found["similarity"][0].as_py() - 1e-6
    with pytest.raises(TableError, match="no galaxy 'nobody'"):
        api.search(Path(str(whole.out)), "nobody")


def test_the_manifest_tells_what_was_done(whole: SurveyOutcome, tiles: Path) -> None:
    out = Path(str(whole.out))
    told = json.loads((out / "manifest.json").read_text())
    files = [path for path in tiles.parent.iterdir() if path.suffix == ".fits"]
    assert told["bytes_read"] == sum(path.stat().st_size for path in files)
    assert told["galaxies"] == whole.galaxies
    assert told["survey"]["size_px"] == 48
    assert told["runs"][0]["galaxies"] == whole.galaxies + told["rows_of_other_tiles"]
    for name, checksum in told["catalogue"].items():
        content = (out / "catalogue" / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == checksum
