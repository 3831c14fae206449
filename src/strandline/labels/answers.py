"""What the answers to a question on Zooniverse say of classes."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from strandline.errors import LabelError, OptionError
from strandline.labels.classes import class_name
from strandline.labels.votes import VALUES

__all__ = ["Answers", "parse_answers", "said_by"]

Answers = Mapping[str, tuple[tuple[str, str], ...]]
"""What each answer of a question says: classes and values, by the answer's plain text."""

_STRONGEST_FIRST = ("yes", "unsure", "no")


def parse_answers(texts: Sequence[str]) -> Answers:
    """Read which answer means what: ``ANSWER=CLASS`` or ``ANSWER=CLASS:VALUE``.

    An answer may be given several times, for several classes; without a value it means yes.

    Raises
    ------
    OptionError
    """
    told: dict[str, dict[str, str]] = {}
    for text in texts:
        answer, equals, meaning = text.rpartition("=")
        name, colon, value = meaning.partition(":")
        value = value.strip().lower() if colon else "yes"
        if not equals or not _plain(answer) or value not in VALUES:
            raise OptionError(
                f"answer {text!r}: expected ANSWER=CLASS or ANSWER=CLASS:VALUE, such as "
                f"'A tail=tail' or 'Smooth=tail:no'; values are {', '.join(VALUES)}."
            )
        meant = told.setdefault(_plain(answer), {})
        if meant.setdefault(class_name(name), value) != value:
            raise OptionError(f"answer {text!r}: means two values of one class.")
    if not told:
        raise OptionError("Say what each answer means, such as --answer 'Yes=tail'.")
    return {answer: tuple(meant.items()) for answer, meant in told.items()}


def said_by(given: Any, answers: Answers, left_out: Counter[str], line: str) -> dict[str, str]:
    """Return the value of each class that an answer, or several ticked ones, speak of.

    Parameters
    ----------
    given : str, list of str or None
        What was chosen; a list where several answers may be ticked.
    answers : Answers
    left_out : Counter of str
        Counts what means nothing.
    line : str
        For messages.

    Raises
    ------
    LabelError
        If it is not the answer to a question.
    """
    if given is None:
        left_out["no answer"] += 1
        return {}
    several = isinstance(given, list)
    ticked = [
        _plain(text) if isinstance(text, str) else None for text in (given if several else [given])
    ]
    if None in ticked:
        raise LabelError(
            f"{line}: the task is no question with answers to choose from. Name the question with "
            "--task."
        )
    known = [text for text in ticked if text in answers]
    left_out.update(text for text in ticked if text is not None and text not in answers)
    told: dict[str, set[str]] = {}
    for text in known:
        for name, value in answers[str(text)]:
            told.setdefault(name, set()).add(value)
    if several:
        for meant in answers.values():
            for name, value in meant:
                if value == "yes":
                    told.setdefault(name, {"no"})
    return {
        name: next(value for value in _STRONGEST_FIRST if value in values)
        for name, values in told.items()
    }


def _plain(answer: str) -> str:
    """Return an answer without its pictures, in lower case."""
    return " ".join(re.sub(r"!\[[^\]]*\]\([^)]*\)", " ", answer).split()).lower()
