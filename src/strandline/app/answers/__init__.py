"""What is done for each message of a page: a function of the session and the message.

A new message: a class in `app.messages`, a function here, a line in `ANSWERS`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from strandline.app import messages as asked
from strandline.app.answers import galaxies, lists, mapping, out, people, saying

if TYPE_CHECKING:
    from strandline.app.session import Session

__all__ = ["ANSWERS", "IN_ORDER", "ONLY_LATEST", "SLOW"]

ONLY_LATEST = frozenset(("View", "Hover"))
IN_ORDER = frozenset(  # a vote counts for who is named before it, and the last one is undone
    (
        asked.Person, asked.ChooseClass, asked.Define, asked.CastVote, asked.Undo, asked.WriteNote,
        asked.Mark,
    )
)  # fmt: skip
SLOW = frozenset(
    (
        asked.ShowList, asked.Similar, asked.Drop, asked.NewClass, asked.SaveHead, asked.Save,
        asked.Send, asked.Colour,
    )
)  # fmt: skip

ANSWERS: dict[type, Callable[["Session", Any], None]] = {
    asked.Ready: people.ready,
    asked.Person: people.name_person,
    asked.ChooseClass: people.choose_class,
    asked.Define: people.define,
    asked.ShowList: lists.show_list,
    asked.More: lists.more,
    asked.Alike: lists.alike,
    asked.Cards: galaxies.send_cards,
    asked.OpenGalaxy: galaxies.open_galaxy,
    asked.Picture: galaxies.picture,
    asked.CastVote: saying.vote,
    asked.Undo: saying.undo,
    asked.WriteNote: saying.note,
    asked.Mark: saying.mark,
    asked.Colour: mapping.colour_by,
    asked.View: mapping.view,
    asked.Hover: mapping.hover,
    asked.Tap: mapping.tap,
    asked.Select: mapping.select,
    asked.Deselect: mapping.deselect,
    asked.Similar: lists.similar,
    asked.Drop: lists.drop,
    asked.NewClass: lists.new_class,
    asked.SaveHead: out.save_head,
    asked.Retrain: saying.retrain,
    asked.Save: out.save,
    asked.Send: out.send,
}
