"""Embedding a table against Hyrax's ``infer`` on the same images and network: at least 3 times.

Runs only when it is named: ``python -m benchmarks hyrax --python=PATH``, a Python that has Hyrax
(``pip install hyrax`` in an environment of its own). Both get 64 px stamps in three bands and the
same layers, with as many weights and products as the encoder of Hyrax's own autoencoder has. Rates
are of what a large set has more than a small one, so that start-up is not in them, and the best of
three, in turn. ``--threads`` is what the network may use on either side. Beside wall time stands
processor time, which other work on the machine hardly changes, if ``--threads=1``. ``--images`` and
``--repeats`` make it shorter.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from astropy.io import fits
from astropy.table import Table
from numpy.typing import NDArray

from benchmarks.embedded import option
from strandline import api
from strandline.learn import Model
from strandline.learn.encoders import make_encoder
from strandline.learn.scaling import Scaling
from strandline.recipe import Recipe
from strandline.stamps import StampTable, TableSpec

__all__ = ["main"]

_OTHER_SIDE = Path(__file__).parent / "rival" / "hyrax_infer.py"
_BANDS = ("g", "r", "i")
_SIZE_PX, _NOISE_NJY = 64, 10.0
_FEW = 256
_FILES_FEW, _FILES_MANY = 32, 160
_BATCH = 128
_WIDTHS = (48, 96, 176, 320)
_TARGET = 3.0


def _images(count: int) -> NDArray[np.float32]:
    """Return noisy blobs, nJy, shape (image, band, y, x)."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[:_SIZE_PX, :_SIZE_PX] - (_SIZE_PX - 1) / 2
    width = random.uniform(2, 8, size=(count, 1, 1, 1)).astype(np.float32)
    blobs = 1000 * np.exp(-0.5 * (x**2 + y**2).astype(np.float32) / width**2)
    noise = random.standard_normal((count, len(_BANDS), _SIZE_PX, _SIZE_PX), np.float32)
    return np.asarray(blobs + _NOISE_NJY * noise, dtype=np.float32)


def _write_table(path: Path, images: NDArray[np.float32]) -> None:
    unit = 8 * _NOISE_NJY
    count = len(images)
    with StampTable.writer(path, TableSpec(_BANDS, _SIZE_PX, "fits")) as writer:
        for start in range(0, count, 512):
            part = images[start : start + 512]
            columns = {
                "id": [f"g-{start + row:05d}" for row in range(len(part))],
                "source": ["synthetic.fits"] * len(part),
                "split": ["train"] * len(part),
            } | {f"noise_{b}": np.full(len(part), _NOISE_NJY, np.float32) for b in _BANDS}
            units = np.full((len(part), len(_BANDS)), unit, dtype=np.float32)
            writer.append(columns, (part / unit).astype(np.float16), units)


def _write_files(folder: Path, images: NDArray[np.float32]) -> None:
    """Write a FITS file for each image and band, and their list, as Hyrax wants them."""
    folder.mkdir()
    rows = []
    for number, image in enumerate(images):
        for band, plane in zip(_BANDS, image, strict=True):
            name = f"{number:05d}-{band}.fits"
            fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(plane)]).writeto(folder / name)
            rows.append((number, band, name))
    Table(rows=rows, names=("object_id", "filter", "filename")).write(folder / "catalogue.fits")


def _model() -> Model:
    """Return a model that is not trained; how fast it is does not depend on its weights."""
    recipe = Recipe.load("brown2025-cnn")
    changes = {"input_px": _SIZE_PX, "widths": _WIDTHS, "stem_stride": 2}
    encoder = recipe.encoder.model_copy(update=changes)
    inference = recipe.inference.model_copy(update={"field": 1.0, "orientations": 1})
    recipe = recipe.model_copy(update={"encoder": encoder, "inference": inference})
    n = len(_BANDS)
    scaling = Scaling(_BANDS, "fits", 3.0, "image", (_NOISE_NJY,) * n, (0.0,) * n, (1.0,) * n)
    return Model(recipe, scaling, make_encoder(n, recipe.encoder, seed=0))


