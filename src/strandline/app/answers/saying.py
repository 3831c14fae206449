"""What people say of galaxies, and what is learned from it."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from strandline.app import messages as asked
from strandline.errors import OptionError

if TYPE_CHECKING:
    from strandline.app.session import Session

__all__ = ["mark", "note", "retrain", "undo", "vote"]

_MOST_ALIKE = 60


def vote(session: "Session", message: asked.CastVote) -> None:
    """Store a vote."""
    session.check([message.row])
    new = session.workspace.ballots.cast(
        message.row, message.label_class, message.value, session.person,
        key=message.key, shown=_shown(session, message),
    )  # fmt: skip
    session.tell({"tell": "stored", "key": str(message.key), **session.said(message.row)})
    if new:
        session.workspace.retrainer.voted(message.label_class)


def undo(session: "Session", message: asked.Undo) -> None:
    """Take this person's last vote back."""
    taken = session.workspace.ballots.undo(session.person)
    if taken is None:
        raise OptionError(f"{session.person} has no vote that could be taken back.")
    vote, row = taken
    told = {"tell": "undone", "class": vote.label_class, "id": vote.galaxy.id, "row": row}
    session.tell(told if row is None else told | session.said(row))
    session.workspace.retrainer.request(vote.label_class)


def note(session: "Session", message: asked.WriteNote) -> None:
    """Store a note."""
    session.check([message.row])
    session.workspace.ballots.write_note(message.row, message.text, session.person, key=message.key)
    session.tell({"tell": "said", **session.said(message.row)})


def mark(session: "Session", message: asked.Mark) -> None:
    """Store whether a galaxy is dull, with those that it stands for."""
    session.check([message.row])
    alike = session.listing.alike.get(message.row, []) if not message.interesting else []
    for row in (message.row, *alike[:_MOST_ALIKE]):
        key = message.key if row == message.row else uuid4()
        session.workspace.ballots.mark(row, message.interesting, session.person, key=key)
    session.tell({"tell": "marked", "row": message.row, "interesting": message.interesting})


def retrain(session: "Session", message: asked.Retrain) -> None:
    """Let the head learn anew."""
    session.workspace.retrainer.request(session.label_class)


def _shown(session: "Session", message: asked.CastVote) -> dict[str, Any]:
    told = {str(name)[:40]: value for name, value in list(message.shown.items())[:20]}
    facts = session.workspace.sky.brief(message.row)
    return told | {
        "list": session.listing.kind,
        "probability": facts["p"],
        "models": list(session.workspace.sky.models),
    }
