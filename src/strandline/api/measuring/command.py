"""The function behind ``strandline measure``."""

import math
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.api.measuring.job import Cluster, Job
from strandline.api.measuring.parts import Parts
from strandline.api.measuring.rows import measured_rows
from strandline.api.measuring.seeing import seeing_arcsec
from strandline.api.measuring.widening import tiles_by_name
from strandline.api.surroundings import read_clusters
from strandline.api.workers import survey_package
from strandline.classify import catalogue_ending, read_catalogue, write_catalogue
from strandline.errors import OptionError, TableError
from strandline.files import check_target
from strandline.flags import MeasureFlag
from strandline.measure.ages import camera_of
from strandline.measure.features import FindOptions, tracer_of
from strandline.measure.measuring import MEASURE_VERSION
from strandline.progress import track
from strandline.simulate.workers import in_order
from strandline.stamps import StampTable
from strandline.tiles import TileSource

__all__ = ["MeasureReport", "measure"]

_BLOCK = 32


@dataclass(frozen=True)
class MeasureReport:
    """What was measured.

    Attributes
    ----------
    out : Path
    galaxies, with_features : int
    flagged : dict of str to int
        Galaxies by flag.
    """

    out: Path
    galaxies: int
    with_features: int
    flagged: dict[str, int]

    def summary(self) -> str:
        """Return the counts as one line for people."""
        flags = ", ".join(f"{name} {count}" for name, count in self.flagged.items() if count)
        return f"{self.out}: {self.galaxies} galaxies, {self.with_features} with features" + (
            f"; flags: {flags}" if flags else ""
        )


def measure(
    table: str | Path,
    out: str | Path,
    *,
    catalogue: str | Path | None = None,
    redshift: float | None = None,
    cluster: Cluster | None = None,
    clusters: str | Path | None = None,
    psf_arcsec: dict[str, float] | None = None,
    options: FindOptions | None = None,
    camera: str = "decam",
    tiles: str | Path | None = None,
    pages: str | Path | None = None,
    workers: int = 1,
    scheduler: str | None = None,
) -> MeasureReport:
    """Measure the features of a table's galaxies and write a row for each.

    Parameters
    ----------
    table : path
        The stamp table.
    out : path
        ``.parquet``, ``.fits``, ``.votable`` or ``.csv``; units are in the file's metadata.
    catalogue : path, optional
        Only its galaxies (column ``id``) are measured; a column ``redshift`` is taken, as is
        the table's. All its columns are written, too.
    redshift : float, optional
        Of galaxies without their own.
    cluster : Cluster, optional
        Of all galaxies.
    clusters : path, optional
        A table of clusters, as for `strandline.api.environment`: each galaxy is put into the
        nearest.
    psf_arcsec : dict of str to float, optional
        Width of stars by band ('' for all); else the table's columns or its stars tell.
    options : FindOptions, optional
    camera : str
        Whose filters the bands are, ``decam`` or ``sdss``: ages from colours need to know.
    tiles : path, optional
        Folder or ``tiles.csv`` of the images that the table was cut from: features that reach a
        stamp's edge are measured on a cut twice as wide.
    pages : path, optional
        Folder for pictures of the galaxies with features; of a catalogue's, of all.
    workers : int
        Processes; they do not change the result.
    scheduler : str, optional
        Address of a scheduler of Dask instead, whose workers see the table under the same path.

    Returns
    -------
    MeasureReport

    Raises
    ------
    OptionError, TableError
        For impossible options, or a catalogue that has none of the table's galaxies.

    Notes
    -----
    Work that was cut off goes on where it stopped when the same is asked again, with the same
    tracer; else it begins anew.
    """
    out = Path(out)
    catalogue_ending(out)
    check_target(out)
    if workers < 1:
        raise OptionError(f"workers is {workers}; it must be at least 1.")
    if cluster is not None and clusters is not None:
        raise OptionError(f"Give one cluster, or {clusters} for several, not both.")
    if redshift is not None and not 0 < redshift < 5:
        raise OptionError(f"redshift is {redshift:g}; it must lie above 0 and below 5.")
    opened = StampTable.open(table)
    wanted, listed = _wanted(opened, catalogue)
    job = Job(
        Path(table),
        opened.spec.bands,
        seeing_arcsec(opened, psf_arcsec or {}),
        math.nan if redshift is None else redshift,
        _redshifts(opened, listed),
        cluster or Cluster(),
        options or FindOptions(),
        opened.spec.kind == "picture",
        camera_of(camera),
        {} if tiles is None else _tiles(opened, tiles),
        () if clusters is None else tuple(read_clusters(clusters)),
    )
    settings = asdict(job) | {
        "rows": wanted.tolist(),
        "version": MEASURE_VERSION,
        "tracer": tracer_of(job.options.tracer).digest,
    }
    parts = Parts(out, settings)
    blocks = [wanted[k : k + _BLOCK] for k in range(0, len(wanted), _BLOCK)]
    left = [number for number in range(len(blocks)) if not parts.has(number)]
    done = _measured([blocks[k] for k in left], job, workers, scheduler)
    with track("Measuring", len(wanted), "galaxies") as advance, closing(done):
        advance(sum(len(blocks[k]) for k in range(len(blocks)) if k not in set(left)))
        for number, rows in zip(left, done, strict=True):
            parts.keep(number, rows)
            advance(len(rows))
    made = pa.Table.from_batches(list(parts))
    write_catalogue(_joined(made, listed), out)
    parts.remove()
    flags = made["measure_flags"].to_numpy()
    features = made["features"].to_numpy()
    if pages is not None:
        from strandline.api.measuring.pages import draw_pages  # Matplotlib, which workers lack

        shown = wanted if listed is not None else wanted[features > 0]
        draw_pages(job, shown.tolist(), Path(pages))
    return MeasureReport(
        out,
        len(made),
        int((features > 0).sum()),
        {str(flag.name): int(((flags & flag) > 0).sum()) for flag in MeasureFlag},
    )


