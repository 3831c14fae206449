"""Pictures, and the page of a galaxy."""

from typing import TYPE_CHECKING, Any

import numpy as np

from strandline.app import listing as lists
from strandline.app import messages as asked
from strandline.app.links import links_at
from strandline.app.pictures import CARD_PX, Look
from strandline.errors import StrandlineError
from strandline.report.colour import Stretch

if TYPE_CHECKING:
    from strandline.app.session import Session

__all__ = ["open_galaxy", "picture", "send_cards"]

_NEIGHBOURS = 20


def send_cards(session: "Session", message: asked.Cards) -> None:
    """Send small pictures."""
    session.check(message.rows)
    drawn = session.workspace.painter.draw(message.rows, Look(message.view, size_px=CARD_PX))
    pictures = dict(zip((str(row) for row in message.rows), drawn, strict=True))
    session.tell({"tell": "pictures", "view": message.view, "pictures": pictures})


def open_galaxy(session: "Session", message: asked.OpenGalaxy) -> None:
    """Send what is known of a galaxy, and its neighbours."""
    row, sky = message.row, session.workspace.sky
    session.check([row])
    facts = sky.facts(row)
    told: dict[str, Any] = {"tell": "galaxy", "galaxy": facts, **session.said(row)}
    if facts["ra"] is not None:
        told["links"] = links_at(facts["ra"], facts["dec"])
    try:
        near = lists.like(sky, [row], n=_NEIGHBOURS)
        told["neighbours"] = [sky.brief(int(other)) for other in near.rows]
        told["similarity"] = (near.scores if near.scores is not None else np.zeros(0)).tolist()
    except StrandlineError as error:  # a stamp without data has no neighbours
        told["neighbours"], told["similarity"] = [], []
        told["trouble"] = str(error)
    session.tell(told)
    session.apply(session.map.point_at(row))


def picture(session: "Session", message: asked.Picture) -> None:
    """Send one large picture."""
    session.check([message.row])
    stretch = Stretch(message.brightness, message.softening, message.saturation)
    look = Look(message.view, stretch, message.smoothing)
    drawn = session.workspace.painter.draw([message.row], look)[0]
    session.tell(
        {"tell": "picture", "row": message.row, "slot": message.slot, "view": message.view}
        | {"picture": drawn}
    )