def _clocks() -> NDArray[np.float64]:
    return np.array([time.perf_counter(), time.process_time()])


def _rates(model: Path, few: Path, many: Path, more: int) -> list[float]:
    """Return images a second of wall and of processor time, of `more` images in the larger."""
    seconds = []
    for table in (few, many):
        started = _clocks()
        api.embed(table, model, batch_size=_BATCH)
        seconds.append(_clocks() - started)
    rates: list[float] = (more / (seconds[1] - seconds[0])).tolist()
    return rates


def _alone(model: Model, table: Path) -> list[float]:
    batches = StampTable.open(table).batches(_BATCH)
    ready = [model.prepare(batch, _BANDS) for batch in batches]
    started = _clocks()
    for values, present in ready:
        model.encode(values, present)
    rates: list[float] = (_FEW / (_clocks() - started)).tolist()
    return rates


def main() -> None:
    """Print rates of both, in turn, and the best ratio that each may claim."""
    other = option(sys.argv, "python", "")
    if not other:
        sys.exit("benchmarks hyrax: give --python=PATH, a Python in which hyrax is installed")
    threads = int(option(sys.argv, "threads", str(os.cpu_count())))
    count = int(option(sys.argv, "images", "4608"))
    repeats = int(option(sys.argv, "repeats", "3"))
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images, model = _images(count), _model()
        np.save(folder / "many.npy", images)
        np.save(folder / "few.npy", images[:_FEW])
        _write_files(folder / "fits-many", images[:_FILES_MANY])
        _write_files(folder / "fits-few", images[:_FILES_FEW])
        counts = {"arrays": count - _FEW, "files": _FILES_MANY - _FILES_FEW}
        (folder / "counts.json").write_text(json.dumps(counts))
        _write_table(folder / "many.lance", images)
        _write_table(folder / "few.lance", images[:_FEW])
        model.save(folder / "model")
        shown = torch.zeros(_BATCH, len(_BANDS), _SIZE_PX, _SIZE_PX), torch.ones(_BATCH, 3)
        traced = torch.jit.trace(model.encoder, shown)  # type: ignore[no-untyped-call]
        traced.save(str(folder / "network.pt"))
        runs = []
        for _ in range(repeats):  # in turn, so that a busy moment hits both
            alone = _alone(model, folder / "few.lance")
            tables = (folder / "few.lance", folder / "many.lance")
            table = _rates(folder / "model", *tables, count - _FEW)
            command = [other, str(_OTHER_SIDE), name, str(threads)]
            told = subprocess.run(command, check=True, capture_output=True, text=True)
            theirs = json.loads(told.stdout.splitlines()[-1])
            runs.append({"here": alone, "table": table} | theirs)
    weights = sum(parameter.numel() for parameter in model.encoder.parameters()) / 1e6
    print(
        f"{weights:.2f} M weights, {_SIZE_PX} px, {len(_BANDS)} bands, {threads} threads; load of "
        f"the machine {os.getloadavg()[0]:.1f}"
    )
    for place, clock in enumerate(("wall", "processor")):
        best = {key: max(run[key][place] for run in runs) for key in runs[0]}
        print(
            f"  images a second of {clock} time: the network alone {best['here']:.0f} (in Hyrax's "
            f"Python {best['alone']:.0f}), embed from a table {best['table']:.0f}"
        )
        for source in ("arrays", "files"):
            ratio = best["table"] / best[source]
            verdict = "ok" if ratio >= _TARGET else f"wanted at least {_TARGET:.0f}"
            print(f"    Hyrax from {source} {best[source]:.0f}, ratio {ratio:.1f} ({verdict})")


if __name__ == "__main__":
    main()
