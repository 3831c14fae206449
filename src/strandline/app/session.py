"""One person's page: what it asks for is checked, done in a thread, and answered."""

import base64
import binascii
import getpass
import itertools
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from strandline.app import listing as lists
from strandline.app import messages as asked
from strandline.app.heads import save_head
from strandline.app.links import links_at
from strandline.app.listing import Listing
from strandline.app.mapview import Change, MapView, home_of, within
from strandline.app.outgoing import FORMATS, catalogue_of, file_of
from strandline.app.pictures import CARD_PX, Look, encoded
from strandline.app.retraining import Trained
from strandline.app.shading import Viewport
from strandline.app.uploads import vector_of
from strandline.app.workspace import Workspace
from strandline.errors import OptionError, StrandlineError
from strandline.labels import LabelClass
from strandline.labels.votes import check_person
from strandline.report.colour import Stretch
from strandline.report.words import FLAG_WORDS

__all__ = ["RESERVED_KEYS", "Session"]

RESERVED_KEYS = frozenset("ynuzdlox?")
"""Keys that the page itself uses; a class cannot have them there."""

_FIRST = 60
_NEIGHBOURS = 20
_LABEL = "label"
_HEAD = "head"
_LOG = logging.getLogger(__name__)

Tell = Callable[[dict[str, Any]], None]
Apply = Callable[[Change], None]


