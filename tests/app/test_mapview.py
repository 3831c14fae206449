import numpy as np

from strandline.app.mapview import home_of, within
from strandline.app.shading import Viewport, colour_scale, colours_of, shade

PLACES = np.array([[0, 0], [1, 1], [2, 2], [np.nan, 0], [0.5, 1.8]], dtype=np.float32)


def test_a_box_and_a_polygon_hold_what_is_inside() -> None:
    assert within(PLACES, [1.5, -1], [-1, 1.5]).tolist() == [0, 1]
    assert within(PLACES, [-1, 2.5, -1], [-0.5, 3, 3]).tolist() == [4]


def test_a_polygon_equals_a_slow_count() -> None:
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 1, (500, 2)).astype(np.float32)
    x, y = [0.1, 0.9, 0.7, 0.4], [0.2, 0.1, 0.9, 0.5]

    def inside(px: float, py: float) -> bool:
        crossed = False
        for k in range(len(x)):
            x1, y1, x2, y2 = x[k - 1], y[k - 1], x[k], y[k]
            if (y1 > py) != (y2 > py) and px < (x2 - x1) * (py - y1) / (y2 - y1) + x1:
                crossed = not crossed
        return crossed

    assert within(places, x, y).tolist() == [
        k for k, (px, py) in enumerate(places) if inside(px, py)
    ]


def test_home_shows_all_places() -> None:
    assert home_of(PLACES).inside(PLACES).tolist() == [True, True, True, False, True]
    assert home_of(PLACES[3:4]).inside(PLACES).any()


def test_every_point_is_drawn_and_hue_is_the_mean() -> None:
    places = np.repeat(np.array([[0.25, 0.25], [0.75, 0.75]], np.float32), 50, axis=0)
    values = np.append(np.tile([0.0, 1.0], 25), np.full(50, np.nan))
    image = shade(places, values, Viewport(0, 1, 0, 1, 20, 20), (0.0, 1.0))
    drawn = image.view(np.uint8).reshape(20, 20, 4)
    assert np.flatnonzero(drawn[5, :, 3]).tolist() == [4, 5, 6]  # a plus sign, as there is room
    assert drawn[5, 5, :3].tolist() == colours_of(np.array([0.5]), (0.0, 1.0))[0].tolist()
    assert drawn[15, 15, :3].tolist() == [104, 114, 132]  # no value
    assert drawn[5, 5, 3] == 255


def test_a_scale_has_two_ends_whatever_it_is_of() -> None:
    for values in (np.array([]), np.array([np.nan]), np.array([3.0, 3.0]), np.arange(100.0)):
        low, high = colour_scale(values)
        assert low < high
