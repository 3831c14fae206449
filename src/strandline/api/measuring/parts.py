"""Measurements that are done are kept beside the table that they are for, so that work goes on."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from strandline.files import write_aside

__all__ = ["Parts"]


class Parts:
    """Pieces of a table on disk, each made of some rows; those of other settings are dropped.

    Parameters
    ----------
    out : Path
        The file that they are for; they lie in a folder beside it.
    settings : dict
        All that the numbers depend on.
    """

    def __init__(self, out: Path, settings: dict[str, Any]) -> None:
        text = json.dumps(settings, sort_keys=True, default=str)
        self._folder = out.with_name(f".{out.name}.parts")
        told = self._folder / "settings.json"
        if not told.is_file() or told.read_text(encoding="utf-8") != text:
            self.remove()
            with write_aside(told) as aside:
                aside.write_text(text, encoding="utf-8")
        self.key = hashlib.sha256(text.encode()).hexdigest()

    def has(self, number: int) -> bool:
        """Return whether a piece is there."""
        return self._path(number).is_file()

    def keep(self, number: int, table: pa.Table) -> None:
        """Write a piece."""
        with write_aside(self._path(number)) as aside:
            pa.parquet.write_table(table, aside)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for path in sorted(self._folder.glob("*.parquet")):
            yield from pa.parquet.read_table(path).to_batches()

    def remove(self) -> None:
        """Remove them all."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:07d}.parquet"
