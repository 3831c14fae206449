"""A small table that is ready to be explored, and what looks at it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from strandline.app.session import Session
from strandline.app.workspace import Workspace
from strandline.stamps import StampTable, TableSpec

COUNT, SIZE, FEATURES = 80, 40, 12
BANDS = ("g", "r", "i")


def write_stamps(path: Path) -> None:
    """Write 80 galaxies of several shapes, as they come from images; the last has no position."""
    rng = np.random.default_rng(3)
    y, x = np.indices((SIZE, SIZE)) - SIZE / 2
    light = np.stack([np.exp(-np.hypot(x, y * (1 + k % 3)) / (3 + k % 4)) for k in range(COUNT)])
    pixels = rng.normal(0, 1, (COUNT, len(BANDS), SIZE, SIZE)) + 60 * light[:, None]
    with StampTable.writer(path, TableSpec(BANDS, SIZE, "fits")) as writer:
        writer.append(
            {
                "id": [f"g-{k:03d}" for k in range(COUNT)],
                "source": ["sky_r.fits"] * COUNT,
                "ra": np.append(150 + 0.01 * np.arange(COUNT - 1), np.nan),
                "dec": np.append(np.full(COUNT - 1, -1.5), np.nan),
                "pixel_scale_arcsec": np.full(COUNT, 0.263, np.float32),
                "radius_arcsec": np.full(COUNT, 1.2, np.float32),
                **{f"noise_{band}": np.ones(COUNT, np.float32) for band in BANDS},
                **{f"mag_{band}": np.linspace(16, 22, COUNT).astype(np.float32) for band in BANDS},
            },
            (pixels / 8).astype(np.float16),
            np.full((COUNT, len(BANDS)), 8, np.float32),
        )


@pytest.fixture(scope="session")
def table_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 galaxies in two groups of 40: the first are likely to interact, the others are not."""
    path = tmp_path_factory.mktemp("app") / "stamps.lance"
    write_stamps(path)
    rng = np.random.default_rng(4)
    table = StampTable.open(path)
    group = np.arange(COUNT) < COUNT // 2
    centres = rng.normal(0, 1, (2, FEATURES))
    vectors = centres[group.astype(int)] + 0.4 * rng.normal(0, 1, (COUNT, FEATURES))
    likely = np.where(group, 0.9, 0.1) + rng.uniform(-0.05, 0.05, COUNT)
    places = np.where(group, 0.0, 10.0)[:, None] + rng.uniform(0, 1, (COUNT, 2))
    flat = pa.array(vectors.astype(np.float32).ravel())
    columns: dict[str, Any] = {
        "embedding": pa.FixedSizeListArray.from_arrays(flat, FEATURES),
        "map_x": pa.array(places[:, 0].astype(np.float32)),
        "map_y": pa.array(places[:, 1].astype(np.float32)),
        "probability": pa.array(likely.astype(np.float32)),
        "probability_cnn": pa.array((likely - 0.01).astype(np.float32)),
        "probability_nnclr": pa.array((likely + 0.01).astype(np.float32)),
    }
    whole = pa.table(columns)
    told = {"embedding_encoder": "0123456789abcdef", "embedding_model": "no-such-model"}
    table.add_columns(whole.to_batches(), whole.schema, told)
    return path


@pytest.fixture
def workspace(table_path: Path, tmp_path: Path) -> Iterator[Workspace]:
    """The table with an empty label store."""
    opened = Workspace(
        table_path, labels=f"sqlite:///{tmp_path / 'labels.db'}", heads=tmp_path / "heads"
    )
    yield opened
    opened.close()


class Heard:
    """A session whose messages are kept, and which does what it is asked for at once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.told: list[dict[str, Any]] = []
        session.connect(self.told.append, lambda change: change())

    def ask(self, **message: Any) -> list[dict[str, Any]]:
        """Ask as a page does; return what it is told, but for what a thread learned meanwhile."""
        from strandline.app.messages import read_message

        before = len(self.told)
        self.session.do(read_message(message))
        return [told for told in self.told[before:] if told["tell"] != "progress"]

    def last(self, tell: str) -> dict[str, Any]:
        """Return the last message of a kind."""
        return next(told for told in reversed(self.told) if told["tell"] == tell)


@pytest.fixture
def heard(workspace: Workspace) -> Iterator[Heard]:
    """One person's session."""
    session = Session(workspace)
    session.person = "ann"
    yield Heard(session)
    session.close()
