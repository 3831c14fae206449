import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.measure.geometry import geometry_of, kind_of
from strandline.measure.ridge import ridge_of

SIDE = 160


def arc(
    radius: float, span_deg: float, sigma: float, centre: tuple[float, float] = (80.0, 80.0)
) -> NDArray[np.float64]:
    """Light along an arc about `centre`."""
    angle = np.radians(np.linspace(0, span_deg, 400))
    x, y = centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    away = np.hypot(columns[..., None] - x[::4], rows[..., None] - y[::4]).min(axis=-1)
    return np.asarray(np.exp(-(away**2) / (2 * sigma**2)))


def line(length: float, sigma: float, angle_deg: float) -> NDArray[np.float64]:
    rows, columns = np.mgrid[:SIDE, :SIDE] - 80.0
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    along, across = columns * c + rows * s, rows * c - columns * s
    beyond = np.maximum(np.abs(along) - length / 2, 0)
    return np.asarray(np.exp(-(across**2 + beyond**2) / (2 * sigma**2)))


@pytest.mark.parametrize("angle", [0, 27, 45, 90, 133])
def test_length_and_width_of_a_straight_line(angle: float) -> None:
    light = line(80, 3, angle)
    ridge = ridge_of(light, light > 0.1)
    assert ridge is not None
    # the mask ends 2.1 sigma beyond the line
    assert ridge.length_px == pytest.approx(80 + 2 * 2.1 * 3, rel=0.06)
    assert ridge.straight_px == pytest.approx(ridge.length_px, rel=0.04)
    assert ridge.width_px == pytest.approx(2.355 * 3, rel=0.2)
    assert np.degrees(ridge.curvature * ridge.length_px) < 15


def test_length_of_a_half_circle_is_along_it() -> None:
    light = arc(40, 180, 2.5)
    ridge = ridge_of(light, light > 0.1)
    assert ridge is not None
    assert ridge.length_px == pytest.approx(np.pi * 40, rel=0.1)
    assert ridge.straight_px == pytest.approx(80, rel=0.1)
    assert np.degrees(ridge.curvature * ridge.length_px) == pytest.approx(160, abs=30)
    np.testing.assert_allclose(np.hypot(ridge.x - 80, ridge.y - 80)[5:-5], 40, atol=3)


def test_large_feature_is_binned_and_as_long() -> None:
    light = line(100, 12, 20)
    ridge = ridge_of(light, light > 0.1)
    assert ridge is not None
    assert (light > 0.1).sum() > 4000
    assert ridge.length_px == pytest.approx(100 + 2 * 2.1 * 12, rel=0.1)


def test_nothing_has_no_ridge() -> None:
    assert ridge_of(np.zeros((9, 9)), np.zeros((9, 9), dtype=np.bool_)) is None


def test_direction_and_reach_from_the_host() -> None:
    light = line(60, 2.5, 30)
    told = geometry_of(
        light, light > 0.1, (80 - 30 * np.cos(np.pi / 6), 80 - 30 * np.sin(np.pi / 6))
    )
    assert np.degrees(told.angle) == pytest.approx(30, abs=2)
    assert told.reach_px == pytest.approx(60, rel=0.06)


@pytest.mark.parametrize(
    ("light", "about", "crowded", "bluer", "kind"),
    [
        (line(70, 3, 0), (40.0, 80.0), 9.0, 0.0, "tail"),
        (line(70, 3, 0), (40.0, 80.0), 9.0, 0.4, "stripped"),
        (line(70, 3, 0), (40.0, 80.0), 1.0, 0.0, "bridge"),
        (arc(40, 100, 3), (80.0, 80.0), 9.0, 0.0, "shell"),
        (arc(40, 170, 3), (120.0, 80.0), 9.0, 0.0, "stream"),
        (line(20, 12, 0), (60.0, 80.0), 9.0, 0.0, "plume"),
    ],
)
def test_kinds_by_shape(
    light: NDArray[np.float64], about: tuple[float, float], crowded: float, bluer: float, kind: str
) -> None:
    told = geometry_of(light, light > 0.1, about)
    assert kind_of(told, away=1.0, crowded=crowded, others=0.0, bluer_mag=bluer) == kind
