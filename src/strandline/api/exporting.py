"""``export``: a selection of a catalogue or a stamp table, for other programs."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from strandline.classify import catalogue_ending, read_catalogue, write_catalogue
from strandline.classify.regions import write_regions
from strandline.classify.selecting import largest, matching, named
from strandline.errors import OptionError
from strandline.explore.marks import read_ids
from strandline.files import check_target
from strandline.progress import say
from strandline.stamps import StampTable

__all__ = ["export"]

_REGIONS = ".reg"


def export(
    catalogue: str | Path,
    out: str | Path,
    *,
    ids: str | Path | Sequence[str] | None = None,
    where: str | None = None,
    by: str | None = None,
    top: int | None = None,
) -> int:
    """Write the chosen galaxies of a catalogue and return how many there are.

    Parameters
    ----------
    catalogue : path
        Made by `classify` or `find`, in any format; or a stamp table, whose numbers and texts
        are taken, not its pixels and vectors.
    out : path
        ``.csv``, ``.fits``, ``.votable`` (``.vot``, ``.xml``), ``.parquet``, with units where the
        format has them, or ``.reg``, regions for DS9.
    ids : path or sequence of str, optional
        Only these, in their order: a file (see `read_ids`), or themselves.
    where : str, optional
        Only those for which this holds; see `strandline.classify.selecting.matching`.
    by : str, optional
        Sort by this column, largest first; by default rows keep their order, which in a catalogue
        is that of ``rank``.
    top : int, optional
        Only the first of what is left.

    Raises
    ------
    OptionError, TableError
        If what is asked for cannot be understood, or nothing is left.
    """
    if Path(out).suffix.lower() != _REGIONS:
        catalogue_ending(out)
    if top is not None and top < 1:
        raise OptionError(f"--top {top}; it must be at least 1.")
    check_target(out)
    table = _read(Path(catalogue))
    count = len(table)
    if ids is not None:
        names = read_ids(ids) if isinstance(ids, str | Path) else list(dict.fromkeys(ids))
        table = named(table, names)
    if where is not None:
        table = matching(table, where)
    if by is not None:
        table = largest(table, by)
    if top is not None:
        table = table.slice(0, top)
    if not len(table):
        raise OptionError(f"{catalogue}: none of {count} galaxies is left; nothing is written.")
    if Path(out).suffix.lower() == _REGIONS:
        written = write_regions(table, out)
        if written < len(table):
            say(f"{len(table) - written} galaxies have no position on the sky: left out.")
        return written
    return write_catalogue(table, out)


def _read(path: Path) -> pa.Table:
    table = StampTable.open(path).columns() if path.is_dir() else read_catalogue(path)
    flat = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
    return table.select(flat)
