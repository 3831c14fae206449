"""Small line figures as inline SVG that follow the page's colours through CSS classes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike, NDArray

__all__ = ["Frame", "axes", "bars", "curve", "dot", "guide", "nice_ticks", "svg"]


@dataclass(frozen=True)
class Frame:
    """Where data fall on a figure.

    Attributes
    ----------
    x, y : tuple of float
        Data range of each axis.
    width, height : float
        Of the whole figure in SVG units, which are about CSS px.
    left, right, top, bottom : float
        Margins.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    width: float = 380
    height: float = 330
    left: float = 46
    right: float = 14
    top: float = 12
    bottom: float = 44

    def to_x(self, value: ArrayLike) -> NDArray[np.float64]:
        """Return the horizontal place of data `value`."""
        part = (np.asarray(value, np.float64) - self.x[0]) / (self.x[1] - self.x[0])
        return self.left + part * (self.width - self.left - self.right)

    def to_y(self, value: ArrayLike) -> NDArray[np.float64]:
        """Return the vertical place of data `value`, from the top."""
        part = (np.asarray(value, np.float64) - self.y[0]) / (self.y[1] - self.y[0])
        return self.height - self.bottom - part * (self.height - self.top - self.bottom)


def svg(frame: Frame, label: str, parts: Sequence[Markup]) -> Markup:
    """Return the figure made of `parts`; `label` says in words what it shows."""
    return Markup(
        '<svg viewBox="0 0 {:g} {:g}" role="img" aria-label="{}" class="figure">{}</svg>'
    ).format(frame.width, frame.height, label, Markup("").join(parts))


def axes(
    frame: Frame,
    x_ticks: Sequence[float],
    y_ticks: Sequence[float],
    x_label: str,
    y_label: str,
) -> Markup:
    """Return hairlines at the ticks, their numbers and the axes' names."""
    left, right = frame.left, frame.width - frame.right
    top, bottom = frame.top, frame.height - frame.bottom
    parts = []
    for tick in y_ticks:
        y = float(frame.to_y(tick))
        parts.append(
            Markup('<path class="rule" d="M{:.1f} {:.1f}H{:.1f}"/>').format(left, y, right)
        )
        parts.append(_text(left - 7, y + 3.5, f"{tick:g}", "tick end"))
    for tick in x_ticks:
        x = float(frame.to_x(tick))
        parts.append(Markup('<path class="tickmark" d="M{:.1f} {:.1f}v4"/>').format(x, bottom))
        parts.append(_text(x, bottom + 16, f"{tick:g}", "tick middle"))
    parts.append(
        Markup('<path class="axis" d="M{:.1f} {:.1f}H{:.1f}"/>').format(left, bottom, right)
    )
    parts.append(_text((left + right) / 2, frame.height - 8, x_label, "label middle"))
    turned = Markup(
        '<text class="label middle" transform="translate({:.1f} {:.1f}) rotate(-90)">{}</text>'
    )
    parts.append(turned.format(11, (top + bottom) / 2, y_label))
    return Markup("").join(parts)


def curve(frame: Frame, x: ArrayLike, y: ArrayLike, classes: str) -> Markup:
    """Return a line through the points; it breaks where a value is not finite."""
    xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
    good = np.isfinite(xs) & np.isfinite(ys)
    steps, pen = [], "M"
    for ok, px, py in zip(good, frame.to_x(xs), frame.to_y(ys), strict=True):
        if ok:
            steps.append(f"{pen}{px:.1f} {py:.1f}")
        pen = "L" if ok else "M"
    return Markup('<path class="curve {}" d="{}"/>').format(classes, "".join(steps))


def bars(
    frame: Frame, edges: NDArray[np.float64], heights: NDArray[np.float64], classes: str
) -> Markup:
    """Return a histogram as one closed outline over `edges` (one more than `heights`)."""
    xs, ys = frame.to_x(edges), frame.to_y(heights)
    base = float(frame.to_y(frame.y[0]))
    steps = [f"M{xs[0]:.1f} {base:.1f}"]
    for y, right in zip(ys, xs[1:], strict=True):
        steps.append(f"V{y:.1f}H{right:.1f}")
    steps.append(f"V{base:.1f}Z")
    return Markup('<path class="bars {}" d="{}"/>').format(classes, "".join(steps))


def guide(frame: Frame, x: float, text: str) -> Markup:
    """Return a dashed vertical line at `x` with `text` at its foot."""
    place, bottom = float(frame.to_x(x)), frame.height - frame.bottom
    line = Markup('<path class="guide" d="M{:.1f} {:.1f}V{:.1f}"/>').format(
        place, frame.top, bottom
    )
    return line + _text(place + 4, bottom - 5, text, "tick")


def dot(frame: Frame, x: float, y: float, classes: str, title: str = "") -> Markup:
    """Return a dot with a tooltip."""
    return Markup(
        '<circle class="dot {}" cx="{:.1f}" cy="{:.1f}" r="4"><title>{}</title></circle>'
    ).format(classes, float(frame.to_x(x)), float(frame.to_y(y)), title)


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return round numbers within `low`..`high`, roughly `about` of them."""
    span = high - low
    if not np.isfinite(span) or span <= 0:
        return [low]
    raw = span / about
    power = 10.0 ** np.floor(np.log10(raw))
    step = float(power * min((1, 2, 2.5, 5, 10), key=lambda m: abs(m * power - raw)))
    first = np.ceil(low / step - 1e-9)
    ticks = np.arange(first, np.floor(high / step + 1e-9) + 1) * step
    return [float(f"{tick:.10g}") + 0.0 for tick in ticks]


def _text(x: float, y: float, text: str, classes: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(classes, x, y, text)
