import numpy as np
import pyarrow as pa
import pytest
from astropy import units
from astropy.coordinates import SkyCoord

from strandline.errors import TableError
from strandline.report import galaxies
from strandline.report.galaxies import check_columns, choose, describe, map_positions
from strandline.report.words import sexagesimal
from strandline.seeding import generator


def catalogue(n: int, *, seed: int = 0) -> pa.Table:
    rng = generator(seed, "catalogue")
    return pa.table(
        {
            "id": [f"g{k}" for k in range(n)],
            "row": np.arange(n),
            "probability": np.linspace(1, 0, n),
            "map_x": rng.normal(size=n) * 3,
            "map_y": rng.normal(size=n),
        }
    )


def test_a_small_run_is_shown_whole() -> None:
    table = catalogue(7)
    chosen = choose(table, map_positions(table), seed=1)
    assert chosen.gallery == 7
    assert chosen.pictured.tolist() == list(range(7))
    assert len(chosen.points) == 0


def test_a_large_run_is_bounded_best_first_and_nobody_comes_twice() -> None:
    table = catalogue(9000)
    chosen = choose(table, map_positions(table), seed=1)
    assert chosen.gallery == 120
    assert chosen.pictured[:120].tolist() == list(range(120))
    assert len(chosen.pictured) == 1500
    assert len(chosen.points) == 6000
    together = np.concatenate([chosen.pictured, chosen.points])
    assert len(np.unique(together)) == 7500
    again = choose(table, map_positions(table), seed=1)
    np.testing.assert_array_equal(again.pictured, chosen.pictured)


def test_pictured_galaxies_cover_the_map_more_evenly_than_a_random_choice() -> None:
    table = catalogue(9000)
    places = map_positions(table)
    assert places is not None

    def cells(rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
        return len(np.unique((places[rows] * galaxies._MAP_CELLS).astype(int), axis=0))

    chosen = choose(table, places, seed=1).pictured[120:]
    drawn = generator(1, "random").choice(9000, len(chosen), replace=False)
    every = cells(np.arange(9000))
    assert cells(chosen) > 0.95 * every
    assert cells(chosen) > 1.3 * cells(drawn)


def test_without_a_map_only_the_gallery_is_pictured() -> None:
    table = catalogue(500).drop_columns(["map_x", "map_y"])
    assert map_positions(table) is None
    chosen = choose(table, None, seed=1)
    assert (len(chosen.pictured), len(chosen.points)) == (120, 0)


def test_those_asked_for_are_pictured_once_and_in_any_case() -> None:
    table = catalogue(500)
    also = np.array([3, 400, 130, 400])
    for places in (map_positions(table), None):
        chosen = choose(table, places, seed=1, also=also)
        assert chosen.gallery == 120
        assert chosen.pictured[:122].tolist() == [*range(120), 130, 400]
        assert len(np.unique(chosen.pictured)) == len(chosen.pictured)


def test_galaxies_without_a_place_stay_off_the_map() -> None:
    table = catalogue(300)
    x = table["map_x"].to_numpy().copy()
    x[200:] = np.nan
    table = table.set_column(table.column_names.index("map_x"), "map_x", pa.array(x))
    chosen = choose(table, map_positions(table), seed=1)
    assert chosen.pictured.max() == 199


def test_the_map_is_turned_and_scaled_but_not_bent() -> None:
    rng = generator(4, "map")
    long, short = rng.normal(size=50) * 5, rng.normal(size=50)
    table = pa.table({"map_x": short - long, "map_y": short + long})
    places = map_positions(table)
    assert places is not None
    assert np.ptp(places[:, 0]) == pytest.approx(1)
    assert np.ptp(places[:, 1]) < 0.6
    assert places.min() == pytest.approx(0, abs=1e-12)
    before = np.hypot(*(np.diff(np.stack([short - long, short + long]), axis=1)))
    after = np.hypot(*np.diff(places, axis=0).T)
    np.testing.assert_allclose(after / before, after[0] / before[0])


def test_a_catalogue_without_what_a_report_needs_is_refused() -> None:
    table = catalogue(3).drop_columns("probability")
    with pytest.raises(TableError, match="no column 'probability'"):
        check_columns(table)


def test_what_is_not_known_is_null_and_numbers_are_short() -> None:
    table = pa.table(
        {
            "id": ["a", "b"],
            "row": [1, 0],
            "probability": pa.array([0.123456789, None]),
            "ra": [10.123456789, np.nan],
            "dec": [-0.5, np.nan],
            "mag_r": pa.array([17.123456, np.nan], pa.float32()),
            "mag_err_r": pa.array([0.0123, np.nan], pa.float32()),
            "flags": pa.array([1, None], pa.int32()),
            "label": pa.array([1, None]),
        }
    )
    facts = describe(table, np.array([0, 1]))
    assert facts["p"] == [0.1235, None]
    assert facts["ra"] == [10.123457, None]
    assert facts["sky"] == ["00:40:29.63 −00:30:00.0", ""]
    assert facts["m:r"] == [17.12, None]
    assert facts["e:r"] == [0.01, None]
    assert "m:err_r" not in facts
    assert facts["flags"] == [1, 0]
    assert facts["label"] == [1, None]
    assert facts["tile"] == ["", ""]


def test_sexagesimal_positions_read_back_as_themselves() -> None:
    rng = generator(6, "sky")
    ra, dec = rng.uniform(0, 360, 50), rng.uniform(-90, 90, 50)
    text = [line.replace("−", "-") for line in sexagesimal(ra, dec)]
    back = SkyCoord(text, unit=(units.hourangle, units.deg))
    there = SkyCoord(ra, dec, unit="deg")
    assert back.separation(there).arcsec.max() < 0.1  # rounded to 0.01 s and 0.1 arcsec
