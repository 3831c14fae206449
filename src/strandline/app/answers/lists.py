"""Lists of galaxies: what is shown, and what is like something."""

import base64
import binascii
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

from strandline.app import listing as lists
from strandline.app import messages as asked
from strandline.app.listing import Listing
from strandline.app.uploads import vector_of
from strandline.errors import OptionError
from strandline.labels import LabelClass

if TYPE_CHECKING:
    from strandline.app.session import Session

__all__ = ["alike", "drop", "more", "new_class", "show_list", "similar"]


def show_list(session: "Session", message: asked.ShowList) -> None:
    """Show a list."""
    sky, ballots = session.workspace.sky, session.workspace.ballots
    trained = session.workspace.retrainer.latest(session.label_class)
    if message.kind == "ranking":
        found = lists.by_column(sky, message.by, rising=message.rising)
    elif message.kind == "selection":
        found = lists.of_selection(sky, session.selected)
    elif message.kind == "queue":
        found = lists.to_label(sky, ballots, session.label_class, trained)
    elif message.kind == "unexpected":
        found = lists.unexpected(sky, ballots, session.person)
    elif message.kind == "disputed":
        found = lists.disputed(ballots, session.label_class)
    elif message.kind == "labelled":
        found = lists.labelled(ballots, session.label_class)
    else:
        found = lists.by_head(
            sky, trained or session.workspace.retrainer.retrain(session.label_class)
        )
    session.show(found)


def more(session: "Session", message: asked.More) -> None:
    """Send further galaxies of the list."""
    start, rows = message.start, session.listing.rows
    session.tell(
        {"tell": "more", "start": start, "cards": session.cards(start, start + message.count)}
        | {"total": len(rows)}
    )


def alike(session: "Session", message: asked.Alike) -> None:
    """Show the galaxies that one of the list stands for."""
    rows = session.listing.alike.get(message.row, [])
    found = Listing(
        "alike", f"Nearly the same: {len(rows) + 1}", np.array([message.row, *rows], np.int64)
    )
    session.show(found)


def similar(session: "Session", message: asked.Similar) -> None:
    """Show what is most like galaxies."""
    session.check(message.rows)
    found = lists.like(session.workspace.sky, message.rows, together=message.together)
    session.show(found)


def drop(session: "Session", message: asked.Drop) -> None:
    """Show what is most like a picture."""
    try:
        content = base64.b64decode(message.content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise OptionError("The picture did not arrive whole. Drop it again.") from error
    vector, assumed = vector_of(content, session.workspace.sky.table, session.workspace.encoder)
    found = lists.like(
        session.workspace.sky, vector=vector, what=f"Like the picture {message.name}"
    )
    session.show(found, assumed or "Nearest in the embedding to the picture that you dropped.")


def new_class(session: "Session", message: asked.NewClass) -> None:
    """Take examples for votes of this person, and rank by what they teach."""
    session.check(message.rows)
    ballots = session.workspace.ballots
    made = LabelClass(message.name, f"by {session.person}", None, session.person)
    if made.name not in {one.name for one in ballots.classes}:
        ballots.define(made)
    session.label_class = made.name
    for row in message.rows:
        ballots.cast(row, made.name, "yes", session.person, key=uuid4(), shown={"mode": "example"})
    trained = session.workspace.retrainer.retrain(made.name)
    session.tell_classes()
    session.learned(trained)
    session.show(lists.by_head(session.workspace.sky, trained))
