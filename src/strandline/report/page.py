"""The report: one HTML file that needs no server and no network."""

import base64
import hashlib
import json
import math
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray

from strandline._version import __version__
from strandline.files import write_aside
from strandline.report.contents import gallery, header, how_good, how_made, map_section
from strandline.report.curves import Measured, measure, roc_area
from strandline.report.galaxies import model_columns
from strandline.report.inputs import ReportInputs
from strandline.report.pictured import Pictured, picture
from strandline.report.thumbs import CELL_PX
from strandline.report.words import FLAG_WORDS, HIDEABLE

__all__ = ["write_report"]

_SCRIPTS = ("page.js", "gallery.js", "dialog.js", "map.js", "curves.js")


def write_report(inputs: ReportInputs, out: Path) -> None:
    """Write the report.

    Parameters
    ----------
    inputs : ReportInputs
        See there.
    out : Path
        The HTML file; replaced if it is there. Pictures, styles and scripts are inside. At most
        120 galaxies have large pictures and 1500 small ones, so that its size is bounded.

    Raises
    ------
    TableError
        If the catalogue lacks a column that a report needs.
    OutputError
        If it cannot be written.
    """
    text = _render(inputs)
    with write_aside(out) as aside:
        aside.write_text(text, encoding="utf-8")


def _render(inputs: ReportInputs) -> str:
    pictured = picture(inputs)
    measured = measure(inputs.curves)
    script = Markup("\n").join(Markup(_own_file(name)) for name in _SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(str(script).encode()).digest()).decode("ascii")
    environment = Environment(
        loader=PackageLoader("strandline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        version=__version__,
        date=f"{datetime.now(UTC):%-d %B %Y, %H:%M} UTC",
        style=Markup(_own_file("style.css")),
        script=script,
        script_hash=f"sha256-{digest}",
        data=_as_json(_data(inputs, pictured, measured)),
        title=inputs.title,
        **header(inputs, pictured, measured),
        **gallery(inputs, pictured),
        **map_section(pictured),
        **how_good(inputs, measured),
        **how_made(inputs),
    )


def _own_file(name: str) -> str:
    return files("strandline.report").joinpath("templates", name).read_text(encoding="utf-8")


def _as_json(value: Any) -> Markup:
    """Return JSON that is safe inside a script element: no character that could end it."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _data(inputs: ReportInputs, pictured: Pictured, measured: list[Measured]) -> dict[str, Any]:
    """Return what the scripts of the page need."""
    return {
        "galaxies": pictured.facts,
        "models": list(model_columns(inputs.catalogue)),
        "bands": list(inputs.table.spec.bands),
        "size": inputs.table.spec.size_px,
        "cell": CELL_PX,
        "columns": pictured.sheet.columns if pictured.sheet else 0,
        "kin": pictured.kin,
        "flags": [[int(flag), *words] for flag, words in FLAG_WORDS.items()],
        "hideable": int(HIDEABLE),
        "map": _map_data(inputs, pictured),
        "counts": {one.number: one.counts() for one in measured if one.evaluation},
        "roc": roc_area(),
    }


def _map_data(inputs: ReportInputs, pictured: Pictured) -> dict[str, Any] | None:
    places, chosen = pictured.places, pictured.chosen
    if places is None:
        return None
    own, points = places[chosen.pictured], places[chosen.points]
    good = np.isfinite(own).all(axis=1)
    # Pictures are placed in the order of their ids' hashes: no class of galaxies goes first.
    order = sorted(
        np.flatnonzero(good).tolist(),
        key=lambda k: hashlib.blake2b(pictured.facts["id"][k].encode(), digest_size=8).digest(),
    )
    probability = pc.cast(inputs.catalogue["probability"], "float64").to_numpy()[chosen.points]
    return {
        "x": _short(own[:, 0]),
        "y": _short(own[:, 1]),
        "height": round(float(np.nanmax(places[:, 1])), 4),
        "order": order,
        "points": {
            "x": _short(points[:, 0]),
            "y": _short(points[:, 1]),
            "p": _short(np.asarray(probability, np.float64), 2),
        },
    }


def _short(values: NDArray[np.float64], digits: int = 4) -> list[float | None]:
    return [round(value, digits) if math.isfinite(value) else None for value in values.tolist()]