class Session:
    """What one page shows, and who looks at it.

    Parameters
    ----------
    workspace : Workspace
    person : str, optional
        Who has logged in; then nobody can vote under another name. By default the user of this
        machine, who may choose another.
    """

    def __init__(self, workspace: Workspace, person: str | None = None) -> None:
        self.workspace = workspace
        self.person = person or _user()
        self.is_known = person is not None
        self.label_class = workspace.first_class
        self.channel = f"strandline-{secrets.token_hex(6)}"
        self.map = MapView(workspace.sky, workspace.painter, self.channel)
        self.listing = self._first_list()
        self.selected: NDArray[np.int64] = np.zeros(0, np.int64)
        self._polygons: list[tuple[list[float], list[float]]] = []
        self._colour = "probability" if "probability" in workspace.sky.numeric else "novelty"
        self._numbers = itertools.count()
        self._latest: dict[str, int] = {}
        self._own = ThreadPoolExecutor(1, thread_name_prefix="strandline-person")
        self._tell: Tell = lambda told: None
        self._apply: Apply = lambda change: change()
        self._forget = workspace.retrainer.listen(self._learned)
        self._values(self._colour)
        self._relabel()
        self.map.show(self.map.view)()

    def connect(self, tell: Tell, apply: Apply) -> None:
        """Take what sends messages to the page, and what changes the figure."""
        self._tell, self._apply = tell, apply

    def close(self) -> None:
        """Hear of retraining no more; what was asked for before is still done."""
        self._forget()
        self._own.shutdown(wait=False)

    def setup(self) -> dict[str, Any]:
        """Return what the page must know at the beginning."""
        sky = self.workspace.sky
        return {
            "channel": self.channel,
            "title": sky.table.path.name,
            "count": len(sky),
            "kind": sky.table.spec.kind,
            "bands": list(sky.table.spec.bands),
            "views": list(self.workspace.painter.views),
            "numeric": list(sky.numeric),
            "models": list(sky.models),
            "person": self.person,
            "known": self.is_known,
            "samp": self.workspace.sender is not None,
            "forms": list(FORMATS),
            "flags": dict(FLAG_WORDS.values()),
            "home": self._home(),
            "colour": self._colour,
            "classes": self._classes(),
            "class": self.label_class,
            "heads": str(self.workspace.heads),
            "table": str(sky.table.path),
        }

    def handle(self, data: object) -> None:
        """Check a message and do it in a thread; what goes wrong is told to the page."""
        try:
            message = asked.read_message(data)
        except StrandlineError as error:
            self._tell({"tell": "trouble", "text": str(error)})
            return
        name = type(message).__name__
        number = next(self._numbers)
        if name in _ONLY_LATEST:
            self._latest[name] = number
        kind = type(message)
        pool = self._own if kind in _IN_ORDER else self.workspace.quick
        pool = self.workspace.slow if kind in _SLOW else pool
        pool.submit(self._do, message, number)

    def do(self, message: asked.Message) -> None:
        """Do what a message asks for, now and here.

        Raises
        ------
        StrandlineError
            If it cannot be done.
        """
        _DOING[type(message)](self, message)

    def _do(self, message: asked.Message, number: int) -> None:
        name = type(message).__name__
        if self._latest.get(name, number) != number:
            return  # the pointer, or the view, is elsewhere by now
        try:
            self.do(message)
        except StrandlineError as error:
            self._tell({"tell": "trouble", "text": str(error), "of": _key_of(message)})
        except Exception as error:
            _LOG.exception("a page asked for %s", name)
            text = f"{type(error).__name__}: {error} - this should not have happened."
            self._tell({"tell": "trouble", "text": text, "of": _key_of(message)})

    # who, and about what

    def _ready(self, message: asked.Ready) -> None:
        self._tell({"tell": "setup", **self.setup()})
        self._tell_colour()
        self._show(self.listing)
        self._tell_progress()

    def _name_person(self, message: asked.Person) -> None:
        if self.is_known:
            raise OptionError(f"You are logged in as {self.person} and vote under this name.")
        self.person = check_person(message.name)
        self._tell({"tell": "person", "name": self.person})
        self._show(self.listing)

    def _choose_class(self, message: asked.ChooseClass) -> None:
        known = [one.name for one in self.workspace.ballots.classes]
        if message.name not in known:
            raise OptionError(f"There is no class {message.name!r}; there are {', '.join(known)}.")
        self.label_class = message.name
        self._tell_classes()
        self._tell_progress()
        self._redraw()
        if self.workspace.retrainer.latest(self.label_class) is None:
            self.workspace.retrainer.request(self.label_class)

    def _define(self, message: asked.Define) -> None:
        key = message.key.lower() or None
        if key in RESERVED_KEYS:
            raise OptionError(f"Key {key!r} is used by the page itself. Choose another.")
        made = LabelClass(message.name, message.description, key, self.person)
        self.workspace.ballots.define(made)
        self.label_class = made.name
        self._tell_classes()
        self._tell_progress()
        self._redraw()

    # lists

    def _show_list(self, message: asked.ShowList) -> None:
        sky, ballots = self.workspace.sky, self.workspace.ballots
        trained = self.workspace.retrainer.latest(self.label_class)
        if message.kind == "ranking":
            found = lists.by_column(sky, message.by, rising=message.rising)
        elif message.kind == "selection":
            found = lists.of_selection(sky, self.selected)
        elif message.kind == "queue":
            found = lists.to_label(sky, ballots, self.label_class, trained)
        elif message.kind == "unexpected":
            found = lists.unexpected(sky, ballots, self.person)
        elif message.kind == "disputed":
            found = lists.disputed(ballots, self.label_class)
        elif message.kind == "labelled":
            found = lists.labelled(ballots, self.label_class)
        else:
            found = lists.by_head(
                sky, trained or self.workspace.retrainer.retrain(self.label_class)
            )
        self._show(found)

    def _more(self, message: asked.More) -> None:
        start, rows = message.start, self.listing.rows
        self._tell(
            {"tell": "more", "start": start, "cards": self._cards(start, start + message.count)}
            | {"total": len(rows)}
        )

    def _alike(self, message: asked.Alike) -> None:
        rows = self.listing.alike.get(message.row, [])
        found = Listing(
            "alike", f"Nearly the same: {len(rows) + 1}", np.array([message.row, *rows], np.int64)
        )
        self._show(found)

    def _similar(self, message: asked.Similar) -> None:
        self._check(message.rows)
        found = lists.like(self.workspace.sky, message.rows, together=message.together)
        self._show(found)

    def _drop(self, message: asked.Drop) -> None:
        try:
            content = base64.b64decode(message.content, validate=True)
        except (binascii.Error, ValueError) as error:
            raise OptionError("The picture did not arrive whole. Drop it again.") from error
        vector, assumed = vector_of(content, self.workspace.sky.table, self.workspace.encoder)
        found = lists.like(
            self.workspace.sky, vector=vector, what=f"Like the picture {message.name}"
        )
        self._show(found, assumed or "Nearest in the embedding to the picture that you dropped.")

    def _new_class(self, message: asked.NewClass) -> None:
        """Take examples for votes of this person, and rank by what they teach."""
        self._check(message.rows)
        ballots = self.workspace.ballots
        made = LabelClass(message.name, f"by {self.person}", None, self.person)
        if made.name not in {one.name for one in ballots.classes}:
            ballots.define(made)
        self.label_class = made.name
        for row in message.rows:
            ballots.cast(row, made.name, "yes", self.person, key=uuid4(), shown={"mode": "example"})
        trained = self.workspace.retrainer.retrain(made.name)
        self._tell_classes()
        self._learned(trained)
        self._show(lists.by_head(self.workspace.sky, trained))

    def _save_head(self, message: asked.SaveHead) -> None:
        trained = self.workspace.retrainer.retrain(message.name)
        folder = save_head(self.workspace.sky, trained, self.workspace.heads)
        table = self.workspace.sky.table.path
        command = f"strandline classify {table} --head {folder} --out {folder.name}.parquet"
        self._tell({"tell": "done", "text": f"Saved as {folder}. Use it with:", "code": command})

    # galaxies

    def _send_cards(self, message: asked.Cards) -> None:
        self._check(message.rows)
        drawn = self.workspace.painter.draw(message.rows, Look(message.view, size_px=CARD_PX))
        pictures = dict(zip((str(row) for row in message.rows), drawn, strict=True))
        self._tell({"tell": "pictures", "view": message.view, "pictures": pictures})

    def _open(self, message: asked.OpenGalaxy) -> None:
        row, sky = message.row, self.workspace.sky
        self._check([row])
        facts = sky.facts(row)
        told: dict[str, Any] = {"tell": "galaxy", "galaxy": facts, **self._said(row)}
        if facts["ra"] is not None:
            told["links"] = links_at(facts["ra"], facts["dec"])
        try:
            near = lists.like(sky, [row], n=_NEIGHBOURS)
            told["neighbours"] = [sky.brief(int(other)) for other in near.rows]
            told["similarity"] = (near.scores if near.scores is not None else np.zeros(0)).tolist()
        except StrandlineError as error:  # a stamp without data has no neighbours
            told["neighbours"], told["similarity"] = [], []
            told["trouble"] = str(error)
        self._tell(told)
        self._apply(self.map.point_at(row))

    def _picture(self, message: asked.Picture) -> None:
        self._check([message.row])
        stretch = Stretch(message.brightness, message.softening, message.saturation)
        look = Look(message.view, stretch, message.smoothing)
        drawn = self.workspace.painter.draw([message.row], look)[0]
        self._tell(
            {"tell": "picture", "row": message.row, "slot": message.slot, "view": message.view}
            | {"picture": drawn}
        )

    # what people say

    def _vote(self, message: asked.CastVote) -> None:
        self._check([message.row])
        new = self.workspace.ballots.cast(
            message.row, message.label_class, message.value, self.person,
            key=message.key, shown=self._shown(message),
        )  # fmt: skip
        self._tell({"tell": "stored", "key": str(message.key), **self._said(message.row)})
        if new:
            self.workspace.retrainer.voted(message.label_class)

    def _undo(self, message: asked.Undo) -> None:
        taken = self.workspace.ballots.undo(self.person)
        if taken is None:
            raise OptionError(f"{self.person} has no vote that could be taken back.")
        vote, row = taken
        told = {"tell": "undone", "class": vote.label_class, "id": vote.galaxy.id, "row": row}
        self._tell(told if row is None else told | self._said(row))
        self.workspace.retrainer.request(vote.label_class)

    def _note(self, message: asked.WriteNote) -> None:
        self._check([message.row])
        self.workspace.ballots.write_note(message.row, message.text, self.person, key=message.key)
        self._tell({"tell": "said", **self._said(message.row)})

    def _mark(self, message: asked.Mark) -> None:
        self._check([message.row])
        alike = self.listing.alike.get(message.row, []) if not message.interesting else []
        for row in (message.row, *alike[:_FIRST]):
            key = message.key if row == message.row else uuid4()
            self.workspace.ballots.mark(row, message.interesting, self.person, key=key)
        self._tell({"tell": "marked", "row": message.row, "interesting": message.interesting})

    def _retrain(self, message: asked.Retrain) -> None:
        self.workspace.retrainer.request(self.label_class)

    # the map

    def _colour_by(self, message: asked.Colour) -> None:
        self._values(message.by)
        self._colour = message.by
        self._tell_colour()
        self._redraw()

    def _view(self, message: asked.View) -> None:
        if not (message.x1 > message.x0 and message.y1 > message.y0):
            return
        view = Viewport(
            message.x0, message.x1, message.y0, message.y1, message.width, message.height
        )
        self._relabel()
        self._apply(self.map.show(view))

    def _hover(self, message: asked.Hover) -> None:
        row = self.workspace.sky.nearest_on_map(message.x, message.y, message.within)
        card = None
        if row is not None:
            card = self.workspace.sky.brief(row)
            look = Look(size_px=CARD_PX)
            card["picture"] = self.workspace.painter.draw([row], look)[0]
        self._tell({"tell": "hover", "card": card})

    def _tap(self, message: asked.Tap) -> None:
        row = self.workspace.sky.nearest_on_map(message.x, message.y, message.within)
        if row is not None:
            self._tell({"tell": "tapped", "row": row})

    def _select(self, message: asked.Select) -> None:
        if len(message.x) != len(message.y):
            raise OptionError("A selection has as many x as y.")
        rows = within(self.workspace.sky.places, message.x, message.y)
        if message.mode == "new":
            self.selected, self._polygons = rows, [(message.x, message.y)]
        elif message.mode == "add":
            self.selected = np.union1d(self.selected, rows)
            self._polygons = [*self._polygons, (message.x, message.y)]
        else:
            self.selected = np.setdiff1d(self.selected, rows)
            self._polygons = [*self._polygons, (message.x, message.y)]
        self._apply(self.map.outline(self._polygons))
        self._show(lists.of_selection(self.workspace.sky, self.selected))

    def _deselect(self, message: asked.Deselect) -> None:
        self.selected, self._polygons = np.zeros(0, np.int64), []
        self._apply(self.map.outline([]))
        self._show(self._first_list())

    # out

    def _save(self, message: asked.Save) -> None:
        content = file_of(self._catalogue(message.rows), message.form)
        name = f"strandline-{self.listing.kind}{FORMATS.get(message.form, '')}"
        text = base64.b64encode(content).decode("ascii")
        self._tell({"tell": "file", "name": name, "content": text})

    def _send(self, message: asked.Send) -> None:
        sender = self.workspace.sender
        if sender is None:
            raise OptionError(
                "SAMP reaches programs on the machine that serves this page, which is not yours. "
                "Save a VOTable and open that."
            )
        if message.point and message.rows:
            self._check(message.rows[:1])
            facts = self.workspace.sky.facts(message.rows[0])
            if facts["ra"] is None:
                raise OptionError("This galaxy has no position on the sky.")
            names = sender.point_at(facts["ra"], facts["dec"])
            self._tell({"tell": "done", "text": f"Shown in {', '.join(names)}."})
            return
        catalogue = self._catalogue(message.rows)
        names = sender.table(catalogue, f"Strandline: {self.listing.title}")
        self._tell(
            {"tell": "done", "text": f"{len(catalogue)} galaxies sent to {', '.join(names)}."}
        )

    # what several of these share

    def _first_list(self) -> Listing:
        sky = self.workspace.sky
        by = "probability" if "probability" in sky.columns.column_names else sky.numeric[0]
        return lists.by_column(sky, by)

    def _check(self, rows: list[int]) -> None:
        count = len(self.workspace.sky)
        for row in rows:
            if not 0 <= row < count:
                raise OptionError(f"The table has rows 0 to {count - 1}, not {row}.")

    def _show(self, found: Listing, note: str = "") -> None:
        self.listing = found
        self._tell(
            {
                "tell": "list",
                "kind": found.kind,
                "title": found.title,
                "note": note or found.note,
                "total": len(found.rows),
                "score": found.score_name,
                "cards": self._cards(0, _FIRST),
            }
        )

    def _cards(self, start: int, stop: int) -> list[dict[str, Any]]:
        sky, shown = self.workspace.sky, self.listing
        rows = [int(row) for row in shown.rows[start:stop]]
        mine = self.workspace.ballots.of_person(self.person, rows)
        cards = []
        for k, row in enumerate(rows, start):
            card = sky.brief(row) | {"k": k, "mine": mine.get(row, {})}
            if shown.scores is not None and np.isfinite(shown.scores[k]):
                card["score"] = round(float(shown.scores[k]), 4)
            if row in shown.alike:
                card["alike"] = len(shown.alike[row]) + 1
            cards.append(card)
        return cards

    def _home(self) -> dict[str, Any]:
        home = home_of(self.workspace.sky.places)
        ends = {"x0": home.x0, "x1": home.x1, "y0": home.y0, "y1": home.y1}
        return ends | {"picture": encoded(self.map.picture())}

    def _said(self, row: int) -> dict[str, Any]:
        """Return all votes and notes on a galaxy, this person's own votes apart."""
        ballots = self.workspace.ballots
        votes = ballots.on(row)
        notes = [
            {"person": n.person, "text": n.text, "at": n.written_at.strftime("%Y-%m-%d %H:%M")}
            for n in ballots.notes(row)
        ]
        mine = {name: said[self.person] for name, said in votes.items() if self.person in said}
        together = {name: ballots.consensus_on(row, name) for name in votes}
        return {"row": row, "votes": votes, "mine": mine, "together": together, "notes": notes}

    def _shown(self, message: asked.CastVote) -> dict[str, Any]:
        told = {str(name)[:40]: value for name, value in list(message.shown.items())[:20]}
        facts = self.workspace.sky.brief(message.row)
        return told | {
            "list": self.listing.kind,
            "probability": facts["p"],
            "models": list(self.workspace.sky.models),
        }

    def _catalogue(self, rows: list[int] | None) -> Any:
        if rows is not None:
            self._check(rows)
        chosen = self.listing.rows if rows is None else np.array(rows, dtype=np.int64)
        trained = self.workspace.retrainer.latest(self.label_class)
        return catalogue_of(
            self.workspace.sky, chosen, self.workspace.ballots, self.label_class, trained
        )

    def _values(self, name: str) -> None:
        sky = self.workspace.sky
        trained = self.workspace.retrainer.latest(self.label_class)
        if name == _HEAD:
            if trained is None or trained.probability is None:
                raise OptionError(f"{self.label_class}: nothing is learned yet.")
            self.map.colour_by(trained.probability.astype(np.float64))
        elif name == _LABEL:
            opinions = self.workspace.ballots.opinions(self.label_class)
            values = np.full(len(sky), np.nan)
            values[opinions.rows] = opinions.consensus.probability
            self.map.colour_by(values)
        elif name in (*sky.numeric, "novelty"):
            self.map.colour_by(sky.numbers(name))
        else:
            raise OptionError(f"There is no column {name!r} of numbers.")

    def _relabel(self) -> None:
        opinions = self.workspace.ballots.opinions(self.label_class)
        self.map.labels(opinions.rows, opinions.consensus.values)

    def _redraw(self) -> None:
        self._relabel()
        self._apply(self.map.show(self.map.view))

    def _learned(self, trained: Trained) -> None:
        """Tell the page of a head that has learned anew; called in the retrainer's thread."""
        if trained.label_class != self.label_class:
            return
        self._tell_progress()
        if self._colour == _HEAD:
            self._values(_HEAD)
        self._redraw()

    def _tell_colour(self) -> None:
        low, high = self.map.ends
        self._tell({"tell": "colour", "by": self._colour, "low": low, "high": high})

    def _tell_classes(self) -> None:
        self._tell({"tell": "classes", "classes": self._classes(), "class": self.label_class})

    def _classes(self) -> list[dict[str, Any]]:
        return [
            {
                "name": one.name,
                "description": one.description,
                "key": one.key if one.key and one.key.lower() not in RESERVED_KEYS else None,
            }
            for one in self.workspace.ballots.classes
        ]

    def _tell_progress(self) -> None:
        trained = self.workspace.retrainer.latest(self.label_class)
        told: dict[str, Any] = {
            "tell": "progress",
            "class": self.label_class,
            "count": self.workspace.ballots.count(self.label_class),
        }
        if trained is not None:
            progress = trained.progress
            told |= {
                "seconds": round(trained.seconds, 2),
                "learned": trained.probability is not None,
                "labels": progress.labels.tolist(),
                "examples": progress.examples.tolist(),
                "inspected": list(progress.inspected),
                "completeness": _plain(progress.completeness),
                "error": _plain(progress.error),
                "auc": _plain(progress.auc),
            }
        self._tell(told)


