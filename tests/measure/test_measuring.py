import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.flags import MeasureFlag
from strandline.measure import Measured, Subject, measure_stamp
from strandline.measure.columns import columns_of

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


def test_tail_is_found_where_it_is(measured: Measured) -> None:
    assert measured.found is not None
    _, light = parts()
    truth = light > 15
    mask = measured.found.mask
    assert (mask & truth).sum() / (mask | truth).sum() > 0.5
    assert measured.flags == MeasureFlag(0)


def test_tail_is_measured(measured: Measured) -> None:
    values = measured.values
    _, light = parts()
    assert values["kind"] in ("tail", "stripped")
    assert values["flux_r_njy"] == pytest.approx(light.sum(), rel=0.15)
    assert values["position_angle_deg"] == pytest.approx(355, abs=4)
    # it begins within the host's light, and ends 47 + 25 + 2 sigma from its centre
    assert values["reach_arcsec"] == pytest.approx(75 * 0.263, rel=0.1)
    assert values["width_arcsec"] == pytest.approx(2.355 * 4 * 0.263, rel=0.35)
    colour = -2.5 * np.log10(0.75)
    assert abs(float(values["colour_g_r"]) - colour) < 3 * float(values["colour_g_r_err"])
    assert values["host_colour_g_r"] == pytest.approx(-2.5 * np.log10(0.5), abs=0.03)
    assert values["length_kpc"] == pytest.approx(float(values["length_arcsec"]) * 0.977, rel=0.01)
    assert float(values["asymmetry_outer"]) > 0.05


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
    told = measure_stamp(stamp()[:, :150], NOISE, subject())
    if told.values["features"]:
        assert told.flags & MeasureFlag.EDGE
