"""Classes that people say yes or no to: the usual ones, and those that users define."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from strandline.errors import OptionError

__all__ = ["LabelClass", "class_name", "nearest_names"]

_LONGEST = 60


@dataclass(frozen=True)
class LabelClass:
    """A question that is asked of a galaxy, by its name.

    Attributes
    ----------
    name : str
        Lower case; ``polar ring``, ``polar-ring`` and ``Polar_Ring`` are one.
    description : str
        What to look for.
    key : str or None
        On the keyboard; no two classes of a store share one.
    made_by : str
        Who defined it; ``strandline`` for the usual ones.
    """

    name: str
    description: str = ""
    key: str | None = None
    made_by: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", class_name(self.name))
        if self.key is not None and (len(self.key) != 1 or not self.key.isprintable()):
            raise OptionError(
                f"class {self.name!r}: key is {self.key!r}; expected one character of the keyboard."
            )


def class_name(text: str) -> str:
    """Return the one spelling of a class's name.

    Raises
    ------
    OptionError
        If it is empty, longer than 60 characters, or holds other than letters, digits and blanks.
    """
    name = " ".join(re.split(r"[\s_-]+", text.strip().lower())).strip()
    if not name or len(name) > _LONGEST or not name.replace(" ", "").isalnum():
        raise OptionError(
            f"class {text!r}: expected a name of letters, digits and blanks, at most "
            f"{_LONGEST} characters."
        )
    return name


def nearest_names(name: str, known: list[str]) -> str:
    """Say which classes there are, the one that was probably meant first."""
    close = get_close_matches(name, known, 1)
    others = [other for other in known if other not in close]
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}There {'are also' if close else 'are'} {', '.join(others)}."
