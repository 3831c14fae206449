from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.api.benchmark_measuring import MeasureScores, benchmark_measuring
from strandline.errors import TableError
from strandline.flags import MeasureFlag
from strandline.measure import Measured, Subject, measure_stamp, measure_stamps
from strandline.measure.columns import columns_of
from strandline.simulate import make_stamps

SIDE = 180
BANDS = ("g", "r", "i")
NOISE = np.array([6.0, 10.0, 13.0])
RATIO = {"host": np.array([0.5, 1.0, 1.35]), "tail": np.array([0.75, 1.0, 1.1])}


def parts() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A disc in the middle, and a straight tail that leaves it towards +y."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    host = 3000 * np.exp(-np.hypot(columns, rows / 0.8) / 5)
    beyond = np.maximum(np.abs(rows - 47) - 25, 0)
    tail = 60 * np.exp(-((columns - 4) ** 2 + beyond**2) / (2 * 4.0**2))
    return host, tail


def stamp(*, tail: bool = True, seed: int = 1) -> NDArray[np.float64]:
    host, light = parts()
    rng = np.random.default_rng(seed)
    planes = RATIO["host"][:, None, None] * host
    if tail:
        planes = planes + RATIO["tail"][:, None, None] * light
    return np.asarray(planes + rng.normal(0, 1, planes.shape) * NOISE[:, None, None])


def subject(**changed: object) -> Subject:
    told: dict[str, object] = {
        "bands": BANDS, "pixel_scale_arcsec": 0.263, "north_deg": 0.0, "east_deg": 90.0,
        "redshift": 0.05, "psf_fwhm_arcsec": (1.1, 1.0, 1.0),
    }  # fmt: skip
    return Subject(**(told | changed))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def measured() -> Measured:
    return measure_stamp(stamp(), NOISE, subject())


def test_a_stamp_is_measured_alike_with_any_others(measured: Measured) -> None:
    planes = [stamp(tail=False, seed=k) for k in range(2, 6)] + [stamp()]
    planes[1][:] = np.nan
    noise = np.tile(NOISE, (len(planes), 1))
    told = list(measure_stamps(np.stack(planes), noise, [subject()] * len(planes)))
    assert told[1].flags & MeasureFlag.NO_DATA
    assert told[-1].values == measured.values
    assert told[-1].flags == measured.flags
    first = list(measure_stamps(np.stack(planes[::-1]), noise, [subject()] * len(planes)))
    assert first[0].values == measured.values


def test_clear_light_is_that_of_the_tail_where_it_is_clear(measured: Measured) -> None:
    assert measured.found is not None
    clear, (_, tail) = measured.found.traced.clear_mask, parts()
    values = measured.values
    assert not measured.flags & MeasureFlag.NO_CLEAR_LIGHT
    assert values["clear_area_arcsec2"] == pytest.approx(clear.sum() * 0.263**2)
    for band, ratio in zip(BANDS, RATIO["tail"], strict=True):
        told, error = (float(values[f"clear_flux_{band}{end}_njy"]) for end in ("", "_err"))
        assert 0 < error < told
        assert abs(told - ratio * tail[clear].sum()) < 3 * error
        assert told < float(values[f"flux_{band}_njy"])


def test_the_sky_of_pictures_is_no_light_of_features() -> None:
    picture = subject(picture=True, calibrated=False, psf_fwhm_arcsec=())
    told = [measure_stamp(stamp() + sky, NOISE, picture).values for sky in (0.0, 40.0)]
    for band in BANDS:
        without, with_sky = (float(values[f"share_{band}"]) for values in told)
        assert 0 < without == pytest.approx(with_sky, rel=1e-3)
        assert f"flux_{band}_njy" not in told[0]


