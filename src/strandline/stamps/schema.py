"""What a stamp table holds: its bands, size and kind, and the columns that follow from them."""

import json
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from strandline.errors import OptionError, TableError

__all__ = ["FORMAT", "SPLITS", "TableSpec", "read_spec", "table_schema"]

FORMAT = 1
"""Version of the layout; a table of a later one is refused."""

SPLITS = ("train", "validation", "test")
"""Values of column ``split``."""

_KEY = b"strandline"
# Stored as they are: noise does not compress, and decoding would cost more than reading.
_UNCOMPRESSED = {"lance-encoding:compression": "none"}


@dataclass(frozen=True)
class TableSpec:
    """What all stamps of one table share.

    Attributes
    ----------
    bands : tuple of str
        Names, blue to red; the order of the pixels' band axis.
    size_px : int
        Side of a stamp.
    kind : {"fits", "picture"}
        Calibrated images, or already stretched colour pictures with bands r, g, b.
    """

    bands: tuple[str, ...]
    size_px: int
    kind: Literal["fits", "picture"]

    def __post_init__(self) -> None:
        if not self.bands or len(set(self.bands)) != len(self.bands):
            raise OptionError(f"bands must be distinct names, at least one; got {self.bands}.")
        if self.size_px < 1:
            raise OptionError(f"size_px must be at least 1; got {self.size_px}.")
        if self.kind not in ("fits", "picture"):
            raise OptionError(f"kind must be 'fits' or 'picture'; got {self.kind!r}.")

    @property
    def pixel_count(self) -> int:
        """Pixels of one stamp in all bands."""
        return len(self.bands) * self.size_px**2


def table_schema(spec: TableSpec) -> pa.Schema:
    """Return the Arrow schema of a table of `spec`, `spec` itself in its metadata."""
    f4, f8, text = pa.float32(), pa.float64(), pa.string()
    columns: list[tuple[str, pa.DataType]] = [
        *((name, text) for name in ("id", "tile", "source", "path")),
        *((name, f8) for name in ("ra", "dec")),
        ("healpix", pa.int64()),
        *((name, f4) for name in ("x", "y")),
        *((f"{name}_{band}", f4) for name in ("mag", "mag_err", "noise") for band in spec.bands),
        *((name, f4) for name in ("radius_arcsec", "axis_ratio", "position_angle_deg")),
        *((name, f4) for name in ("north_deg", "east_deg", "pixel_scale_arcsec", "star_score")),
        ("flags", pa.int32()),
        ("split", text),
        ("unit", pa.list_(f4, len(spec.bands))),
    ]
    fields = [pa.field(name, kind) for name, kind in columns]
    pixels = pa.list_(pa.float16(), spec.pixel_count)
    fields.append(pa.field("pixels", pixels, metadata=_UNCOMPRESSED))
    content = {"format": FORMAT, "bands": spec.bands, "size_px": spec.size_px, "kind": spec.kind}
    return pa.schema(fields, metadata={_KEY: json.dumps(content).encode()})


def read_spec(schema: pa.Schema, path: object) -> TableSpec:
    """Return what `schema` says of its table; `path` is for the message.

    Raises
    ------
    TableError
        If strandline did not make it, or a later version of strandline did.
    """
    found = (schema.metadata or {}).get(_KEY)
    if found is None:
        raise TableError(
            f"{path}: is a Lance table, but not one of stamps (its columns: "
            f"{', '.join(schema.names[:8])}). Make one with: strandline stamps IMAGES --out TABLE."
        )
    content = json.loads(found)
    if content["format"] > FORMAT:
        raise TableError(
            f"{path}: was written in table format {content['format']}; this version of strandline "
            f"reads up to {FORMAT}. Use a newer strandline or make the table again."
        )
    return TableSpec(tuple(content["bands"]), content["size_px"], content["kind"])
