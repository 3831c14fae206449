"""A page for each measured galaxy: image, model, what is left, the feature's outline and ridge."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from jinja2 import Environment
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import ndimage

from strandline.flags import MeasureFlag
from strandline.measure.measuring import Measured
from strandline.measure.subject import Subject
from strandline.report.colour import colour_picture
from strandline.report.standings.style import STYLE

__all__ = ["Page", "draw_page", "write_index"]

_DPI = 110
_OUTLINE = "#e69f00"
_RIDGE = "#d55e00"
_CLEAR = "#009e73"
_HIDDEN = "#9ecae1"
_SMOOTH_PX = 1.0
_FEWEST_LINES, _LINE = 18, 38
_STRETCH_SIGMA = (-2.5, 9.0)

_INDEX = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ title }}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fcfcfb; margin: 2rem auto;
  max-width: 72rem; padding: 0 1rem; }
figure { margin: 0 0 2.5rem; } img { width: 100%; border: 1px solid #ddd; }
h1 { font-size: 1.3rem; font-weight: 600; } p { color: #555; max-width: 46rem; }
</style>
<h1>{{ title }}</h1>
<p>Bands together, stretched from the sky to {{ most }} times its noise. Orange: outline of a
feature. Red: its ridge line. Green: where most of the light is a feature's ("clear"). Blue: light
of other objects, which is not used.
See the table for all numbers.</p>
{% for page in pages %}
<figure id="{{ page.name }}">
<img src="{{ page.file }}" alt="{{ page.alt }}" loading="lazy">
</figure>
{% endfor %}
</html>
"""


@dataclass(frozen=True)
class Page:
    """A galaxy's picture.

    Attributes
    ----------
    name : str
        Its id.
    file : str
        In the folder of the index.
    alt : str
        What it shows, in words.
    """

    name: str
    file: str
    alt: str