def _measured(
    blocks: Sequence[NDArray[np.int64]], job: Job, workers: int, scheduler: str | None
) -> Generator[pa.Table]:
    """Yield measurements of each block of rows, by processes here or workers of a scheduler."""
    if scheduler is None:
        return in_order(partial(measured_rows, job=job), blocks, workers)
    package = survey_package()
    helpers = package.open_engine(scheduler, None if workers == 1 else workers)
    done: Generator[pa.Table] = package.in_order_by_workers(helpers, measured_rows, blocks, job)
    return done


def _wanted(
    table: StampTable, catalogue: str | Path | None
) -> tuple[NDArray[np.int64], pa.Table | None]:
    """Return rows of the table, and what the catalogue tells of them in the same order."""
    if catalogue is None:
        return np.arange(len(table), dtype=np.int64), None
    listed = read_catalogue(catalogue)
    if "id" not in listed.column_names:
        raise TableError(f"{catalogue}: has no column id; it has {', '.join(listed.column_names)}.")
    place = {name: k for k, name in enumerate(table.columns("id")["id"].to_pylist())}
    rows = [place.get(name, -1) for name in listed["id"].to_pylist()]
    known = np.flatnonzero(np.array(rows) >= 0)
    if not known.size:
        raise TableError(f"{catalogue}: none of its {len(rows)} galaxies is in {table.path}.")
    return np.array(rows, dtype=np.int64)[known], listed.take(known)


def _redshifts(table: StampTable, listed: pa.Table | None) -> dict[str, float]:
    """Return known redshifts by id; the catalogue's count before the table's."""
    out: dict[str, float] = {}
    for source in (
        table.columns("id", "redshift") if "redshift" in table.column_names else None,
        listed,
    ):
        if source is None or "redshift" not in source.column_names:
            continue
        pairs = zip(source["id"].to_pylist(), source["redshift"].to_pylist(), strict=True)
        out |= {name: float(z) for name, z in pairs if z is not None and float(z) > 0}
    return out


def _tiles(table: StampTable, place: str | Path) -> dict[str, TileSource]:
    """Return the tiles of a place that the table was cut from, by name."""
    wanted = set(table.columns("tile")["tile"].to_pylist())
    found = tiles_by_name(place)
    if not wanted & set(found):
        raise OptionError(
            f"{place}: holds none of the {len(wanted)} tiles that {table.path} was cut from, such "
            f"as {min(wanted)}."
        )
    return {name: source for name, source in found.items() if name in wanted}


def _joined(made: pa.Table, listed: pa.Table | None) -> pa.Table:
    """Return measurements with the other columns of the catalogue before them."""
    if listed is None:
        return made
    fresh = set(made.column_names)
    before = [name for name in listed.column_names if name not in fresh]
    columns: Sequence[str] = [name for name in made.column_names if name != "id"]
    out = pa.table({"id": made["id"]})
    for name in before:
        out = out.append_column(listed.schema.field(name), listed[name])
    for name in columns:
        out = out.append_column(made.schema.field(name), made[name])
    return out
