"""Stamps straight into a table: what they hold, and that they are like stamps cut from fields."""

import csv
from pathlib import Path

import numpy as np
import pytest

from strandline.errors import OptionError, OutputError
from strandline.simulate import StampSet, SurveyTruth, make_stamps
from strandline.simulate import stampset as stampset_module
from strandline.simulate.onestamp import make_stamp
from strandline.simulate.population import StampRequest
from strandline.simulate.setup import SurveySetup
from strandline.stamps import StampTable

COUNT = 36  # more than one block


def _make(out: Path, *, count: int = COUNT, workers: int = 1, seed: int = 5) -> StampSet:
    return make_stamps(out, count=count, size_px=120, bands=("g", "r"), seed=seed, workers=workers)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> StampSet:
    return _make(tmp_path_factory.mktemp("stamps") / "sim.lance")


def _content(made: StampSet) -> tuple[list[dict[str, object]], np.ndarray, np.ndarray]:
    table = StampTable.open(made.table)
    names = [name for name in table.columns().column_names if name not in ("unit", "pixels")]
    batch = table.read(np.arange(len(table)))
    return table.columns(*names).to_pylist(), batch.pixels, batch.unit_njy


def _labels(path: Path) -> dict[str, int]:
    with path.open(newline="") as file:
        return {row["id"]: int(row["label"]) for row in csv.DictReader(file)}


def test_table_truth_and_labels_lie_side_by_side(made: StampSet) -> None:
    names = sorted(path.name for path in made.table.parent.iterdir())
    assert names == ["sim.labels.csv", "sim.lance", "sim.truth.csv"]
    table, truth = StampTable.open(made.table), SurveyTruth.read(made.truth)
    ids = table.columns("id")["id"].to_pylist()
    assert truth.column("id").tolist() == ids == [f"sim-{k:07d}" for k in range(COUNT)]
    labels = _labels(made.labels)
    assert made.interacting == sum(labels.values())
    assert made.undisturbed == len(labels) - made.interacting
    assert made.stamps == COUNT
    for row in truth.table.to_pylist():
        if row["interacting"] and not row["visible"]:
            assert row["id"] not in labels
        else:
            assert labels[row["id"]] == row["interacting"]
    # half of 36: 18 +- 3
    assert 8 < truth.column("interacting").sum() < 28


def test_stamps_are_measured_like_others(made: StampSet) -> None:
    table, truth = StampTable.open(made.table), SurveyTruth.read(made.truth)
    names = ("mag_r", "radius_arcsec", "noise_r", "noise_g", "north_deg", "east_deg", "flags")
    columns = {name: table.columns(name)[name].to_numpy() for name in names}
    assert (columns["noise_r"] > 0).all()
    assert (columns["north_deg"] == 0).all()
    assert (columns["east_deg"] == 90).all()
    known = np.isfinite(columns["mag_r"])
    assert known.mean() > 0.9
    apart = columns["mag_r"] - truth.column("mag_r").astype(float)
    assert abs(np.nanmedian(apart)) < 0.2  # neighbours by chance may be blended in
    split = table.columns("split")["split"].to_pylist()
    assert set(split) <= {"train", "validation", "test"}
    pixels = table.read(np.arange(COUNT)).pixels
    assert np.isfinite(pixels.astype(np.float32)).all()


def test_the_galaxy_is_in_the_middle(made: StampSet) -> None:
    """The brightest of the middle 9 px outshines the stamp's edge in nearly every stamp."""
    table = StampTable.open(made.table)
    flux = table.read(np.arange(COUNT)).flux_njy()[:, 1]
    middle = flux[:, 56:64, 56:64].mean(axis=(1, 2))
    noise = table.columns("noise_r")["noise_r"].to_numpy()
    assert (middle > 3 * noise).mean() > 0.9


def test_workers_do_not_change_the_stamps(made: StampSet, tmp_path: Path) -> None:
    two = _make(tmp_path / "two.lance", workers=2)
    for one, other in zip(_content(made), _content(two), strict=True):
        assert np.array_equal(np.asarray(one, dtype=object), np.asarray(other, dtype=object)) or (
            repr(one) == repr(other)
        )
    assert made.truth.read_bytes() == two.truth.read_bytes()
    assert made.labels.read_bytes() == two.labels.read_bytes()


def test_a_stamp_does_not_depend_on_how_many_there_are(made: StampSet, tmp_path: Path) -> None:
    few = _make(tmp_path / "few.lance", count=3)
    assert np.array_equal(_content(few)[1], _content(made)[1][:3])
    other = _make(tmp_path / "other.lance", count=3, seed=6)
    assert not np.array_equal(_content(few)[1], _content(other)[1])


def test_only_wanted_kinds_and_shares(tmp_path: Path) -> None:
    made = make_stamps(
        tmp_path / "s.lance", count=6, size_px=100, bands=("r",), kinds=("jellyfish",),
        interacting_fraction=1.0,
    )  # fmt: skip
    assert set(SurveyTruth.read(made.truth).column("kind")) == {"jellyfish"}


def test_light_of_features_is_written_beside_the_stamps(tmp_path: Path) -> None:
    made = make_stamps(
        tmp_path / "s.lance", count=12, size_px=100, bands=("g", "r"), features=True, seed=3
    )
    assert made.features == tmp_path / "s.features.lance"
    stamps, lights = StampTable.open(made.table), StampTable.open(made.features)
    assert stamps.columns("id") == lights.columns("id")
    rows = np.arange(12)
    seen, light = stamps.read(rows), lights.read(rows)
    flux, noise = light.flux_njy(), seen.noise_njy
    told = SurveyTruth.read(made.truth)
    interacting = told.column("interacting") == 1
    assert np.array_equal(flux.any(axis=(1, 2, 3)), interacting)
    # what is left without the feature is not darker than sky
    rest = seen.flux_njy() - flux
    assert (rest.mean(axis=(2, 3)) > -0.5 * noise).all()
    share = flux[interacting, 1].sum(axis=(1, 2)) / seen.flux_njy()[interacting, 1].sum(axis=(1, 2))
    assert ((share > 0) & (share < 1.2)).all()


def test_a_run_cut_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = _make(tmp_path / "sim.lance", count=2)
    before = [old.truth.read_bytes(), old.labels.read_bytes()]

    def interrupted(request: StampRequest, setup: SurveySetup, block: str) -> object:
        if request.name == "sim-0000002":
            raise KeyboardInterrupt(request.name)
        return make_stamp(request, setup, block)

    monkeypatch.setattr(stampset_module, "make_stamp", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _make(tmp_path / "sim.lance", count=4)
    assert len(StampTable.open(old.table)) == 2
    assert [old.truth.read_bytes(), old.labels.read_bytes()] == before
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "count is 0; it must be 1 to"),
        ({"size_px": 10}, "size_px is 10; it must be 64 to 1000"),
        ({"interacting_fraction": -0.1}, r"interacting_fraction is -0\.1"),
        ({"kinds": ("spiral",)}, "Unknown kind of interaction spiral"),
        ({"survey": "ztf"}, "There is no survey 'ztf'"),
    ],
)
def test_impossible_options_are_named(
    options: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=message):
        make_stamps(tmp_path / "s.lance", **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_folder_of_other_things_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "s.lance").mkdir()
    (tmp_path / "s.lance" / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="holds other things"):
        make_stamps(tmp_path / "s.lance", count=1)
