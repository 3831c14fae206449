from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike

from strandline.app.pictures import Look, Painter
from strandline.report.colour import Stretch
from strandline.stamps import StampTable, TableSpec

SIZE = 48


@pytest.fixture(params=["fits", "picture"])
def painter(request: pytest.FixtureRequest, tmp_path: Path) -> Painter:
    """Two stamps: a galaxy beside the middle, and no data at all."""
    kind = request.param
    bands = ("r", "g", "b") if kind == "picture" else ("g", "r", "i")
    y, x = np.indices((SIZE, SIZE))
    galaxy = np.exp(-np.hypot(x - 14, y - 30) / 4)
    scale, sky = (200.0, 12.0) if kind == "picture" else (80.0, 0.0)
    noise = np.random.default_rng(0).normal(0, 1, (len(bands), SIZE, SIZE))
    pixels = np.stack([sky + scale * galaxy + noise, np.full_like(noise, np.nan)])
    path = tmp_path / "stamps.lance"
    with StampTable.writer(path, TableSpec(bands, SIZE, kind)) as writer:
        columns: dict[str, ArrayLike] = {
            "id": ["galaxy", "nothing"],
            **{f"noise_{band}": np.ones(2, np.float32) for band in bands},
        }
        writer.append(columns, pixels.astype(np.float16), np.ones((2, len(bands)), np.float32))
    return Painter(StampTable.open(path))


def test_every_view_shows_the_galaxy_where_it_is(painter: Painter) -> None:
    top = 30 if painter.table.spec.kind == "picture" else SIZE - 1 - 30  # images begin below
    for view in painter.views:
        drawn = painter.pixels([0], Look(view))[0].astype(float)
        plane = drawn.mean(axis=2) if drawn.ndim == 3 else drawn
        light = -plane if view in ("faint", "residual") else plane
        if view != "residual":  # where the model has taken it away
            found = np.unravel_index(np.argmax(light), light.shape)
            assert np.abs(np.array(found) - (top, 14)).max() <= 3, view


def test_sliders_do_what_they_say(painter: Painter) -> None:
    plain = painter.pixels([0], Look())[0].astype(float)
    bright = painter.pixels([0], Look(stretch=Stretch(brightness=3)))[0].astype(float)
    grey = painter.pixels([0], Look(stretch=Stretch(saturation=0)))[0].astype(float)
    assert bright.mean() > plain.mean()
    assert np.ptp(grey, axis=2).max() <= 2


def test_a_stamp_without_data_is_drawn_in_every_view(painter: Painter) -> None:
    for view in painter.views:
        assert painter.draw([1], Look(view))[0].startswith("data:image/webp")


def test_a_large_stamp_is_shrunk_and_pictures_are_kept(painter: Painter) -> None:
    assert painter.pixels([0], Look(size_px=20))[0].shape[:2] == (20, 20)
    assert painter.draw([0, 0], Look())[0] is painter.draw([0], Look())[0]
