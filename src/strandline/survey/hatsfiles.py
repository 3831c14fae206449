"""What makes a folder of partitions a HATS catalogue, which LSDB opens: its metadata."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
from hats.catalog import PartitionInfo
from hats.catalog.dataset.table_properties import TableProperties
from hats.io import paths
from hats.pixel_math import HealpixPixel

from strandline._version import __version__
from strandline.stamps.splits import POSITION_ORDER
from strandline.survey.partitions import INDEX_COLUMN, PartitionDone, partition_file
from strandline.survey.places import Place

__all__ = ["MARK", "write_hats"]

MARK = "hats.properties"
"""File without which no program takes the folder for a catalogue; it is written last."""

_SECOND_MARK = "properties"
_FOOTERS_AT_MOST = 10_000  # together in one file, which readers load whole


def write_hats(out: Place, folder: str, name: str, done: Sequence[PartitionDone]) -> None:
    """Write the metadata of a catalogue whose partitions are there.

    Nothing in it says when it was made, so that the same rows give the same bytes.

    Parameters
    ----------
    out : Place
    folder : str
        Of the catalogue, in `out`.
    name : str
        Of the catalogue.
    done : sequence of PartitionDone
        Along the sky.
    """
    schema = done[0].footer.schema.to_arrow_schema()
    with tempfile.TemporaryDirectory(prefix="strandline-") as made:
        here = Path(made)
        dataset = here / "dataset"
        dataset.mkdir()
        pa.parquet.write_metadata(schema, dataset / "_common_metadata")
        if len(done) <= _FOOTERS_AT_MOST:
            for one in done:
                one.footer.set_file_path(partition_file(one.partition).removeprefix("dataset/"))
            footers = [one.footer for one in done]
            pa.parquet.write_metadata(schema, dataset / "_metadata", metadata_collector=footers)
        pixels = [HealpixPixel(one.partition.order, one.partition.pixel) for one in done]
        PartitionInfo.from_healpix(pixels).write_to_file(paths.get_partition_info_pointer(here))
        told: dict[str, Any] = {
            "catalog_name": name,
            "catalog_type": "object",
            "total_rows": sum(one.rows for one in done),
            "ra_column": "ra",
            "dec_column": "dec",
            # what LSDB reads where no column is named
            "default_columns": [column for column in schema.names if column != "embedding"],
            "healpix_column": INDEX_COLUMN,
            "healpix_order": POSITION_ORDER,
            "npix_suffix": ".parquet",
            "hats_builder": f"strandline {__version__}",
            "hats_version": "v1.0",
        }
        TableProperties(**told).to_properties_file(here)
        marks = {file: _without_comments(here / file) for file in (_SECOND_MARK, MARK)}
        out.put(here, folder)
        for file, content in marks.items():
            out.write(f"{folder}/{file}", content)


def _without_comments(path: Path) -> bytes:
    """Take a properties file away, and return it without comments, one of which is the time."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.unlink()
    return b"".join(line for line in lines if not line.startswith(b"#"))
