"""Who looks at the page, and about which class it asks."""

from typing import TYPE_CHECKING

from strandline.app import messages as asked
from strandline.errors import OptionError
from strandline.labels import LabelClass
from strandline.labels.votes import check_person

if TYPE_CHECKING:
    from strandline.app.session import Session

__all__ = ["RESERVED_KEYS", "choose_class", "define", "name_person", "ready"]

RESERVED_KEYS = frozenset("ynuzdlox?")
"""Keys that the page itself uses; a class cannot have them there."""


def ready(session: "Session", message: asked.Ready) -> None:
    """Tell a page all that it must know."""
    session.tell({"tell": "setup", **session.setup()})
    session.tell_colour()
    session.show(session.listing)
    session.tell_progress()


def name_person(session: "Session", message: asked.Person) -> None:
    """Vote under another name."""
    if session.is_known:
        raise OptionError(f"You are logged in as {session.person} and vote under this name.")
    session.person = check_person(message.name)
    session.tell({"tell": "person", "name": session.person})
    session.show(session.listing)


def choose_class(session: "Session", message: asked.ChooseClass) -> None:
    """Ask about another class."""
    known = [one.name for one in session.workspace.ballots.classes]
    if message.name not in known:
        raise OptionError(f"There is no class {message.name!r}; there are {', '.join(known)}.")
    session.label_class = message.name
    session.tell_classes()
    session.tell_progress()
    session.redraw()
    if session.workspace.retrainer.latest(session.label_class) is None:
        session.workspace.retrainer.request(session.label_class)


def define(session: "Session", message: asked.Define) -> None:
    """Add a class, and ask about it."""
    key = message.key.lower() or None
    if key in RESERVED_KEYS:
        raise OptionError(f"Key {key!r} is used by the page itself. Choose another.")
    made = LabelClass(message.name, message.description, key, session.person)
    session.workspace.ballots.define(made)
    session.label_class = made.name
    session.tell_classes()
    session.tell_progress()
    session.redraw()
