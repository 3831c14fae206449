"""What leaves the page: files, SAMP, heads."""

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from strandline.app import messages as asked
from strandline.app.heads import save_head as write_head
from strandline.app.outgoing import FORMATS, catalogue_of, file_of
from strandline.errors import OptionError

if TYPE_CHECKING:
    from strandline.app.session import Session

__all__ = ["save", "save_head", "send"]


def save_head(session: "Session", message: asked.SaveHead) -> None:
    """Write the head of a class to disk."""
    trained = session.workspace.retrainer.retrain(message.name)
    folder = write_head(session.workspace.sky, trained, session.workspace.heads)
    table = session.workspace.sky.table.path
    command = f"strandline classify {table} --head {folder} --out {folder.name}.parquet"
    session.tell({"tell": "done", "text": f"Saved as {folder}. Use it with:", "code": command})


def save(session: "Session", message: asked.Save) -> None:
    """Send the list as a file."""
    content = file_of(_catalogue(session, message.rows), message.form)
    name = f"strandline-{session.listing.kind}{FORMATS.get(message.form, '')}"
    text = base64.b64encode(content).decode("ascii")
    session.tell({"tell": "file", "name": name, "content": text})


def send(session: "Session", message: asked.Send) -> None:
    """Send the list, or a position, by SAMP."""
    sender = session.workspace.sender
    if sender is None:
        raise OptionError(
            "SAMP reaches programs on the machine that serves this page, which is not yours. "
            "Save a VOTable and open that."
        )
    if message.point and message.rows:
        session.check(message.rows[:1])
        facts = session.workspace.sky.facts(message.rows[0])
        if facts["ra"] is None:
            raise OptionError("This galaxy has no position on the sky.")
        names = sender.point_at(facts["ra"], facts["dec"])
        session.tell({"tell": "done", "text": f"Shown in {', '.join(names)}."})
        return
    catalogue = _catalogue(session, message.rows)
    names = sender.table(catalogue, f"Strandline: {session.listing.title}")
    session.tell({"tell": "done", "text": f"{len(catalogue)} galaxies sent to {', '.join(names)}."})


def _catalogue(session: "Session", rows: list[int] | None) -> Any:
    if rows is not None:
        session.check(rows)
    chosen = session.listing.rows if rows is None else np.array(rows, dtype=np.int64)
    trained = session.workspace.retrainer.latest(session.label_class)
    return catalogue_of(
        session.workspace.sky, chosen, session.workspace.ballots, session.label_class, trained
    )
