"""What a report is made from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.classify import Sky
from strandline.stamps import StampTable

__all__ = ["Curve", "History", "ReportInputs"]


@dataclass(frozen=True)
class Curve:
    """Scores of galaxies whose truth is known, for the curves of one model.

    Attributes
    ----------
    name : str
        Of the model.
    truth : ndarray of int, shape (n,)
        1 interacting, 0 not.
    score : ndarray of float, shape (n,)
        The model's probability.
    note : str
        On which galaxies, as the end of a sentence: "on blocks of sky kept for testing".
    """

    name: str
    truth: NDArray[np.int64]
    score: NDArray[np.float64]
    note: str


@dataclass(frozen=True)
class History:
    """How a training went, epoch by epoch.

    Attributes
    ----------
    name : str
        Of the model.
    epochs : list of int
        Numbers of the epochs.
    series : dict of list of float
        One value an epoch, by name; None or NaN where it was not measured.
    """

    name: str
    epochs: list[int]
    series: dict[str, list[float]]


@dataclass(frozen=True)
class ReportInputs:
    """Everything that a report shows.

    Attributes
    ----------
    title : str
        Name of the survey or run.
    command : str
        What the user ran, for repeating it.
    table : StampTable
        The stamps; its pixels are read for the galaxies that are pictured.
    catalogue : pyarrow.Table
        Ranked, best first, with the columns of the stamp table, ``row`` (of the stamp table),
        ``probability``, and optionally ``probability_<model>``, ``map_x``, ``map_y``, ``label``
        (1 interacting, 0 not, null unknown).
    curves : tuple of Curve
        Measured against the truth of this run; where the catalogue has no ``label``, the
        models' own validation.
    history : tuple of History
        Trainings to show.
    cards : tuple of dict
        The models' cards, each with its ``name``.
    sky : Sky, optional
        What the galaxies hold at the sky's prevalence of interactions.
    models : str
        Which models scored, and why these; a sentence without its beginning "Scored by".
    notes : tuple of (str, str)
        Tile name, and what was odd there and how it was treated.
    skipped : tuple of (str, str)
        Path and reason of inputs that could not be used.
    seed : int or None
        Of the run.
    """

    title: str
    command: str
    table: StampTable
    catalogue: pa.Table
    curves: tuple[Curve, ...] = ()
    history: tuple[History, ...] = ()
    cards: tuple[dict[str, Any], ...] = ()
    sky: Sky | None = None
    models: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    seed: int | None = None
