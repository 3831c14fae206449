"""``labels subjects``: galaxies as pictures to be labelled on Zooniverse."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from strandline.classify import read_catalogue
from strandline.errors import TableError
from strandline.files import check_target, write_aside
from strandline.flags import StampFlag
from strandline.labels import galaxies
from strandline.labels.zooniverse import write_manifest
from strandline.progress import track
from strandline.report.thumbs import draw_pair
from strandline.stamps import StampTable

__all__ = ["label_subjects"]

_AT_ONCE = 32
_MANIFEST = "manifest.csv"


def label_subjects(
    table: str | Path,
    out: str | Path,
    *,
    catalogue: str | Path | None = None,
    count: int | None = None,
) -> int:
    """Draw galaxies for Zooniverse: colour and inverted faint-light pictures, and a manifest.

    Parameters
    ----------
    table : path
        The stamp table.
    out : path
        A folder, for ``manifest.csv`` and PNG files.
    catalogue : path, optional
        Only its galaxies, in its order; by default all, in the table's.
    count : int, optional
        Only the first.

    Returns
    -------
    int
        Galaxies drawn.
    """
    check_target(out, [_MANIFEST])
    opened = StampTable.open(table)
    rows = np.arange(len(opened)) if catalogue is None else _rows_of(opened, catalogue)
    rows = rows[:count]
    if not rows.size:
        raise TableError(f"{table}: there is no galaxy to draw.")
    uncalibrated = opened.columns("flags", rows=rows)["flags"].to_numpy() & StampFlag.UNCALIBRATED
    pictures: list[tuple[str, str]] = []
    with write_aside(out, [_MANIFEST]) as folder:
        folder.mkdir()
        with track("Drawing", len(rows)) as advance:
            for batch in opened.batches(_AT_ONCE, rows=rows):
                for flux, noise in zip(batch.flux_njy(), batch.noise_njy, strict=True):
                    k = len(pictures)
                    pair = draw_pair(flux, noise, opened.spec, calibrated=not uncalibrated[k])
                    names = (f"{k + 1:06d}-colour.png", f"{k + 1:06d}-faint.png")
                    for name, picture in zip(names, pair, strict=True):
                        Image.fromarray(picture).save(folder / name)
                    pictures.append(names)
                advance(len(batch))
        write_manifest(galaxies(opened, rows.tolist()), pictures, folder / _MANIFEST)
    return len(pictures)


def _rows_of(table: StampTable, catalogue: str | Path) -> NDArray[np.int64]:
    read = read_catalogue(catalogue)
    if "id" not in read.column_names:
        raise TableError(f"{catalogue}: has no column id; give a catalogue of {table.path}.")
    known = {name: row for row, name in enumerate(table.columns("id")["id"].to_pylist())}
    missing = [name for name in read["id"].to_pylist() if name not in known]
    if missing:
        raise TableError(f"{catalogue}: {missing[0]!r} is not in {table.path}.")
    return np.array([known[name] for name in read["id"].to_pylist()], dtype=np.int64)
