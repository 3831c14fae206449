import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy.coordinates import SkyCoord

from strandline.errors import LabelError, TableError
from strandline.simulate import SurveyTruth, labels_from_truth
from strandline.simulate.truth import TruthRow

KINDS = ("undisturbed", "tails", "star", "background")


class Table:
    """Stands in for a stamp table: three columns."""

    def __init__(self, ids: list[str], ra: list[float], dec: list[float]) -> None:
        self._table = pa.table({"id": ids, "ra": ra, "dec": dec})

    def columns(self, *names: str) -> pa.Table:
        return self._table.select(names)


def _row(number: int, ra: float, dec: float, kind: str, *, visible: int = 1) -> TruthRow:
    interacting = int(kind == "tails")
    return TruthRow(
        id=f"t{number}",
        field="field-000",
        ra=ra,
        dec=dec,
        x=0.0,
        y=0.0,
        kind=kind,
        interacting=interacting,
        mag_r=18.0,
        seed=1,
        visible=visible * interacting,
        morphology="spiral",
        redshift=0.05,
        radius_arcsec=2.0,
        feature_sb=25.0 if interacting else None,
    )


def _labels(path: Path) -> dict[str, int]:
    with path.open(newline="") as file:
        return {row["id"]: int(row["label"]) for row in csv.DictReader(file)}


def test_matching_equals_a_search_by_hand(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    ra, dec = 40 + rng.uniform(0, 0.02, 120), -60 + rng.uniform(0, 0.01, 120)
    kinds = rng.choice(KINDS, 120)
    truth = SurveyTruth.from_rows(
        tmp_path, [_row(k, ra[k], dec[k], str(kinds[k])) for k in range(120)]
    )
    stamp_ra = np.append(ra[:90] + rng.normal(0, 0.0006, 90), [np.nan, 40.5])
    stamp_dec = np.append(dec[:90] + rng.normal(0, 0.0003, 90), [np.nan, -60.0])
    ids = [f"s{k}" for k in range(92)]

    by_source: dict[int, tuple[float, int]] = {}  # source: (distance, stamp)
    for stamp in range(92):
        if np.isnan(stamp_ra[stamp]):
            continue
        here = SkyCoord(stamp_ra[stamp], stamp_dec[stamp], unit="deg")
        apart = here.separation(SkyCoord(ra, dec, unit="deg")).arcsec
        source = int(np.argmin(apart))
        if apart[source] <= 2 and apart[source] < by_source.get(source, (np.inf, 0))[0]:
            by_source[source] = (float(apart[source]), stamp)
    expected = {
        ids[stamp]: int(kinds[source] == "tails")
        for source, (_, stamp) in by_source.items()
        if kinds[source] in ("undisturbed", "tails")
    }

    table = Table(ids, stamp_ra.tolist(), stamp_dec.tolist())
    match = labels_from_truth(truth, table, tmp_path / "labels.csv")
    assert _labels(tmp_path / "labels.csv") == expected
    assert match.interacting == sum(expected.values())
    assert match.interacting + match.non_interacting == len(expected)
    assert match.not_labelled == len(by_source) - len(expected)
    assert match.unmatched_stamps == 92 - len(by_source)
    assert match.missed_galaxies == np.isin(kinds, KINDS[:2]).sum() - len(expected)
    assert f"{match.unmatched_stamps} that match nothing" in match.summary()


def test_what_cannot_be_seen_has_no_label(tmp_path: Path) -> None:
    truth = SurveyTruth.from_rows(
        tmp_path,
        [
            _row(0, 10.0, 10.0, "tails"),
            _row(1, 10.1, 10.0, "tails", visible=0),
            _row(2, 10.2, 10.0, "undisturbed"),
            _row(3, 10.3, 10.0, "polar_ring"),
        ],
    )
    table = Table(["a", "b", "c", "d"], [10.0, 10.1, 10.2, 10.3], [10.0] * 4)
    match = labels_from_truth(truth, table, tmp_path / "labels.csv")
    assert _labels(tmp_path / "labels.csv") == {"a": 1, "c": 0, "d": 0}
    assert (match.interacting, match.non_interacting, match.not_visible) == (1, 2, 1)
    assert match.missed_galaxies == 0
    assert "1 of interactions too faint to be seen" in match.summary()
    assert "4 galaxies in 1 field, 2 of them interacting, 1 visibly" in truth.summary()


def test_a_table_of_another_sky_is_refused(tmp_path: Path) -> None:
    truth = SurveyTruth.from_rows(tmp_path, [_row(0, 10.0, 10.0, "tails")])
    with pytest.raises(LabelError, match=r"none of the 1 stamps lies within 2\.0"):
        labels_from_truth(truth, Table(["a"], [50.0], [10.0]), tmp_path / "labels.csv")
    assert not (tmp_path / "labels.csv").exists()


def test_pictures_without_positions_are_refused(tmp_path: Path) -> None:
    truth = SurveyTruth.from_rows(tmp_path, [_row(0, 10.0, 10.0, "tails")])
    with pytest.raises(LabelError, match="Was the table cut from its images"):
        labels_from_truth(truth, Table(["a"], [np.nan], [np.nan]), tmp_path / "labels.csv")


def test_the_truth_survives_writing_and_reading(tmp_path: Path) -> None:
    rows = [_row(0, 10.0, 10.0, "tails"), _row(1, 10.1, 10.0, "undisturbed")]
    truth = SurveyTruth.from_rows(tmp_path, rows)
    truth.write()
    again = SurveyTruth.read(tmp_path)
    assert again.table.equals(truth.table)
    assert again.table["feature_sb"].to_pylist() == [25.0, None]
    assert np.isnan(again.column("feature_sb").astype(float)[1])


def test_a_missing_or_foreign_truth_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"truth\.csv: not found"):
        SurveyTruth.read(tmp_path)
    (tmp_path / "truth.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match="is not the truth of a simulated survey"):
        SurveyTruth.read(tmp_path)
