"""What a survey's numbers depend on, so that a run goes on only where it would do the same."""

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from strandline._version import __version__
from strandline.errors import OptionError
from strandline.learn import Ensemble, Model
from strandline.measure.measuring import MEASURE_VERSION
from strandline.shapes import SHAPES_VERSION
from strandline.survey.onetile import SurveyPlan
from strandline.survey.places import Place

__all__ = ["IDENTITY", "check_identity", "identity_of", "model_files"]

IDENTITY = "survey.json"
"""File in the folder of the survey; it is written before the first tile."""

_FORMAT = 1


def model_files(models: Ensemble | Model) -> dict[str, bytes]:
    """Return the files of a model's folder by their names, as workers are given them."""
    with TemporaryDirectory(prefix="strandline-") as name:
        folder = Path(name) / "model"
        models.save(folder)
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


def identity_of(plan: SurveyPlan, models: Ensemble, files: dict[str, bytes]) -> dict[str, Any]:
    """Return all that the numbers of a tile depend on beside its files: plain JSON, flat.

    Parameters
    ----------
    plan : SurveyPlan
    models : Ensemble
    files : dict of str to bytes
        See `model_files`.
    """
    cut, read = plan.cut, plan.read
    return {
        "format": _FORMAT,
        "strandline": __version__,
        "shapes_version": SHAPES_VERSION,
        "model": models.name,
        "model_files": _digest(files),
        "bands": list(cut.spec.bands),
        "size_px": cut.spec.size_px,
        "pixel_arcsec": cut.pixel_arcsec,
        "min_snr": cut.detect.min_snr,
        "max_mag": cut.detect.max_mag,
        "max_per_tile": cut.detect.max_per_tile,
        "threshold": cut.detect.threshold,
        "contrast": cut.detect.contrast,
        "zeropoint": read.zeropoint,
        "plane_bands": list(read.bands) if read.bands else None,
        "shapes": plan.shapes,
        "batch_size": plan.batch_size,
        "pool": plan.pool,
        "measure_from": plan.measure_from,
        "measure_version": None if plan.measure_from is None else MEASURE_VERSION,
    }


def check_identity(out: Place, wanted: dict[str, Any]) -> bool:
    """Check that a survey may go on in `out`; if nothing is there it begins, and this is written.

    Returns
    -------
    bool
        Whether an earlier run is there.

    Raises
    ------
    OptionError
        If that run was of another model or other options; names each difference.
    OutputError
        If the place cannot be written.
    """
    found = out.read(IDENTITY)
    if found is None:
        out.write(IDENTITY, json.dumps(wanted, indent=1).encode())
        return False
    try:
        there = json.loads(found)
        keys = there.keys() | wanted.keys()
    except (ValueError, AttributeError) as error:
        raise OptionError(
            f"{out}/{IDENTITY}: is damaged ({error}). Choose another --out, or remove the folder."
        ) from error
    wanted = json.loads(json.dumps(wanted))
    differences = [
        f"{key} was {_told(there.get(key))}, now {_told(wanted.get(key))}"
        for key in sorted(keys)
        if there.get(key) != wanted.get(key)
    ]
    if differences:
        raise OptionError(
            f"{out}: holds a survey that differs from this one: {'; '.join(differences)}. Repeat "
            "the command that began it, or choose another --out."
        )
    return True


def _told(value: object) -> str:
    return "none" if value is None else json.dumps(value)


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]
