"""``survey``: tiles in, catalogue out, on as many workers as there are, without storing stamps."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from strandline.api.tables import choose_models
from strandline.api.workers import survey_package
from strandline.classify import PREVALENCE, Prevalence
from strandline.errors import OptionError
from strandline.stamps import CutPlan, DetectOptions, TableSpec, stamp_side
from strandline.tiles import ReadOptions

if TYPE_CHECKING:
    from strandline.survey import SurveyOutcome

__all__ = ["survey"]


def survey(
    tiles: Sequence[str | Path],
    out: str | Path,
    *,
    models: Sequence[str | Path] = (),
    scheduler: str | None = None,
    workers: int | None = None,
    memory_gb: float | None = None,
    threads: int | None = None,
    stamps: Sequence[str] = (),
    shapes: bool = False,
    measure_from: float | None = None,
    size_px: int | None = None,
    pixel_arcsec: float | None = None,
    zeropoint: float | None = None,
    bands: Sequence[str] | None = None,
    detect: DetectOptions | None = None,
    prevalence: float = PREVALENCE,
    batch_size: int = 32,
    pool: int | None = None,
    seed: int = 0,
) -> "SurveyOutcome":
    """Find, measure and score all galaxies of a survey; the same call goes on where one stopped.

    Parameters
    ----------
    tiles : sequence of str or path
        One list of tiles, ``.csv`` or ``.parquet``, whose files may be paths or URLs; see
        `strandline.survey.list_tiles`. Or folders and files of FITS images on this machine.
    out : str or path
        Folder, or URL of an object store, for ``catalogue`` (HATS), ``vectors.lance``,
        ``skipped.parquet``, ``manifest.json``, and ``stamps.lance`` if any are asked for.
    models : sequence of str or path
        Models to score with, several with equal rights; by default the one that ships for these
        bands.
    scheduler : str, optional
        Address of a scheduler of Dask that runs. By default workers are started on this machine.
    workers : int, optional
        How many; by default one a core, or one a GPU.
    memory_gb : float, optional
        Of each worker that is started here; one that takes more is ended, and its tile tried again.
    threads : int, optional
        Tiles that a worker started here has in hand; by default 1, with a GPU 4.
    stamps : sequence of str
        Whose stamps to keep: ``top:N`` by probability, ``novel:N`` by novelty, ``random:N``.
    shapes : bool
        Keep the shape statistics of every galaxy.
    measure_from : float, optional
        Find and measure features (tails, streams, shells) of galaxies of at least this probability,
        0 is of all: columns ``measure_*``, see `strandline.measure`. By default of none.
    size_px : int, optional
        Side of a stamp, 200 px by default.
    pixel_arcsec : float, optional
        Pixels of the stamps, if not each tile's own; others are resampled and flagged.
    zeropoint, bands, detect
        See `strandline.api.stamps`.
    prevalence : float
        Share of galaxies that interact on this sky, for ``probability_sky``.
    batch_size : int
        Stamps scored at once.
    pool : int, optional
        Stamps of several tiles that a worker encodes at once, 0 is never; by default where it has a
        GPU.
    seed : int
        Of novelty.

    Returns
    -------
    SurveyOutcome

    Raises
    ------
    OptionError
        If an option makes no sense, or `out` holds a survey by another model or other options.
    NothingFoundError
        If no tile can be used, or none has a galaxy.
    LostError
        If the scheduler is gone.
    """
    package = survey_package()
    read = ReadOptions(zeropoint, tuple(bands) if bands else None)
    Prevalence.of(prevalence, ())
    wishes = tuple(package.read_wish(text) for text in stamps)
    if batch_size < 1:
        raise OptionError(f"batch_size is {batch_size}; at least 1 is needed.")
    if pool and pool < batch_size:
        raise OptionError(f"pool is {pool}; expected 0, or at least batch_size ({batch_size}).")
    if measure_from is not None and not 0 <= measure_from <= 1:
        raise OptionError(f"measure_from is {measure_from:g}; expected a probability, 0 to 1.")
    if pixel_arcsec is not None and not 0 < pixel_arcsec < 3600:
        raise OptionError(f"pixel_arcsec is {pixel_arcsec:g}; expected arcsec above 0.")
    side, _ = stamp_side(size_px, None, ())
    listed = package.list_tiles(tiles, read)
    cut = CutPlan(TableSpec(listed.bands, side, "fits"), pixel_arcsec, detect or DetectOptions(), 0)
    chosen = choose_models(models, cut.spec)
    plan = package.SurveyPlan(cut, read, shapes, batch_size, pool, measure_from)
    final = package.FinalOptions(prevalence, wishes, seed)
    workers_here = package.open_engine(scheduler, workers, memory_gb, threads)
    outcome: SurveyOutcome = package.run_survey(
        workers_here, listed, plan, chosen.models, package.Place(out), final
    )
    return outcome
