"""What a survey leaves beside its catalogue: a manifest, and the tiles that were set aside."""

import hashlib
import io
import json
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from strandline._version import __version__
from strandline.survey.gathering import Gathered
from strandline.survey.parts import Part
from strandline.survey.places import Place

__all__ = ["MANIFEST", "SKIPPED", "manifest_of", "parts_digest", "read_manifest", "write_skipped"]

MANIFEST = "manifest.json"
SKIPPED = "skipped.parquet"

_LIBRARIES = (
    "numpy",
    "torch",
    "astropy",
    "sep",
    "pyarrow",
    "pylance",
    "scikit-learn",
    "distributed",
)
_MOST_NOTES = 100


def parts_digest(parts: Mapping[str, Part]) -> str:
    """Return 16 digits that stand for the rows of all tiles."""
    digest = hashlib.sha256()
    for name in sorted(parts):
        digest.update(f"{name} {parts[name].checksum}\n".encode())
    return digest.hexdigest()[:16]


def read_manifest(out: Place) -> dict[str, Any] | None:
    """Return the manifest of an earlier run; None if there is none, or it is damaged."""
    content = out.read(MANIFEST)
    try:
        found = json.loads(content) if content else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def manifest_of(
    identity: Mapping[str, Any],
    options: Mapping[str, Any],
    listed: int,
    parts: Mapping[str, Part],
    gathered: Gathered,
    runs: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return what is to be known of a survey: versions, options, counts, checksums, its runs."""
    left_out: Counter[str] = Counter()
    notes: list[str] = []
    for name, info in sorted(gathered.infos.items()):
        left_out.update(info.left_out)
        notes += [f"{name}: {note}" for note in info.notes]
    more = [f"and {len(notes) - _MOST_NOTES} more"] if len(notes) > _MOST_NOTES else []
    return {
        "survey": dict(identity),
        "options": dict(options),
        "versions": {"strandline": __version__, "python": platform.python_version()}
        | {name: version(name) for name in _LIBRARIES},
        "tiles": {"listed": listed, "done": len(parts), "set_aside": listed - len(parts)},
        "galaxies": gathered.rows,
        "rows_of_other_tiles": gathered.doubled,
        "left_out": dict(sorted(left_out.items())),
        "bytes_read": sum(info.bytes_read for info in gathered.infos.values()),
        "notes": notes[:_MOST_NOTES] + more,
        "parts": parts_digest(parts),
        "catalogue": gathered.files,
        "runs": [dict(run) for run in runs],
    }


def write_skipped(out: Place, rows: Iterable[tuple[str, str, str]]) -> None:
    """Write tile, first file and reason of each tile that was set aside, if any."""
    told = sorted(rows)
    names = ("tile", "path", "reason")
    columns = {
        name: pa.array([row[k] for row in told], pa.string()) for k, name in enumerate(names)
    }
    content = io.BytesIO()
    pa.parquet.write_table(pa.table(columns), content)
    out.write(SKIPPED, content.getvalue())
