"""A small survey of a galaxy cluster, as FITS files, with the truth about every galaxy."""

import math
import multiprocessing
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path

from strandline.errors import OptionError, OutputError, StrandlineError
from strandline.files import write_aside
from strandline.progress import track
from strandline.seeding import generator
from strandline.simulate.camera import exposures
from strandline.simulate.fields import make_field
from strandline.simulate.population import FieldRequest
from strandline.simulate.truth import SurveyTruth, TruthRow

__all__ = ["make_survey"]

_REFERENCE_AREA_PX = 1_000_000  # what the numbers per field are meant for
_BACKGROUND_PER_FIELD, _STARS_PER_FIELD = 120, 60


def make_survey(
    out: str | Path,
    *,
    fields: int = 12,
    size_px: int = 1000,
    bands: Sequence[str] = ("u", "g", "r", "i", "z"),
    interacting_fraction: float = 0.3,
    galaxies_per_field: int = 80,
    seed: int = 0,
    workers: int = 1,
) -> SurveyTruth:
    """Simulate a survey of a nearby cluster and write it as one FITS file per band and field.

    The fields join without gap or overlap, on one tangential projection, 0.263" a pixel. Sky is
    subtracted. The result depends on the arguments but not on `workers`, and no file depends on
    which other bands were asked for.

    Parameters
    ----------
    out : path
        Folder for ``field-000_g.fits`` ... and ``truth.csv``. A survey that is already there is
        replaced when the new one is complete.
    fields : int
    size_px : int
        Of a field's side.
    bands : sequence of str
        Some of u, g, r, i, z.
    interacting_fraction : float
        Share of the galaxies (r < 20 or so) that take part in an interaction.
    galaxies_per_field : int
        Such galaxies in each field; fainter background galaxies and stars come on top.
    seed : int
    workers : int
        Processes. With more than one, a script must call this under
        ``if __name__ == "__main__":``, as always with processes that are spawned.

    Returns
    -------
    SurveyTruth

    Raises
    ------
    OptionError
        For an impossible argument.
    OutputError
        When `out` holds other files than a simulated survey's, or cannot be written.
    """
    out = Path(out)
    _check(fields, size_px, interacting_fraction, galaxies_per_field, workers)
    exposures(bands, generator(seed))  # complains about bands that cannot be simulated
    _refuse_foreign_files(out)
    requests = _layout(fields, size_px, interacting_fraction, galaxies_per_field, seed)
    with write_aside(out, marks=("truth.csv",)) as folder:
        folder.mkdir()
        rows: list[TruthRow] = []
        made = _make_fields(requests, tuple(bands), folder, workers)
        with track("Simulating", fields, "fields") as advance, closing(made):
            for field_rows in made:
                rows += field_rows
                advance(1)
        SurveyTruth.from_rows(folder, rows).write()
    return SurveyTruth.from_rows(out, rows)


def _layout(
    fields: int, size_px: int, interacting_fraction: float, galaxies: int, seed: int
) -> list[FieldRequest]:
    """Lay the fields out row by row on a grid that is as square as can be."""
    columns = math.ceil(math.sqrt(fields))
    rows = math.ceil(fields / columns)
    area = size_px**2 / _REFERENCE_AREA_PX

    def interacting_before(k: int) -> int:  # so that the whole survey has the right share
        return round(interacting_fraction * galaxies * k)

    return [
        FieldRequest(
            name=f"field-{k:03d}",
            size_px=size_px,
            galaxies=galaxies,
            interacting=interacting_before(k + 1) - interacting_before(k),
            background=round(_BACKGROUND_PER_FIELD * area),
            stars=round(_STARS_PER_FIELD * area),
            from_cluster_px=(
                (k % columns) * size_px - (columns * size_px - 1) / 2,
                (k // columns) * size_px - (rows * size_px - 1) / 2,
            ),
            seed=seed,
        )
        for k in range(fields)
    ]


def _make_fields(
    requests: list[FieldRequest], bands: tuple[str, ...], folder: Path, workers: int
) -> Generator[list[TruthRow]]:
    if workers == 1 or len(requests) == 1:
        for request in requests:
            yield make_field(request, bands, folder)
        return
    count = len(requests)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(workers, count), mp_context=context, initializer=_leave_interrupts_to_the_parent
    ) as pool:
        try:
            yield from pool.map(make_field, requests, [bands] * count, [folder] * count)
        except BrokenProcessPool as error:
            raise StrandlineError(
                "A process of the simulation ended before its work was done: out of memory, or "
                'started from a script without `if __name__ == "__main__":`. Try workers=1.'
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check(fields: int, size_px: int, fraction: float, galaxies: int, workers: int) -> None:
    for name, value, least in (
        ("fields", fields, 1),
        ("size_px", size_px, 128),
        ("galaxies_per_field", galaxies, 1),
        ("workers", workers, 1),
    ):
        if value < least:
            raise OptionError(f"{name} is {value}; it must be at least {least}.")
    if not 0 <= fraction <= 1:
        raise OptionError(f"interacting_fraction is {fraction}; it must lie between 0 and 1.")


def _refuse_foreign_files(out: Path) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out}: is a file, but a folder is to be written there. Move it away.")
    foreign = [
        path.name
        for path in sorted(out.iterdir())
        if path.name != "truth.csv" and not path.match("field-*_*.fits")
    ]
    if foreign:
        raise OutputError(
            f"{out}: holds files that are not a simulated survey's ({', '.join(foreign[:3])}...) "
            "and that would be lost. Choose an empty or new folder."
        )
