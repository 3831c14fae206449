"""The map of the embedding as a Bokeh figure: all points by datashader, few of them as stamps."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, CustomJS, Range1d
from bokeh.plotting import figure
from matplotlib.path import Path as Polygon
from numpy.typing import NDArray

from strandline.app.pictures import Look, Painter
from strandline.app.shading import Viewport, colour_scale, colours_of, shade
from strandline.app.sky import Sky

__all__ = ["Change", "MapView", "home_of", "within"]

Change = Callable[[], None]
"""What is to be done to the figure, in the thread of its document."""

_SPARSE = 2500
_STAMPS_FROM = 900  # points in view, and fewer: stamps are drawn
_STAMP_PX, _STAMP_CELL_PX = 60, 68
_MOST_STAMPS = 160
_FRAME_PX = 2
_KEPT = 4000
_MARGIN = 0.25
_LABEL_COLOURS = {1: "#ffd166", 0: "#5aa9a5", -1: "#8a93a5"}


def home_of(places: NDArray[np.float32]) -> Viewport:
    """Return the view that shows all places, with a margin."""
    known = places[np.isfinite(places).all(axis=1)]
    if not len(known):
        return Viewport(0.0, 1.0, 0.0, 1.0, 700, 700)
    low, high = known.min(axis=0).astype(float), known.max(axis=0).astype(float)
    span = np.maximum(high - low, 1e-3) * 0.06
    (x0, y0), (x1, y1) = low - span, high + span
    return Viewport(float(x0), float(x1), float(y0), float(y1), 700, 700)


def within(places: NDArray[np.float32], x: list[float], y: list[float]) -> NDArray[np.int64]:
    """Return the rows inside a box, given by two corners, or inside a polygon."""
    low, high = (min(x), min(y)), (max(x), max(y))
    inside = Viewport(low[0], high[0], low[1], high[1], 1, 1).inside(places)
    rows = np.flatnonzero(inside).astype(np.int64)
    if len(x) == 2 or not len(rows):
        return rows
    polygon = Polygon(np.column_stack([x, y]))
    return np.asarray(rows[polygon.contains_points(places[rows])], dtype=np.int64)


class MapView:
    """The figure, and what it shows. `show` and others compute; what they return changes it.

    Parameters
    ----------
    sky : Sky
    painter : Painter
    channel : str
        Name of the window's event by which the figure tells its page of the pointer and the view.
    """

    def __init__(self, sky: Sky, painter: Painter, channel: str) -> None:
        self._sky = sky
        self._painter = painter
        self._stamps: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()
        self._lock = Lock()
        self.view = home_of(sky.places)
        self._values = np.full(len(sky), np.nan)
        self.ends = (0.0, 1.0)
        self._labels: tuple[NDArray[np.int64], NDArray[np.int64]] = (
            np.zeros(0, np.int64),
            np.zeros(0, np.int64),
        )
        self._image = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
        self._points = ColumnDataSource({"x": [], "y": [], "colour": []})
        self._tiles = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
        self._labelled = ColumnDataSource({"x": [], "y": [], "colour": []})
        self._outline = ColumnDataSource({"xs": [], "ys": []})
        self._here = ColumnDataSource({"x": [], "y": []})
        self.figure = self._make(channel)

    def colour_by(self, values: NDArray[np.float64]) -> tuple[float, float]:
        """Take other values for the hue; return the ends of their scale. Call `show` after it."""
        self._values, self.ends = values, colour_scale(values)
        return self.ends

    def labels(self, rows: NDArray[np.int64], values: NDArray[np.int64]) -> None:
        """Take other labels; call `show` after it."""
        self._labels = (rows, values)

    def picture(self, side_px: int = 300) -> NDArray[np.uint8]:
        """Return the whole map, small, as (y, x, 4), first row on top."""
        home = home_of(self._sky.places)
        view = Viewport(home.x0, home.x1, home.y0, home.y1, side_px, side_px)
        drawn = shade(self._sky.places, self._values, view, self.ends)
        return drawn.view(np.uint8).reshape(side_px, side_px, 4)[::-1]

    def show(self, view: Viewport) -> Change:
        """Draw a part of the map, and a margin around it so that moving it shows no edge."""
        dx, dy = _MARGIN * (view.x1 - view.x0), _MARGIN * (view.y1 - view.y0)
        wide = Viewport(
            view.x0 - dx,
            view.x1 + dx,
            view.y0 - dy,
            view.y1 + dy,
            round(view.width * (1 + 2 * _MARGIN)),
            round(view.height * (1 + 2 * _MARGIN)),
        )
        places = self._sky.places
        rows = np.flatnonzero(wide.inside(places))
        image: dict[str, Any] = {"image": [], "x": [], "y": [], "dw": [], "dh": []}
        points: dict[str, Any] = {"x": [], "y": [], "colour": []}
        if len(rows) > _SPARSE:
            drawn = shade(places[rows], self._values[rows], wide, self.ends)
            image = {
                "image": [drawn],
                "x": [wide.x0],
                "y": [wide.y0],
                "dw": [wide.x1 - wide.x0],
                "dh": [wide.y1 - wide.y0],
            }
        else:
            points = {
                "x": places[rows, 0],
                "y": places[rows, 1],
                "colour": _hexadecimal(colours_of(self._values[rows], self.ends)),
            }
        tiles = self._draw_stamps(rows[view.inside(places[rows])], view)
        labelled = self._draw_labels()
        self.view = view

        def change() -> None:
            self._image.data = image
            self._points.data = points
            self._tiles.data = tiles
            self._labelled.data = labelled

        return change

    def outline(self, polygons: list[tuple[list[float], list[float]]]) -> Change:
        """Draw what was selected; it stays where it is on the map, whatever the view."""
        closed = [_polygon(x, y) for x, y in polygons]

        def change() -> None:
            self._outline.data = {"xs": [x for x, _ in closed], "ys": [y for _, y in closed]}

        return change

    def point_at(self, row: int | None) -> Change:
        """Mark where a galaxy is; move the view there if it is outside."""
        place = None if row is None else self._sky.places[row]
        known = place is not None and bool(np.isfinite(place).all())

        def change() -> None:
            if not known or place is None:
                self._here.data = {"x": [], "y": []}
                return
            x, y = float(place[0]), float(place[1])
            self._here.data = {"x": [x], "y": [y]}
            for along, value in ((self.figure.x_range, x), (self.figure.y_range, y)):
                if not along.start <= value <= along.end:
                    half = (along.end - along.start) / 2
                    along.update(start=value - half, end=value + half)

        return change

    def _draw_labels(self) -> dict[str, Any]:
        rows, values = self._labels
        places = self._sky.places[rows]
        good = np.isfinite(places).all(axis=1)
        return {
            "x": places[good, 0],
            "y": places[good, 1],
            "colour": [_LABEL_COLOURS[int(value)] for value in values[good]],
        }

    def _draw_stamps(self, rows: NDArray[np.int64], view: Viewport) -> dict[str, Any]:
        """Draw stamps that do not hide each other, if there are few points in view."""
        if not 0 < len(rows) <= _STAMPS_FROM:
            return {"image": [], "x": [], "y": [], "dw": [], "dh": []}
        cell = (
            np.array([(view.x1 - view.x0) / view.width, (view.y1 - view.y0) / view.height])
            * _STAMP_CELL_PX
        )
        places = self._sky.places[rows]
        chosen: list[int] = []
        taken: list[NDArray[np.float32]] = []
        order = np.argsort(-np.nan_to_num(self._values[rows], nan=-np.inf), kind="stable")
        for k in order.tolist():
            place = places[k]
            if all((np.abs(place - other) >= cell).any() for other in taken):
                chosen.append(int(rows[k]))
                taken.append(place)
                if len(chosen) == _MOST_STAMPS:
                    break
        side = cell * _STAMP_PX / _STAMP_CELL_PX
        count = len(chosen)
        return {
            "image": self._framed(chosen),
            "x": [float(place[0]) for place in taken],
            "y": [float(place[1]) for place in taken],
            "dw": [float(side[0])] * count,
            "dh": [float(side[1])] * count,
        }

    def _framed(self, rows: list[int]) -> list[NDArray[np.uint32]]:
        """Return small stamps in a frame of their hue, as Bokeh takes them."""
        with self._lock:
            missing = [row for row in rows if row not in self._stamps]
            if missing:
                look = Look(size_px=_STAMP_PX)
                for row, picture in zip(missing, self._painter.pixels(missing, look), strict=True):
                    self._stamps[row] = picture
            found = [self._stamps[row] for row in rows]
            while len(self._stamps) > _KEPT:
                self._stamps.popitem(last=False)
        hues = colours_of(self._values[rows], self.ends)
        return [_with_frame(picture, hue) for picture, hue in zip(found, hues, strict=True)]

    def _make(self, channel: str) -> figure:
        view = self.view
        made = figure(
            x_range=Range1d(view.x0, view.x1),
            y_range=Range1d(view.y0, view.y1),
            sizing_mode="stretch_both",
            min_height=320,
            tools="pan,wheel_zoom,lasso_select,box_select,reset",
            active_scroll="wheel_zoom",
            active_drag="lasso_select",
            output_backend="canvas",
            toolbar_location="right",
            background_fill_color="#070910",
            border_fill_color="#070910",
            outline_line_color=None,
            min_border=0,
        )
        made.toolbar.logo = None
        made.axis.visible = False
        made.grid.visible = False
        made.lod_threshold = None
        made.image_rgba("image", "x", "y", "dw", "dh", source=self._image)
        made.scatter(
            "x", "y", size=7, color="colour", line_color=None, alpha=0.9, source=self._points
        )
        made.image_rgba("image", "x", "y", "dw", "dh", anchor="center", source=self._tiles)
        made.scatter(
            "x", "y", size=8, fill_color=None, line_color="colour", line_width=1.8,
            source=self._labelled,
        )  # fmt: skip
        made.patches(
            "xs", "ys", fill_color="#f0b968", fill_alpha=0.07, line_color="#f0b968",
            line_width=1.5, line_dash="dashed", source=self._outline,
        )  # fmt: skip
        made.scatter(
            "x", "y", size=22, fill_color=None, line_color="#ffffff", line_width=2,
            source=self._here,
        )  # fmt: skip
        for renderer in made.renderers:  # what is selected is outlined; nothing else fades
            renderer.selection_glyph = renderer.nonselection_glyph = None
        self._tell(made, channel)
        return made

    def _tell(self, made: figure, channel: str) -> None:
        """Let the figure tell the page, in the browser, of pointer, view and selections."""
        tell = f"window.dispatchEvent(new CustomEvent({channel!r}, {{detail: told}}));"
        spot = (
            "const told = {what: 'WHAT', x: cb_obj.x, y: cb_obj.y, sx: cb_obj.sx, sy: cb_obj.sy};"
        )
        for event in ("mousemove", "tap"):
            made.js_on_event(event, CustomJS(code=spot.replace("WHAT", event) + tell))
        made.js_on_event("mouseleave", CustomJS(code="const told = {what: 'mouseleave'};" + tell))
        made.js_on_event(
            "selectiongeometry",
            CustomJS(
                code="if (!cb_obj.final) return; const g = cb_obj.geometry;"
                "const told = {what: 'select',"
                " x: g.type === 'rect' ? [g.x0, g.x1] : Array.from(g.x),"
                " y: g.type === 'rect' ? [g.y0, g.y1] : Array.from(g.y)};" + tell
            ),
        )
        moved = CustomJS(
            args={"plot": made},
            code="const told = {what: 'view', x0: plot.x_range.start, x1: plot.x_range.end,"
            " y0: plot.y_range.start, y1: plot.y_range.end,"
            " width: plot.inner_width, height: plot.inner_height};" + tell,
        )
        for along in (made.x_range, made.y_range):
            along.js_on_change("start", moved)
            along.js_on_change("end", moved)
        for side in ("inner_width", "inner_height"):
            made.js_on_change(side, moved)


def _polygon(x: list[float], y: list[float]) -> tuple[list[float], list[float]]:
    if len(x) > 2:
        return x, y
    return [x[0], x[1], x[1], x[0]], [y[0], y[0], y[1], y[1]]


def _hexadecimal(colours: NDArray[np.uint8]) -> list[str]:
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in colours.tolist()]


def _with_frame(picture: NDArray[np.uint8], hue: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return a picture as RGBA, its first row at the bottom, with a frame."""
    height, width = picture.shape[:2]
    framed = np.empty((height, width, 4), np.uint8)
    framed[..., :3] = picture if picture.ndim == 3 else picture[..., None]
    framed[..., 3] = 255
    f = _FRAME_PX
    for edge in (np.s_[:f], np.s_[-f:], np.s_[:, :f], np.s_[:, -f:]):
        framed[edge][..., :3] = hue
    return np.ascontiguousarray(framed[::-1]).view(np.uint32).reshape(height, width)
