"""TOML files that ship in a folder of the package and are found by name, or by the user's path."""

from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from strandline.errors import StrandlineError

__all__ = ["Shelf"]


@dataclass(frozen=True)
class Shelf:
    """Files of one sort.

    Attributes
    ----------
    folder : Traversable
    noun : str
        What one of them is, for messages: ``recipe``.
    error : type of StrandlineError
        What is raised when there is none.
    """

    folder: Traversable
    noun: str
    error: type[StrandlineError]

    def names(self) -> tuple[str, ...]:
        """Return the names of those that ship, sorted."""
        files = (entry.name for entry in self.folder.iterdir())
        return tuple(sorted(name[:-5] for name in files if name.endswith(".toml")))

    def shipped(self, name: str) -> str:
        """Return the text of one that ships."""
        if name not in self.names():
            raise self.error(
                f"There is no {self.noun} {name!r}; there are {', '.join(self.names())}. "
                f"A {self.noun} of your own is given as the path of a .toml file."
            )
        return (self.folder / f"{name}.toml").read_text(encoding="utf-8")

    def text(self, name_or_path: str | Path) -> str:
        """Return the text of one that ships, by name, or of any, by path."""
        path = Path(name_or_path)
        if path.suffix != ".toml" and path.parent == Path():
            return self.shipped(str(name_or_path))
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self.error(f"{path}: cannot be read as a {self.noun} ({error}).") from error
