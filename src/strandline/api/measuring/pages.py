"""Pages of measured galaxies, for people to look at."""

from pathlib import Path

import numpy as np

from strandline.api.measuring.job import Job, subject_of
from strandline.api.measuring.rows import measured_stamps
from strandline.files import write_together
from strandline.progress import track
from strandline.report.features import Page, draw_page, write_index
from strandline.stamps import StampTable

__all__ = ["MOST_PAGES", "draw_pages"]

MOST_PAGES = 200
"""Galaxies that get a page; the first of the table."""


def draw_pages(job: Job, rows: list[int], folder: Path) -> int:
    """Draw pages of rows of a table, and ``index.html``; return how many.

    Parameters
    ----------
    job : Job
    rows : list of int
        Of the table.
    folder : Path
    """
    table = StampTable.open(job.table)
    chosen = rows[:MOST_PAGES]
    pages: list[Page] = []
    with write_together(folder) as aside, track("Drawing", len(chosen), "pages") as advance:
        for number, row in enumerate(chosen):
            at = np.array([row], dtype=np.int64)
            batch, told = table.read(at), table.columns(rows=at).to_pylist()
            noise, subject = batch.noise_njy[0], subject_of(told[0], job)
            measured, flux = next(measured_stamps(batch.flux_njy(), batch.noise_njy, told, job))
            path = aside / f"{number:04d}.png"
            pages.append(draw_page(str(told[0]["id"]), flux, noise, measured, subject, path))
            advance(1)
        write_index(pages, aside, f"Features measured: {job.table.name}")
    return len(pages)
