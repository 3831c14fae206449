"""One person's page: what it asks for is checked, done in a thread, and answered."""

import getpass
import itertools
import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.app import listing as lists
from strandline.app import messages as asked
from strandline.app.answers import ANSWERS, IN_ORDER, ONLY_LATEST, SLOW
from strandline.app.answers.people import RESERVED_KEYS
from strandline.app.listing import Listing
from strandline.app.mapview import Change, MapView, home_of
from strandline.app.outgoing import FORMATS
from strandline.app.pictures import encoded
from strandline.app.retraining import Trained
from strandline.app.workspace import Workspace
from strandline.errors import OptionError, StrandlineError
from strandline.labels.votes import check_person
from strandline.report.words import FLAG_WORDS

__all__ = ["Session"]

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
        self.listing = self.first_list()
        self.selected: NDArray[np.int64] = np.zeros(0, np.int64)
        self.polygons: list[tuple[list[float], list[float]]] = []
        self.colour = "probability" if "probability" in workspace.sky.numeric else "novelty"
        self._numbers = itertools.count()
        self._latest: dict[str, int] = {}
        self._own = ThreadPoolExecutor(1, thread_name_prefix="strandline-person")
        self.tell: Tell = lambda told: None
        self.apply: Apply = lambda change: change()
        self._forget = workspace.retrainer.listen(self.learned)
        self.colour_by(self.colour)
        self.relabel()
        self.map.show(self.map.view)()

    def connect(self, tell: Tell, apply: Apply) -> None:
        """Take what sends messages to the page, and what changes the figure."""
        self.tell, self.apply = tell, apply

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
            "colour": self.colour,
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
            self.tell({"tell": "trouble", "text": str(error)})
            return
        name = type(message).__name__
        number = next(self._numbers)
        if name in ONLY_LATEST:
            self._latest[name] = number
        kind = type(message)
        pool = self._own if kind in IN_ORDER else self.workspace.quick
        pool = self.workspace.slow if kind in SLOW else pool
        pool.submit(self._do, message, number)

    def do(self, message: asked.Message) -> None:
        """Do what a message asks for, now and here.

        Raises
        ------
        StrandlineError
            If it cannot be done.
        """
        ANSWERS[type(message)](self, message)

    def _do(self, message: asked.Message, number: int) -> None:
        name = type(message).__name__
        if self._latest.get(name, number) != number:
            return  # the pointer, or the view, is elsewhere by now
        try:
            self.do(message)
        except StrandlineError as error:
            self.tell({"tell": "trouble", "text": str(error), "of": _key_of(message)})
        except Exception as error:
            _LOG.exception("a page asked for %s", name)
            text = f"{type(error).__name__}: {error} - this should not have happened."
            self.tell({"tell": "trouble", "text": text, "of": _key_of(message)})

    # what several of these share

    def first_list(self) -> Listing:
        """Return what is shown when nothing is asked for."""
        sky = self.workspace.sky
        by = "probability" if "probability" in sky.columns.column_names else sky.numeric[0]
        return lists.by_column(sky, by)

    def check(self, rows: list[int]) -> None:
        """Check that the table has these rows."""
        count = len(self.workspace.sky)
        for row in rows:
            if not 0 <= row < count:
                raise OptionError(f"The table has rows 0 to {count - 1}, not {row}.")

    def show(self, found: Listing, note: str = "") -> None:
        """Take a list for what is shown, and send its beginning."""
        self.listing = found
        self.tell(
            {
                "tell": "list",
                "kind": found.kind,
                "title": found.title,
                "note": note or found.note,
                "total": len(found.rows),
                "score": found.score_name,
                "cards": self.cards(0, _FIRST),
            }
        )

    def cards(self, start: int, stop: int) -> list[dict[str, Any]]:
        """Return some galaxies of the list as the page shows them."""
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

    def said(self, row: int) -> dict[str, Any]:
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

    def colour_by(self, name: str) -> None:
        """Give the map the values of a column, the labels, or what the head has learned."""
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

    def relabel(self) -> None:
        """Ring the labelled galaxies of the map."""
        opinions = self.workspace.ballots.opinions(self.label_class)
        self.map.labels(opinions.rows, opinions.consensus.values)

    def redraw(self) -> None:
        """Draw the map anew."""
        self.relabel()
        self.apply(self.map.show(self.map.view))

    def learned(self, trained: Trained) -> None:
        """Tell the page of a head that has learned anew; called in the retrainer's thread."""
        if trained.label_class != self.label_class:
            return
        self.tell_progress()
        if self.colour == _HEAD:
            self.colour_by(_HEAD)
        self.redraw()

    def tell_colour(self) -> None:
        """Tell the page what the map is coloured by."""
        low, high = self.map.ends
        self.tell({"tell": "colour", "by": self.colour, "low": low, "high": high})

    def tell_classes(self) -> None:
        """Tell the page which classes there are."""
        self.tell({"tell": "classes", "classes": self._classes(), "class": self.label_class})

    def _classes(self) -> list[dict[str, Any]]:
        return [
            {
                "name": one.name,
                "description": one.description,
                "key": one.key if one.key and one.key.lower() not in RESERVED_KEYS else None,
            }
            for one in self.workspace.ballots.classes
        ]

    def tell_progress(self) -> None:
        """Tell the page what the head has learned."""
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
        self.tell(told)


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