def test_tail_is_measured(measured: Measured) -> None:
    values = measured.values
    assert measured.found is not None
    _, light = parts()
    outer = light > 30
    outer[: SIDE // 2 + 25] = False  # where the host's own light has ended
    assert (measured.found.mask & outer).sum() > 0.8 * outer.sum()
    assert values["position_angle_deg"] == pytest.approx(355, abs=10)
    assert abs(float(values["reach_arcsec"]) - 75 * 0.263) < 3 * float(values["reach_arcsec_err"])
    colour = -2.5 * np.log10(0.75)
    assert abs(float(values["colour_g_r"]) - colour) < 3 * float(values["colour_g_r_err"])
    assert values["host_colour_g_r"] == pytest.approx(-2.5 * np.log10(0.5), abs=0.03)
    assert values["length_kpc"] == pytest.approx(float(values["length_arcsec"]) * 0.977, rel=0.01)
    assert float(values["asymmetry_outer"]) > 0.05
    assert measured.flags == MeasureFlag(0)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> MeasureScores:
    folder = tmp_path_factory.mktemp("simulated")
    make_stamps(
        folder / "sim.lance", count=24, size_px=200, bands=("g", "r", "i"), features=True,
        kinds=("tails", "shells"), interacting_fraction=0.7, seed=12,
    )  # fmt: skip
    return benchmark_measuring(folder / "sim.lance", folder / "out")


def test_features_of_simulated_galaxies_are_where_they_are(compared: MeasureScores) -> None:
    seen = [row for row in compared.rows if row["visible"] and row["feature_sb"] < 26]
    found = [row for row in seen if row["features"]]
    assert len(found) > 0.5 * len(seen) > 4
    assert np.median([row["overlap"] for row in found]) > 0.5
    for column, least in (("length_arcsec", 0.3), ("reach_arcsec", 0.3), ("flux_r_njy", 0.6)):
        off = [row[column] / row[f"true_{column}"] - 1 for row in found]
        assert np.median(np.abs(off)) < least
    plain = [row for row in compared.rows if not row["interacting"]]
    assert sum(row["features"] > 0 for row in plain) <= 0.25 * len(plain)


def test_comparison_is_written_and_told(compared: MeasureScores) -> None:
    assert {path.name for path in compared.out.iterdir()} == {
        "measured.csv", "measured.png", "measured.svg",
    }  # fmt: skip
    lines = list(compared.lines())
    assert any(line.startswith("undisturbed") for line in lines)
    assert any(line.startswith("length ") for line in lines)
    assert any(line.startswith("tails ") for line in lines)


def test_comparison_needs_the_light_of_features(tmp_path: Path) -> None:
    make_stamps(tmp_path / "sim.lance", count=2, size_px=64, bands=("r",))
    with pytest.raises(TableError, match=r"sim\.features\.lance: is missing.*--features"):
        benchmark_measuring(tmp_path / "sim.lance", tmp_path / "out")


def test_undisturbed_galaxy_has_no_feature() -> None:
    told = measure_stamp(stamp(tail=False), NOISE, subject())
    assert told.values["features"] == 0
    assert "length_arcsec" not in told.values
    assert abs(float(told.values["asymmetry_outer"])) < 0.05


def test_every_value_has_a_column(measured: Measured) -> None:
    names = {column.name for column in columns_of(BANDS)}
    assert set(measured.values) <= names


def test_one_band_gives_all_but_colours() -> None:
    image = stamp()
    image[[0, 2]] = np.nan
    told = measure_stamp(image, NOISE, subject())
    assert told.flags & MeasureFlag.ONE_BAND
    assert "colour_g_r" not in told.values
    assert float(told.values["flux_r_njy"]) > 0


def test_unknown_redshift_and_north() -> None:
    told = measure_stamp(stamp(), NOISE, subject(redshift=np.nan, north_deg=np.nan))
    expected = MeasureFlag.NO_REDSHIFT | MeasureFlag.NO_NORTH | MeasureFlag.NO_AGE
    assert told.flags == expected
    assert "length_kpc" not in told.values
    assert "position_angle_deg" not in told.values
    assert float(told.values["length_arcsec"]) > 0


@pytest.mark.parametrize(
    ("fill", "flag"), [(np.nan, MeasureFlag.NO_DATA), (0.0, MeasureFlag.NO_DATA)]
)
def test_empty_stamp(fill: float, flag: MeasureFlag) -> None:
    told = measure_stamp(np.full((3, 64, 64), fill), NOISE, subject())
    assert told.flags & flag
    assert told.values == {"features": 0}


def test_no_galaxy_in_the_middle() -> None:
    noise = np.random.default_rng(0).normal(0, 1, (3, 100, 100)) * NOISE[:, None, None]
    assert measure_stamp(noise, NOISE, subject()).flags & MeasureFlag.NO_HOST


def test_feature_over_the_edge_is_flagged() -> None:
    told = measure_stamp(stamp()[:, 35:145, 35:145], NOISE, subject())
    assert told.values["features"]
    assert told.flags & MeasureFlag.EDGE
