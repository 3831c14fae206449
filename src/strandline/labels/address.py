"""What the address of a label store says; nothing secret in it is ever shown."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from strandline.errors import OptionError
from strandline.labels.classes import class_name

__all__ = ["CONSENSUS", "DEFAULT_CLASS", "StoreAddress", "is_store", "shown_name"]

CONSENSUS = ("majority", "dawid-skene")
"""How several people's votes become one answer; see `strandline.labels.consensus`."""

DEFAULT_CLASS = "interacting"

_STORE = re.compile(r"(sqlite|postgres(ql)?)(\+\w+)?:")
_EXPECTED = "expected sqlite:///FILE or postgresql://USER@HOST/DATABASE"


@dataclass(frozen=True)
class StoreAddress:
    """A store, and which of its labels are meant.

    Attributes
    ----------
    url : str
        The database, as SQLAlchemy reads it; may hold a password.
    label_class : str or None
        Class whose labels are read; by default `DEFAULT_CLASS`.
    consensus : str
        One of `CONSENSUS`.
    """

    url: str
    label_class: str | None = None
    consensus: str = CONSENSUS[0]

    @classmethod
    def parse(cls, text: str) -> "StoreAddress":
        """Read an address such as ``sqlite:///labels.db?class=tail&consensus=dawid-skene``.

        Further parameters are the database's own (``sslmode=require``).

        Raises
        ------
        OptionError
            If it is none, or names another kind of consensus.
        """
        if not _STORE.match(text) or "://" not in text:
            raise OptionError(f"{shown_name(text)}: is no address of a label store; {_EXPECTED}.")
        url, _, query = text.partition("?")
        if "@" in query:
            raise OptionError(
                f"{shown_name(text)}: has an @ among its parameters. Write ? in a password as %3F, "
                "@ as %40."
            )
        told = dict(parse_qsl(query, keep_blank_values=True))
        label_class = told.pop("class", None)
        consensus = told.pop("consensus", CONSENSUS[0])
        if consensus not in CONSENSUS:
            raise OptionError(
                f"{shown_name(text)}: consensus is {consensus!r}; expected "
                f"{' or '.join(CONSENSUS)}."
            )
        if told and url.startswith("sqlite"):
            raise OptionError(
                f"{shown_name(text)}: has parameter {next(iter(told))!r}; a file knows only "
                "class and consensus."
            )
        if told:
            url = f"{url}?{urlencode(told)}"
        return cls(url, class_name(label_class) if label_class else None, consensus)


def is_store(source: str | Path) -> bool:
    """Return whether labels come from a store, and not from a file."""
    return bool(_STORE.match(str(source)))


def shown_name(source: str | Path) -> str:
    """Return a file's name or a store's address as it may be printed: without its password."""
    text = str(source)
    if not is_store(text):
        return text
    text = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", text)
    return re.sub(r"(password=)[^&]*", r"\1***", text)
