"""Galaxies as files: what a browser saves, or a notebook."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.app.ballots import Ballots
from strandline.app.retraining import Trained
from strandline.app.sky import Sky
from strandline.classify import write_catalogue
from strandline.classify.regions import write_regions
from strandline.errors import OptionError

__all__ = ["FORMATS", "catalogue_of", "file_of"]

FORMATS = {
    "csv": ".csv",
    "fits": ".fits",
    "votable": ".vot",
    "parquet": ".parquet",
    "ds9": ".reg",
}
_LARGEST_BYTES = 60_000_000


def catalogue_of(
    sky: Sky,
    rows: NDArray[np.int64],
    ballots: Ballots | None = None,
    label_class: str | None = None,
    trained: Trained | None = None,
) -> pa.Table:
    """Return a list as a catalogue: ``rank``, the table's columns, and what people say.

    Parameters
    ----------
    sky : Sky
    rows : ndarray of int64, shape (galaxy,)
        In the order of the list.
    ballots, label_class : optional
        For columns ``label`` (1, 0, or -1 undecided or without a vote) and ``votes``.
    trained : Trained, optional
        For a column ``probability_CLASS`` of the head of now.
    """
    part = sky.columns.take(pa.array(rows))
    part = part.add_column(0, "rank", pa.array(np.arange(1, len(rows) + 1, dtype=np.int64)))
    part = part.append_column("row", pa.array(rows))
    if trained is not None and trained.probability is not None:
        name = "probability_" + trained.label_class.replace(" ", "_")
        if name not in part.column_names:
            part = part.append_column(name, pa.array(trained.probability[rows]))
    if ballots is not None and label_class is not None:
        said = ballots.opinions(label_class)
        value = np.full(len(sky), -1, dtype=np.int64)
        votes = np.zeros(len(sky), dtype=np.int64)
        value[said.rows] = said.consensus.values
        votes[said.rows] = said.consensus.votes.sum(axis=1)
        for name, column in (("label", value), ("votes", votes)):
            if name not in part.column_names:
                part = part.append_column(name, pa.array(column[rows]))
    return part


def file_of(catalogue: pa.Table, form: str) -> bytes:
    """Return a catalogue as the content of a file.

    Parameters
    ----------
    catalogue : pyarrow.Table
    form : str
        One of `FORMATS`.

    Raises
    ------
    OptionError
        If the format is unknown, there is no galaxy, or the file would be too large for a page.
    """
    if form not in FORMATS:
        raise OptionError(f"format is {form!r}; expected one of {', '.join(FORMATS)}.")
    if not len(catalogue):
        raise OptionError("The list is empty; there is nothing to save.")
    if catalogue.nbytes > 4 * _LARGEST_BYTES:
        raise OptionError(_too_large(len(catalogue)))
    with tempfile.TemporaryDirectory(prefix="strandline-save-") as folder:
        path = Path(folder) / f"galaxies{FORMATS[form]}"
        if form == "ds9":
            write_regions(catalogue, path)
        else:
            write_catalogue(catalogue, path)
        content = path.read_bytes()
    if len(content) > _LARGEST_BYTES:
        raise OptionError(_too_large(len(catalogue)))
    return content


def _too_large(count: int) -> str:
    return (
        f"{count} galaxies are too many for a page to save. Write them with: "
        "strandline export TABLE --out FILE."
    )
