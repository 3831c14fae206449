"""What makes a folder of partitions a HATS catalogue, which LSDB opens: its metadata."""

from collections.abc import Sequence
from typing import Any

from hats.catalog import PartitionInfo
from hats.catalog.dataset.table_properties import TableProperties
from hats.io import file_io, paths
from hats.io.parquet_metadata import write_parquet_metadata
from hats.pixel_math import HealpixPixel

from strandline._version import __version__
from strandline.stamps.splits import POSITION_ORDER
from strandline.survey.partitions import INDEX_COLUMN, Partition

__all__ = ["MARK", "write_hats"]

MARK = "hats.properties"
"""File without which no program takes the folder for a catalogue; it is written last."""

_PROPERTIES = ("hats.properties", "properties")


def write_hats(
    address: str, name: str, partitions: Sequence[Partition], rows: int, shown: Sequence[str]
) -> None:
    """Write the metadata of a catalogue whose partitions are there.

    Nothing in it says when it was made, so that the same rows give the same bytes.

    Parameters
    ----------
    address : str
        Path or URL of the catalogue.
    name : str
    partitions : sequence of Partition
    rows : int
    shown : sequence of str
        Columns that LSDB reads where none are named: all but the embedding.
    """
    folder = file_io.get_upath(address)
    pixels = [HealpixPixel(one.order, one.pixel) for one in partitions]
    write_parquet_metadata(folder)
    PartitionInfo.from_healpix(pixels).write_to_file(paths.get_partition_info_pointer(folder))
    told: dict[str, Any] = {
        "catalog_name": name,
        "catalog_type": "object",
        "total_rows": rows,
        "ra_column": "ra",
        "dec_column": "dec",
        "default_columns": list(shown),
        "healpix_column": INDEX_COLUMN,
        "healpix_order": POSITION_ORDER,
        "npix_suffix": ".parquet",
        "hats_builder": f"strandline {__version__}",
        "hats_version": "v1.0",
    }
    TableProperties(**told).to_properties_file(folder)
    for file in _PROPERTIES:
        _without_comments(folder / file)


def _without_comments(path: Any) -> None:
    """Leave out the comments of a properties file, one of which is the time."""
    lines = path.read_text().splitlines()
    path.write_text("".join(f"{line}\n" for line in lines if not line.startswith("#")))