def draw_page(
    name: str,
    flux_njy: NDArray[np.float32],
    noise_njy: NDArray[np.float32],
    measured: Measured,
    subject: Subject,
    path: Path,
) -> Page:
    """Draw a galaxy's page as PNG.

    Parameters
    ----------
    name : str
    flux_njy : ndarray of float32, shape (band, y, x)
    noise_njy : ndarray of float32, shape (band,)
    measured : Measured
    subject : Subject
    path : Path
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(19.6, 4.0), layout="constrained")
        grid = figure.add_gridspec(1, 5, width_ratios=[1, 1, 1, 1, 2.05])
        colour, image, model, rest, words = (figure.add_subplot(grid[k]) for k in range(5))
        picture = colour_picture(
            flux_njy,
            noise_njy,
            subject.bands,
            calibrated=subject.calibrated,
            sky_subtracted=subject.calibrated,
        )
        colour.imshow(picture, origin="lower", interpolation="nearest")
        _scale_bar(colour, flux_njy.shape[-1], subject)
        scenery = measured.scenery
        if scenery is not None:
            noise = scenery.noise
            _grey(image, np.where(scenery.missing, np.nan, scenery.image), noise)
            _grey(model, scenery.host_model + scenery.others, noise)
            _grey(rest, np.where(scenery.masked, np.nan, scenery.residual), noise)
            _outlines(image, measured, ridge=False)
            _clear_parts(image, measured)
            _outlines(rest, measured, ridge=True)
        for axes, title in (
            (colour, name),
            (image, "all bands"),
            (model, "model"),
            (rest, "what is left"),
        ):
            axes.set_title(title, fontsize=9)
            axes.set_axis_off()
        words.set_axis_off()
        lines = _numbers(measured, subject)
        half = max(_FEWEST_LINES, -(-len(lines) // 2))
        for k, part in enumerate((lines[:half], lines[half:])):
            told = words.text(
                0.5 * k,
                1,
                "\n".join(part),
                va="top",
                fontsize=8.2,
                linespacing=1.45,
                family="monospace",
                transform=words.transAxes,
            )
            told.set_in_layout(False)  # however long, it takes no room from the images
        figure.savefig(path, dpi=_DPI, metadata={"Software": None})
    kind = measured.values.get("kind", "no feature")
    return Page(name, path.name, f"{name}: {kind}; image, model, residual and numbers")


def write_index(pages: Sequence[Page], folder: Path, title: str) -> Path:
    """Write ``index.html``, which shows the pages one below the other."""
    template = Environment(autoescape=True).from_string(_INDEX)
    path = folder / "index.html"
    text = template.render(pages=pages, title=title, most=f"{_STRETCH_SIGMA[1]:g}")
    path.write_text(text, encoding="utf-8")
    return path


def _grey(axes: Axes, plane: NDArray[np.float64], noise: float) -> None:
    seen = np.isfinite(plane)
    share = ndimage.gaussian_filter(seen.astype(np.float64), _SMOOTH_PX)
    calm = ndimage.gaussian_filter(np.where(seen, plane, 0.0), _SMOOTH_PX)
    calm = np.where(seen, calm / np.maximum(share, 0.1), np.nan)
    low, high = _STRETCH_SIGMA
    shown = np.arcsinh(calm / noise / 1.5)
    colours = mpl.colormaps["gray_r"].with_extremes(bad=_HIDDEN)
    axes.imshow(
        shown,
        origin="lower",
        cmap=colours,
        interpolation="nearest",
        vmin=float(np.arcsinh(low / 1.5)),
        vmax=float(np.arcsinh(4 * high / 1.5)),
    )


def _outlines(axes: Axes, measured: Measured, *, ridge: bool) -> None:
    if measured.found is None:
        return
    for feature, shape in zip(measured.found.features, measured.geometries, strict=True):
        axes.contour(feature.mask.astype(np.float64), [0.5], colors=[_OUTLINE], linewidths=0.9)
        if ridge and shape.ridge is not None:
            axes.plot(shape.ridge.x, shape.ridge.y, color=_RIDGE, lw=1.3)


def _clear_parts(axes: Axes, measured: Measured) -> None:
    if measured.found is None or not measured.found.features:
        return
    clear = measured.found.traced.clear_mask
    if clear.any():
        axes.contour(clear.astype(np.float64), [0.5], colors=[_CLEAR], linewidths=0.8)


def _scale_bar(axes: Axes, side: int, subject: Subject) -> None:
    scale = subject.pixel_scale_arcsec
    if not scale > 0:
        return
    length = min((1, 2, 5, 10, 20, 30, 60), key=lambda one: abs(one - 0.25 * side * scale))
    x, y = 0.05 * side, 0.06 * side
    axes.plot([x, x + length / scale], [y, y], color="white", lw=2)
    axes.text(x, y + 0.025 * side, f'{length}"', color="white", fontsize=8)


def _numbers(measured: Measured, subject: Subject) -> list[str]:
    values: Mapping[str, Any] = measured.values
    count = values.get("features", 0)
    lines = [f"{count} feature{'' if count == 1 else 's'}"]
    if values.get("kind"):
        lines[0] += f", first: {values['kind']} ({values['significance']:.0f} sigma)"

    def one(label: str, name: str, unit: str, digits: int = 1) -> None:
        value, error = values.get(name), values.get(f"{name}_err")
        if value is None or not math.isfinite(value):
            return
        told = f" ± {error:.{digits}f}" if error is not None and math.isfinite(error) else ""
        lines.append(f"{label:<12s}{value:.{digits}f}{told} {unit}".rstrip())

    one("length", "length_arcsec", "arcsec")
    one("", "length_kpc", "kpc")
    one("straight", "straight_arcsec", "arcsec")
    one("reach", "reach_arcsec", "arcsec")
    one("width", "width_arcsec", "arcsec")
    one("area", "area_arcsec2", "arcsec²", 0)
    one("  clear", "clear_area_arcsec2", "arcsec²", 0)
    one("direction", "position_angle_deg", "° E of N", 0)
    one("bend", "bend_deg", "°", 0)
    for band in subject.bands:
        one(f"SB {band}", f"sb_{band}", "mag/arcsec²", 2)
    for blue, red in zip(subject.bands[:-1], subject.bands[1:], strict=True):
        one(f"{blue}-{red}", f"colour_{blue}_{red}", "mag", 2)
        one("  host", f"host_colour_{blue}_{red}", "mag", 2)
    for band in subject.bands:
        one(f"share {band}", f"share_{band}", "", 3)
    one("asym. out", "asymmetry_outer", "", 2)

    def ends(label: str, name: str, unit: str, digits: int, limit: str = "") -> None:
        told = [values.get(name.format(end), math.nan) for end in ("", "_low", "_high")]
        if not all(map(math.isfinite, told)):
            return
        middle, low, high = (f"{number:.{digits}f}" for number in told)
        text = {"": f"{middle} ({low}-{high})", ">": f"> {low}", "<": f"< {high}"}[limit]
        lines.append(f"{label:<12s}{text} {unit}")

    speed = values.get("dynamical_speed_kms", math.nan)
    ends("time", "dynamical{}_gyr", f"Gyr at {speed:.0f} km/s", 2)
    old = bool(measured.flags & MeasureFlag.AGE_LOWER_LIMIT)
    young = bool(measured.flags & MeasureFlag.AGE_UPPER_LIMIT)
    ends("stars' age", "age{}_gyr", "Gyr", 2, "" if old == young else ">" if old else "<")
    ends("transverse", "transverse{}_kms", "km/s", 0, "" if old == young else "<" if old else ">")
    one("limit", "limit_sb", "mag/arcsec²", 1)
    flags = [
        str(flag.name).lower().replace("_", " ") for flag in MeasureFlag if flag & measured.flags
    ]
    if flags:
        lines += textwrap.wrap("flags: " + ", ".join(flags), _LINE, subsequent_indent="  ")
    return lines
