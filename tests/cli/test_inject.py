"""`strandline inject` as its user calls it, and what is said to one who gives something wrong."""

from pathlib import Path

import pytest

from tests.conftest import Run
from tests.simulate.injection.sky import make_sky

_FEW = ("--count", 1, "--kinds", "jellyfish", "--length-kpc", 15)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sky(tmp_path_factory.mktemp("sky")).folder


@pytest.fixture
def table(run: Run, images: Path, tmp_path: Path) -> Path:
    ran = run("stamps", images, "--out", tmp_path / "t.lance", "--size-px", 160)
    assert ran.status == 0, ran.err
    return tmp_path / "t.lance"


def test_inject_into_a_table_says_what_was_done_and_assumed(
    run: Run, table: Path, tmp_path: Path
) -> None:
    ran = run("inject", table, "--out", tmp_path / "out", *_FEW)
    assert ran.status == 0, ran.err
    assert "1 galaxies, injected: 1 jellyfish" in ran.out
    assert "Redshifts are assumed" in ran.out
    assert "gain is unknown" in ran.out
    assert "seeing measured from stars" in ran.err
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["injected.csv", "labels.csv", "masks", "stamps.lance"]


def test_inject_into_images_writes_copies_and_lists(run: Run, images: Path, tmp_path: Path) -> None:
    ran = run("inject", images, "--out", tmp_path / "out", *_FEW, "--redshift", 0.06, "--gain", 5)
    assert ran.status == 0, ran.err
    assert "assumed" not in ran.out
    assert "unknown" not in ran.out
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"images", "masks", "injected.csv", "positions.csv", "tiles-injected.csv"} <= names
    again = run("inject", images, "--out", tmp_path / "out", *_FEW)
    assert again.status == 0, again.err  # an earlier result of the same kind is replaced


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--kinds", "tails,whirls"), "tails, merger, remnant, stream, shells, jellyfish"),
        (("--sb", "dark"), "'dark'; expected a range such as 24:28"),
        (("--sb", "3:99"), "from 15 to 33"),
        (("--length-kpc", "0"), "from 1 to 500"),
        (("--redshift", "7"), "from 0.001 to 1"),
        (("--psf", "r:1"), "g=1.2,r=1.1"),
        (("--gain", "-1"), "gain is '-1'"),
        (("--rows", "5:2"), "rows is '5:2'"),
        (("--ids", "nobody"), "has no galaxy 'nobody'"),
        (("--copies", "0"), "at least 1"),
        (("--count", "0"), "at least 1"),
        (("--bands", "g,r"), "comes alone"),
    ],
)
def test_wrong_options_are_named_with_what_is_allowed(
    run: Run, table: Path, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    ran = run("inject", table, "--out", tmp_path / "out", *arguments)
    assert ran.status == 1
    assert words in ran.err
    assert "should not have happened" not in ran.err
    assert not (tmp_path / "out").exists()


def test_a_missing_or_foreign_input_is_named(run: Run, tmp_path: Path) -> None:
    for name in ("nothing.lance", "nothing.fits"):
        ran = run("inject", tmp_path / name, "--out", tmp_path / "out")
        assert ran.status == 1
        assert name in ran.err
    notes = tmp_path / "notes.fits"
    notes.write_text("this is a text file")
    ran = run("inject", notes, "--out", tmp_path / "out")
    assert ran.status == 1
    assert "notes.fits" in ran.err
    assert not (tmp_path / "out").exists()


def test_other_files_are_not_replaced(run: Run, table: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    ran = run("inject", table, "--out", mine, *_FEW)
    assert ran.status == 1
    assert "thesis.txt" in ran.err
    assert (mine / "thesis.txt").read_text() == "years of work"
