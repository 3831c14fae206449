"""A small table of believable galaxies, and what a report is made from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from strandline.flags import StampFlag
from strandline.photometry import mag_to_flux
from strandline.report import ReportInputs
from strandline.seeding import generator
from strandline.stamps import StampTable, TableSpec, quantise

BANDS = ("g", "r", "i", "z")
NOISE_NJY = np.array([9, 12, 17, 28], np.float32)
SCALE_ARCSEC = 0.263

MakeInputs = Callable[..., ReportInputs]


def galaxy(mag: float, *, size: int = 64, tail: bool = False, seed: int = 0) -> NDArray[np.float32]:
    """Return an exponential disc of r magnitude `mag` with sky noise, shape (band, y, x), nJy."""
    rng = generator(seed, "galaxy")
    y, x = np.indices((size, size)) - size // 2
    light = np.exp(-np.hypot(x, y / 0.7) / 4)
    light /= light.sum()
    if tail:
        arc = np.exp(-0.5 * ((np.hypot(x, y) - 18) / 2) ** 2) * (y > 0)
        light += 0.1 * arc / arc.sum()
    colour = np.array([0.6, 0, -0.3, -0.45])
    flux = mag_to_flux(mag + colour)[:, None, None] * light
    noise = rng.normal(size=flux.shape) * NOISE_NJY[:, None, None]
    return np.asarray(flux + noise, np.float32)


@pytest.fixture
def make_inputs(tmp_path: Path) -> MakeInputs:
    """Return a function that writes a table of `n` galaxies and ranks them."""

    def make(n: int = 7, *, ids: list[str] | None = None, **more: object) -> ReportInputs:
        path = tmp_path / f"stamps{n}.lance"
        write_table(path, ids or [f"field-{k:04d}" for k in range(n)])
        table = StampTable.open(path)
        given: dict[str, object] = {
            "title": "A small field",
            "command": "strandline find images --out run",
            "table": table,
            "catalogue": ranked(table),
            "notes": (("field0", "band g: 41 % of pixels exactly zero, treated as missing"),),
            "skipped": (("images/broken.fits", "is truncated"),),
            "seed": 3,
        }
        return ReportInputs(**(given | more))  # type: ignore[arg-type]

    return make


def write_table(path: Path, ids: list[str]) -> None:
    """Write stamps, the fourth without its g band and the fifth over an edge."""
    n = len(ids)
    with StampTable.writer(path, TableSpec(BANDS, 64, "fits")) as writer:
        if not n:
            return
        flux = np.stack([galaxy(18 + k / 4, tail=k % 3 == 0, seed=k) for k in range(n)])
        noise = np.tile(NOISE_NJY, (n, 1))
        flags = np.zeros(n, np.int64)
        if n > 4:
            flux[3, 0], noise[3, 0], flags[3] = np.nan, np.nan, StampFlag.MISSING_BAND
            flux[4, :, :, :20], flags[4] = np.nan, StampFlag.EDGE
        pixels, unit = quantise(flux, noise)
        columns: dict[str, object] = {
            "id": ids,
            "tile": [f"field{k % 2}" for k in range(n)],
            "source": [f"field{k % 2}_g.fits" for k in range(n)],
            "ra": 150 + np.arange(n) / 10,
            "dec": -1 - np.arange(n) / 10,
            "radius_arcsec": np.full(n, 1.8),
            "pixel_scale_arcsec": np.full(n, SCALE_ARCSEC),
            "flags": flags,
        }
        for k, band in enumerate(BANDS):
            columns[f"noise_{band}"] = noise[:, k]
            columns[f"mag_{band}"] = 18 + np.arange(n) / 4 - k / 3
            columns[f"mag_err_{band}"] = np.full(n, 0.02)
        writer.append(columns, pixels, unit)  # type: ignore[arg-type]


def ranked(table: StampTable) -> pa.Table:
    """Return a catalogue of the table in a made-up order, the last row first."""
    n = len(table)
    rows = np.arange(n)[::-1]
    probability = np.linspace(0.97, 0.02, n, dtype=np.float32)
    angle = np.arange(n) * 2.4
    catalogue = table.columns(rows=rows)
    added = {
        "row": rows,
        "probability": probability,
        "probability_cnn": np.sqrt(probability),
        "probability_nnclr": probability**2,
        "map_x": np.sqrt(np.arange(n)) * np.cos(angle),
        "map_y": np.sqrt(np.arange(n)) * np.sin(angle) / 2,
    }
    for name, values in added.items():
        catalogue = catalogue.append_column(name, pa.array(values))
    return catalogue


def embed(table: StampTable, vectors: NDArray[np.float32]) -> None:
    """Add a column of features to a table."""
    schema = pa.schema([pa.field("embedding", pa.list_(pa.float32(), vectors.shape[1]))])
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    table.add_columns([pa.record_batch([column], schema=schema)], schema)
