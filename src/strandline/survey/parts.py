"""What is kept of a tile that is done: one Parquet file, whose name holds its own checksum.

A tile is done when its file is there, because a file has its name only when it is complete. What
tile it is of, from which files it was made, and its checksum are in the name, so that a listing of
the folder tells all that is done.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from strandline.errors import OutputError
from strandline.survey.onetile import TileRows
from strandline.survey.places import Place
from strandline.survey.regions import Box
from strandline.survey.tilelist import SurveyTile

__all__ = ["PARTS", "Part", "PartInfo", "find_parts", "inputs_key", "read_part", "write_part"]

PARTS = "tiles"
"""Folder of the parts in that of the survey."""

_KEY = b"strandline"
_DIGITS = 16
_INPUT_DIGITS = 8


@dataclass(frozen=True)
class Part:
    """A tile that is done.

    Attributes
    ----------
    tile : str
    inputs : str
        See `inputs_key`.
    checksum : str
        The first 16 hexadecimal digits of the SHA-256 of the file.
    """

    tile: str
    inputs: str
    checksum: str

    @property
    def name(self) -> str:
        """Its file, as seen from the folder of the survey."""
        called = quote(self.tile, safe="")
        return f"{_folder(self.tile)}/{called}.{self.inputs}.{self.checksum}.parquet"

    @classmethod
    def of(cls, name: str) -> "Part | None":
        """Return the part that a file's name stands for; None for another file."""
        pieces = name.rpartition("/")[2].rsplit(".", 3)
        if len(pieces) != 4 or pieces[3] != "parquet":
            return None
        return cls(unquote(pieces[0]), pieces[1], pieces[2])


@dataclass(frozen=True)
class PartInfo:
    """What a part says of its tile beside the rows.

    Attributes
    ----------
    galaxies : int
    corners_deg : ndarray of float64, shape (4, 2)
    bytes_read : int
        Of the tile's files.
    left_out : dict of str to int
    notes : tuple of str
    """

    galaxies: int
    corners_deg: NDArray[np.float64]
    bytes_read: int
    left_out: dict[str, int]
    notes: tuple[str, ...]


def inputs_key(tile: SurveyTile, box: Box | None) -> str:
    """Return 8 hexadecimal digits of what the list says of a tile; another list, another part."""
    told = repr((tile, box)).encode()
    return hashlib.sha256(told).hexdigest()[:_INPUT_DIGITS]


def write_part(out: Place, tile: str, inputs: str, rows: TileRows, bytes_read: int) -> Part:
    """Write the rows of a tile; with this it is done.

    Raises
    ------
    OutputError
    """
    told = {
        "tile": tile,
        "corners_deg": rows.corners_deg.tolist(),
        "bytes_read": bytes_read,
        "left_out": rows.left_out,
        "notes": rows.notes,
    }
    schema = rows.table.schema.with_metadata({_KEY: json.dumps(told).encode()})
    content = io.BytesIO()
    pa.parquet.write_table(
        rows.table.cast(schema), content, compression="zstd", row_group_size=1 << 20
    )
    whole = content.getvalue()
    part = Part(tile, inputs, hashlib.sha256(whole).hexdigest()[:_DIGITS])
    out.write(part.name, whole)
    return part


def find_parts(out: Place, wanted: dict[str, str], only: str | None = None) -> dict[str, Part]:
    """Return the parts that are there, by tile.

    Parameters
    ----------
    out : Place
    wanted : dict of str to str
        `inputs_key` by tile; parts of other tiles, or made from other files, are passed over.
    only : str, optional
        Look for this tile alone.
    """
    parts = (Part.of(name) for name in out.names(PARTS if only is None else _folder(only)))
    return {
        part.tile: part
        for part in parts
        if part is not None and wanted.get(part.tile) == part.inputs
    }


def _folder(tile: str) -> str:
    """Return the folder of a tile's part, one of 256: a folder of all would be slow to list."""
    return f"{PARTS}/{hashlib.sha256(tile.encode()).hexdigest()[:2]}"


def read_part(
    out: Place, part: Part, columns: list[str] | None = None
) -> tuple[pa.Table, PartInfo]:
    """Read a part, all of it checked against its checksum.

    Raises
    ------
    OutputError
        If it is gone or damaged; says what to do.
    """
    whole = out.read(part.name)
    if whole is None or hashlib.sha256(whole).hexdigest()[:_DIGITS] != part.checksum:
        state = "is gone" if whole is None else "is damaged (its checksum is another)"
        raise OutputError(
            f"{out}/{part.name}: {state}. Remove it if it is there, and give the same command "
            "again: the tile is then done anew."
        )
    file = pa.parquet.ParquetFile(io.BytesIO(whole))
    told: dict[str, Any] = json.loads(file.schema_arrow.metadata[_KEY])
    info = PartInfo(
        file.metadata.num_rows,
        np.array(told["corners_deg"]),
        told["bytes_read"],
        told["left_out"],
        tuple(told["notes"]),
    )
    return file.read(columns=columns).replace_schema_metadata(None), info
