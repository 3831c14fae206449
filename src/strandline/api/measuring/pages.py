"""Pages of measured galaxies, for people to look at."""

from pathlib import Path

import numpy as np

from strandline.api.measuring.job import Job, measured_row, subject_of
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
            batch, told = table.read(at), table.columns(rows=at).to_pylist()[0]
            noise = batch.noise_njy[0]
            measured, flux = measured_row(batch.flux_njy()[0], noise, told, job)
            path = aside / f"{number:04d}.png"
            name = str(told["id"])
            pages.append(draw_page(name, flux, noise, measured, subject_of(told, job), path))
            advance(1)
        write_index(pages, aside, f"Features measured: {job.table.name}")
    return len(pages)
