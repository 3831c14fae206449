"""Lists of galaxies: whatever the engines find is a list, and a page shows lists."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from strandline.app.ballots import INTERESTING, Ballots
from strandline.app.retraining import Trained
from strandline.app.sky import Sky
from strandline.errors import OptionError
from strandline.explore import Together, similar
from strandline.explore.grouping import first_of_each, group_alike
from strandline.explore.novelty import rescore
from strandline.explore.queue import next_to_label
from strandline.explore.vectors import likeness

__all__ = [
    "Listing",
    "by_column",
    "by_head",
    "disputed",
    "labelled",
    "like",
    "of_selection",
    "to_label",
    "unexpected",
]

_ALIKE = 200
_QUEUE = 100
_GROUPED = 2000


@dataclass(frozen=True)
class Listing:
    """Galaxies in an order, and why.

    Attributes
    ----------
    kind : str
        Which of the functions here made it.
    title : str
        A few words.
    rows : ndarray of int64, shape (galaxy,)
    note : str
        A sentence.
    scores : ndarray of float64, shape (galaxy,), or None
        What they are sorted by, with its name.
    score_name : str
    alike : dict of int to list of int
        Rows that are nearly the same as a listed one and stand behind it.
    """

    kind: str
    title: str
    rows: NDArray[np.int64]
    note: str = ""
    scores: NDArray[np.float64] | None = None
    score_name: str = ""
    alike: dict[int, list[int]] = field(default_factory=dict)


def by_column(sky: Sky, name: str, *, rising: bool = False) -> Listing:
    """List all galaxies by a column, largest first; those without a value come last.

    Raises
    ------
    OptionError
        If there is no such column of numbers.
    """
    if name not in (*sky.numeric, "novelty"):
        raise OptionError(f"There is no column {name!r} to sort by.")
    values = sky.numbers(name)
    order = np.argsort(
        np.where(np.isnan(values), np.inf, values if rising else -values), kind="stable"
    )
    return Listing("ranking", "All galaxies", order, scores=values[order], score_name=name)


def by_head(sky: Sky, trained: Trained) -> Listing:
    """List all galaxies by the head of a class, likeliest first."""
    if trained.probability is None:
        raise OptionError(
            f"{trained.label_class}: nothing is learned yet; three examples are needed."
        )
    values = trained.probability.astype(np.float64)
    order = np.argsort(np.where(np.isnan(values), np.inf, -values), kind="stable")
    return Listing(
        "head",
        f"Most like {trained.label_class}",
        order,
        f"By a head that learned from {int(trained.progress.labels[-1])} labels.",
        values[order],
        trained.label_class,
    )


def of_selection(sky: Sky, rows: NDArray[np.int64]) -> Listing:
    """List what was selected on the map, most probable first."""
    values = sky.probability[rows]
    order = np.argsort(np.where(np.isnan(values), np.inf, -values), kind="stable")
    return Listing("selection", "Selected on the map", rows[order])


def like(
    sky: Sky,
    rows: Sequence[int] = (),
    vector: NDArray[np.float32] | None = None,
    *,
    together: Together = "mean",
    n: int = _ALIKE,
    what: str = "",
) -> Listing:
    """List the galaxies most like one or several, or like a vector that is like `Sky.vectors`.

    Where the table has harmonics of light, galaxies are compared by these and the embedding
    together, in the space of their strongest axes (see `likeness`); else see `similar`.
    """
    names = [sky.columns["id"][row].as_py() for row in rows]
    title = what or (f"Like {names[0]}" if len(names) == 1 else f"Like {len(names)} galaxies")
    if sky.has_harmonics:
        wanted = sky.space[list(rows)] if vector is None else sky.axes(vector[None])
        if np.isfinite(wanted).all():
            return _alike(sky, wanted, rows, n, together, title)
        vector = None if vector is None else vector[: sky.features]
    found = similar(sky.table, like=names, vector=vector, n=n, together=together)
    scores = found["similarity"].to_numpy().astype(np.float64)
    return Listing(
        "similar", title, found["row"].to_numpy().astype(np.int64), "Nearest in the embedding.",
        scores, "similarity",
    )  # fmt: skip


def _alike(
    sky: Sky,
    wanted: NDArray[np.float32],
    own: Sequence[int],
    n: int,
    together: Together,
    title: str,
) -> Listing:
    examples = [wanted] if together == "mean" else [place[None] for place in wanted]
    score = np.max([likeness(sky.space, places) for places in examples], axis=0)
    score = np.nan_to_num(score, nan=-np.inf)
    score[list(own)] = -np.inf
    order = np.argsort(-score, kind="stable")[:n]
    order = order[np.isfinite(score[order])]
    return Listing(
        "similar", title, order, "Most alike in the embedding and the harmonics of light.",
        score[order].astype(np.float64), "similarity",
    )  # fmt: skip


def to_label(sky: Sky, ballots: Ballots, label_class: str, trained: Trained | None) -> Listing:
    """List what teaches most when it is labelled; see `next_to_label`."""
    opinions = ballots.opinions(label_class)
    probability = None if trained is None else trained.probability
    if probability is None and np.isfinite(sky.probability).any():
        probability = np.asarray(sky.probability, dtype=np.float32)
    told = None if probability is None else np.nan_to_num(probability, nan=0.5)
    rows = next_to_label(sky.space, told, opinions.rows, sky.novelty, _QUEUE, sky.seed)
    scores = None if probability is None else probability[rows].astype(np.float64)
    return Listing(
        "queue", f"To label: {label_class}", rows,
        "Likely ones, uncertain ones, some unlike all that is labelled, and some novel ones.",
        scores, "p",
    )  # fmt: skip


def unexpected(sky: Sky, ballots: Ballots, person: str) -> Listing:
    """List what is unlike all else, less what this person called dull; like ones stand as one."""
    opinions = ballots.of_person(person, ballots.opinions(INTERESTING.name).rows.tolist())
    marks = {
        row: said[INTERESTING.name] for row, said in opinions.items() if INTERESTING.name in said
    }
    given = np.array([1.0 if value == "yes" else 0.0 for value in marks.values()])
    score = rescore(sky.space, sky.novelty, list(marks), given, seed=sky.seed)
    order = np.argsort(-np.nan_to_num(score, nan=-1.0), kind="stable")
    order = order[np.isfinite(score[order])]
    order = order[~np.isin(order, list(marks))][:_GROUPED]
    members = first_of_each(order, group_alike(sky.vectors, order, seed=sky.seed))
    first = np.array([group[0] for group in members], dtype=np.int64)
    alike = {int(group[0]): group[1:].tolist() for group in members if len(group) > 1}
    note = "Unlike all others. Mark what is dull (D) or worth a look (L): it is learned from."
    if marks:
        note = f"Corrected by {len(marks)} of your marks. " + note
    return Listing(
        "unexpected",
        "The unexpected",
        first,
        note,
        score[first].astype(np.float64),
        "novelty",
        alike,
    )


def disputed(ballots: Ballots, label_class: str) -> Listing:
    """List galaxies on which people disagree, most first."""
    found = ballots.opinions(label_class)
    bits = found.consensus.disagreement_bits
    order = np.argsort(-bits, kind="stable")
    order = order[bits[order] > 0]
    return Listing(
        "disputed", f"Disputed: {label_class}", found.rows[order],
        "Most disagreement first, as the entropy of votes in bits.", bits[order], "bits",
    )  # fmt: skip


def labelled(ballots: Ballots, label_class: str) -> Listing:
    """List galaxies that were labelled in a class, yes first."""
    found = ballots.opinions(label_class)
    order = np.argsort(-found.consensus.values, kind="stable")
    yes, no = ((found.consensus.values == value).sum() for value in (1, 0))
    return Listing(
        "labelled", f"Labelled: {label_class}", found.rows[order],
        f"{yes} yes, {no} no, {len(order) - yes - no} undecided.",
    )  # fmt: skip