_ONLY_LATEST = frozenset(("View", "Hover"))
_IN_ORDER = frozenset(  # a vote counts for who is named before it, and the last one is undone
    (
        asked.Person, asked.ChooseClass, asked.Define, asked.CastVote, asked.Undo, asked.WriteNote,
        asked.Mark,
    )
)  # fmt: skip
_SLOW = frozenset(
    (
        asked.ShowList, asked.Similar, asked.Drop, asked.NewClass, asked.SaveHead, asked.Save,
        asked.Send, asked.Colour,
    )
)  # fmt: skip

_DOING: dict[type, Callable[[Session, Any], None]] = {
    asked.Ready: Session._ready,
    asked.Person: Session._name_person,
    asked.ChooseClass: Session._choose_class,
    asked.Define: Session._define,
    asked.ShowList: Session._show_list,
    asked.More: Session._more,
    asked.Alike: Session._alike,
    asked.Cards: Session._send_cards,
    asked.OpenGalaxy: Session._open,
    asked.Picture: Session._picture,
    asked.CastVote: Session._vote,
    asked.Undo: Session._undo,
    asked.WriteNote: Session._note,
    asked.Mark: Session._mark,
    asked.Colour: Session._colour_by,
    asked.View: Session._view,
    asked.Hover: Session._hover,
    asked.Tap: Session._tap,
    asked.Select: Session._select,
    asked.Deselect: Session._deselect,
    asked.Similar: Session._similar,
    asked.Drop: Session._drop,
    asked.NewClass: Session._new_class,
    asked.SaveHead: Session._save_head,
    asked.Retrain: Session._retrain,
    asked.Save: Session._save,
    asked.Send: Session._send,
}


def _plain(values: NDArray[np.float64]) -> list[Any]:
    """Return numbers as lists, None where they are NaN."""
    return [
        _plain(value) if np.ndim(value) else (None if np.isnan(value) else round(float(value), 4))
        for value in values
    ]


def _key_of(message: asked.Message) -> str:
    return str(getattr(message, "key", ""))


def _user() -> str:
    try:
        return check_person(getpass.getuser())
    except (OSError, KeyError, StrandlineError):
        return "me"
