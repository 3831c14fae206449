"""Scores that are kept, so that an interrupted benchmark goes on, and what they are of."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline.classify.contestants import Contestant, Facts, Outcome
from strandline.classify.drawing import LabelDraw
from strandline.errors import OutputError
from strandline.files import write_aside

__all__ = ["Keeper", "claim"]


def claim(work: Path, content: dict[str, object]) -> None:
    """Write what a folder of kept scores is for, or check that it is for the same.

    Parameters
    ----------
    work : Path
    content : dict
        What must be the same; plain JSON.

    Raises
    ------
    OutputError
        If it is not.
    """
    path = work / "claim.json"
    if not path.is_file():
        with write_aside(path) as aside:
            aside.write_text(json.dumps(content) + "\n", encoding="utf-8")
        return
    found = json.loads(path.read_text(encoding="utf-8"))
    other = [name for name in content if found.get(name) != content[name]]
    if other:
        raise OutputError(
            f"{work}: holds the scores of a benchmark of another {', '.join(other)}. "
            "Give another --out, or remove the folder."
        )


@dataclass(frozen=True)
class Keeper:
    """Trains and scores, or takes what was kept.

    Attributes
    ----------
    folder : Path, optional
        None: nothing is kept.
    """

    folder: Path | None

    def outcome(
        self,
        one: Contestant,
        values: NDArray[np.int64],
        draw: LabelDraw,
        asked: NDArray[np.int64],
    ) -> Outcome:
        """Return scores of `asked`, and facts with ``fit_seconds`` if it learns.

        These are the seconds of training and scoring if the contestant does not tell better.
        """
        kept = None
        if self.folder is not None:
            kept = self.folder / f"{one.tag}-{draw.count}-{draw.number}.npz"
            if kept.is_file():
                with np.load(kept, allow_pickle=False) as content:
                    return Outcome(content["scores"], json.loads(str(content["facts"])))
        started = time.perf_counter()
        found = one.scores(values, draw, asked)
        facts: Facts = {"fit_seconds": time.perf_counter() - started} if one.learns else {}
        outcome = Outcome(np.asarray(found.scores, dtype=np.float64), facts | found.facts)
        if kept is not None:
            with write_aside(kept) as aside, aside.open("wb") as file:
                np.savez_compressed(file, scores=outcome.scores, facts=json.dumps(outcome.facts))
        return outcome
