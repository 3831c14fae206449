"""Catalogues on disk: Parquet, CSV, FITS or VOTable by the ending, with units where it has them."""

import warnings
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from astropy.table import Table
from astropy.units import UnitsWarning

from strandline.errors import OptionError, TableError
from strandline.files import write_aside

__all__ = ["ENDINGS", "catalogue_ending", "read_catalogue", "with_units", "write_catalogue"]

ENDINGS = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".fits": "fits",
    ".votable": "votable",
    ".vot": "votable",
    ".xml": "votable",
}
_UNITS = {"ra": "deg", "dec": "deg", "x": "pix", "y": "pix"}
_UNIT_ENDINGS = {"_arcsec": "arcsec", "_deg": "deg", "_njy": "nJy"}
_UNIT_BEGINNINGS = {"mag_": "mag", "noise_": "nJy"}


def catalogue_ending(path: str | Path) -> str:
    """Return the format that the ending of `path` stands for.

    Raises
    ------
    OptionError
        For any other ending; lists those that are known.
    """
    try:
        return ENDINGS[Path(path).suffix.lower()]
    except KeyError:
        raise OptionError(
            f"{path}: a catalogue's ending chooses its format; use one of {', '.join(ENDINGS)}."
        ) from None


def write_catalogue(batches: pa.Table | Iterable[pa.RecordBatch], path: str | Path) -> int:
    """Write a catalogue, whole or batch by batch, and return its number of rows.

    Parquet and CSV are streamed; FITS and VOTable are collected first, as their writers need.

    Raises
    ------
    OptionError, TableError
        For an unknown ending, texts that FITS cannot hold, or no row.
    """
    path = Path(path)
    kind = catalogue_ending(path)
    stream = iter(batches.to_batches() if isinstance(batches, pa.Table) else batches)
    first = next(stream, None)
    if first is None:
        raise TableError(f"{path}: there is no row to write.")
    with write_aside(path) as aside:
        if kind in ("parquet", "csv"):
            return _write_stream(kind, first, stream, aside)
        whole = pa.Table.from_batches([first, *stream])
        try:
            _astropy_table(whole).write(aside, format=kind)
        except UnicodeEncodeError as error:
            raise OptionError(
                f"{path}: FITS holds plain ASCII texts only, and {error.object!r} is not; "
                "write .votable, .csv or .parquet."
            ) from error
        return int(whole.num_rows)


def _write_stream(
    kind: str, first: pa.RecordBatch, rest: Iterator[pa.RecordBatch], aside: Path
) -> int:
    make = pa.parquet.ParquetWriter if kind == "parquet" else pa.csv.CSVWriter
    schema = with_units(first.schema)
    rows = 0
    with make(str(aside), schema) as writer:
        for batch in chain([first], rest):
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
            rows += int(batch.num_rows)
    return rows


def with_units(schema: pa.Schema) -> pa.Schema:
    """Return the schema with units as metadata of the fields, as Parquet keeps them."""
    told = [_told(field) for field in schema]
    return pa.schema(
        [
            field.with_metadata(about) if about else field
            for field, about in zip(schema, told, strict=True)
        ],
        schema.metadata,
    )


def _told(field: pa.Field) -> dict[str, str]:
    """Return unit and description of a column: its own, else the unit that its name tells."""
    own = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
    about = {key: own[key] for key in ("unit", "description") if key in own}
    unit = _unit(field.name)
    return about if about or not unit else {"unit": unit}


def _astropy_table(table: pa.Table) -> Table:
    out = Table({name: _column(table[name]) for name in table.column_names})
    for field in table.schema:
        about = _told(field)
        out[field.name].unit = about.get("unit")
        out[field.name].description = about.get("description")
    return out


def _column(column: pa.ChunkedArray) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    values = np.asarray(column.to_numpy())
    return values.astype(str) if values.dtype == object else values


def _unit(name: str) -> str | None:
    if name in _UNITS:
        return _UNITS[name]
    for end, unit in _UNIT_ENDINGS.items():
        if name.endswith(end):
            return unit
    for start, unit in _UNIT_BEGINNINGS.items():
        if name.startswith(start):
            return unit
    return None


def read_catalogue(path: str | Path) -> pa.Table:
    """Read a catalogue in any of the formats that `write_catalogue` writes.

    Raises
    ------
    TableError
        If it is missing or not what its ending says.
    """
    path = Path(path)
    kind = catalogue_ending(path)
    if path.is_dir():
        raise TableError(f"{path}: is a folder; a catalogue is a file.")
    if not path.is_file():
        raise TableError(f"{path}: no such file.")
    try:
        if kind == "parquet":
            return pa.parquet.read_table(path)
        if kind == "csv":
            text = {name: pa.string() for name in ("id", "source", "tile", "path")}
            # only an empty field is missing: a galaxy may be called "NA", and "nan" is a number
            options = pa.csv.ConvertOptions(column_types=text, null_values=[""])
            return pa.csv.read_csv(path, convert_options=options)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnitsWarning)
            table = Table.read(path, format=kind)
        return pa.table({name: _native(np.asarray(table[name])) for name in table.colnames})
    except (pa.ArrowException, OSError, ValueError, TypeError, IndexError) as error:
        raise TableError(f"{path}: cannot be read as {kind} ({error}).") from error


def _native(
    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    """Return `values` in this machine's byte order, texts as str."""
    if values.dtype.kind == "S":
        return np.char.decode(values.astype(np.bytes_), "utf-8")
    if values.dtype.kind == "O":
        return values.astype(str)
    return values.astype(values.dtype.newbyteorder("="))
