"""The map: its colour, what is in view, and what is selected on it."""

from typing import TYPE_CHECKING

import numpy as np

from strandline.app import listing as lists
from strandline.app import messages as asked
from strandline.app.mapview import within
from strandline.app.pictures import CARD_PX, Look
from strandline.app.shading import Viewport
from strandline.errors import OptionError

if TYPE_CHECKING:
    from strandline.app.session import Session

__all__ = ["colour_by", "deselect", "hover", "select", "tap", "view"]


def colour_by(session: "Session", message: asked.Colour) -> None:
    """Colour the map."""
    session.colour_by(message.by)
    session.colour = message.by
    session.tell_colour()
    session.redraw()


def view(session: "Session", message: asked.View) -> None:
    """Draw the part of the map that is in view."""
    if not (message.x1 > message.x0 and message.y1 > message.y0):
        return
    view = Viewport(message.x0, message.x1, message.y0, message.y1, message.width, message.height)
    session.relabel()
    session.apply(session.map.show(view))


def hover(session: "Session", message: asked.Hover) -> None:
    """Send the galaxy under the pointer."""
    row = session.workspace.sky.nearest_on_map(message.x, message.y, message.within)
    card = None
    if row is not None:
        card = session.workspace.sky.brief(row)
        look = Look(size_px=CARD_PX)
        card["picture"] = session.workspace.painter.draw([row], look)[0]
    session.tell({"tell": "hover", "card": card})


def tap(session: "Session", message: asked.Tap) -> None:
    """Tell which galaxy was clicked."""
    row = session.workspace.sky.nearest_on_map(message.x, message.y, message.within)
    if row is not None:
        session.tell({"tell": "tapped", "row": row})


def select(session: "Session", message: asked.Select) -> None:
    """Take a polygon into the selection, or out of it."""
    if len(message.x) != len(message.y):
        raise OptionError("A selection has as many x as y.")
    rows = within(session.workspace.sky.places, message.x, message.y)
    if message.mode == "new":
        session.selected, session.polygons = rows, [(message.x, message.y)]
    elif message.mode == "add":
        session.selected = np.union1d(session.selected, rows)
        session.polygons = [*session.polygons, (message.x, message.y)]
    else:
        session.selected = np.setdiff1d(session.selected, rows)
        session.polygons = [*session.polygons, (message.x, message.y)]
    session.apply(session.map.outline(session.polygons))
    session.show(lists.of_selection(session.workspace.sky, session.selected))


def deselect(session: "Session", message: asked.Deselect) -> None:
    """Forget the selection."""
    session.selected, session.polygons = np.zeros(0, np.int64), []
    session.apply(session.map.outline([]))
    session.show(session.first_list())
