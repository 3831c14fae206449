"""Where tiles are and results go: this machine's disks, or an object store or web server by URL."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec

from strandline.errors import OutputError, TileError

__all__ = ["Place", "is_remote", "joined", "read_bytes"]


def is_remote(text: str) -> bool:
    """Tell whether `text` is a URL (``s3://``, ``https://``) and no path of this machine."""
    return "://" in text


def joined(folder: str, name: str) -> str:
    """Return `name` as seen from `folder`; absolute paths and URLs stay as they are."""
    if is_remote(name) or Path(name).is_absolute():
        return name
    return f"{folder}/{name}" if folder else name


def read_bytes(address: str) -> bytes:
    """Return what a file or URL holds.

    Raises
    ------
    TileError
        If it cannot be read; names it.
    """
    try:
        if not is_remote(address):
            return Path(address).read_bytes()
        system, path = fsspec.core.url_to_fs(address)
        content: bytes = system.cat_file(path)
    except FileNotFoundError as error:
        raise TileError(f"{address}: no such file.") from error
    except (ImportError, ValueError) as error:  # a protocol that is not installed or not known
        raise TileError(f"{address}: cannot be read here ({error}).") from error
    except Exception as error:  # each protocol raises its own
        raise TileError(f"{address}: cannot be read ({_first_line(error)}).") from error
    return content


class Place:
    """A folder for results, in which nothing half-written ever has its final name.

    Parameters
    ----------
    address : str
        Path or URL.

    Notes
    -----
    Files on disk are written aside, flushed and renamed; an object store shows an object only when
    all of it has arrived. The address is all that is pickled.
    """

    def __init__(self, address: str | Path) -> None:
        text = str(address).rstrip("/")
        self.address = text if is_remote(text) else str(Path(text).resolve())
        self._system: Any = None

    def __reduce__(self) -> tuple[type["Place"], tuple[str]]:
        return Place, (self.address,)

    def __str__(self) -> str:
        return self.address

    @property
    def local(self) -> Path | None:
        """The folder, if it is on a disk of this machine."""
        return None if is_remote(self.address) else Path(self.address)

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if there is none."""
        with self._explained(name):
            try:
                if self.local is not None:
                    return (self.local / name).read_bytes()
                system, root = self._remote()
                system.invalidate_cache()
                content: bytes = system.cat_file(f"{root}/{name}")
            except FileNotFoundError:
                return None
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write a file, which has its name only when it is complete.

        Raises
        ------
        OutputError
            If the place is full or cannot be written.
        """
        with self._explained(name):
            if self.local is None:
                system, root = self._remote()
                system.pipe_file(f"{root}/{name}", content)
                return
            target = self.local / name
            target.parent.mkdir(parents=True, exist_ok=True)
            aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
            try:
                with aside.open("wb") as handle:
                    handle.write(content)
                    handle.flush()
                    os.fsync(handle.fileno())
                aside.replace(target)
            finally:
                aside.unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        """Return the complete files below a folder, as seen from this place, sorted."""
        with self._explained(folder):
            if self.local is not None:
                root = self.local / folder
                found = [path.relative_to(self.local) for path in root.rglob("*") if path.is_file()]
                return sorted(str(path) for path in found if not path.name.startswith("."))
            system, base = self._remote()
            system.invalidate_cache()
            try:
                every = system.find(f"{base}/{folder}")
            except FileNotFoundError:
                return []
            return sorted(str(path)[len(base) + 1 :] for path in every)

    def remove(self, name: str) -> None:
        """Remove a file or a folder with all it holds; nothing happens if it is not there."""
        with self._explained(name):
            system, root = self._remote()
            if system.exists(f"{root}/{name}"):
                system.rm(f"{root}/{name}", recursive=True)

    def sweep(self, folder: str) -> None:
        """Remove what killed writers left below a folder; only for a place nobody writes to."""
        if self.local is not None:
            for path in (self.local / folder).rglob(".*.partial"):
                path.unlink(missing_ok=True)

    def put(self, source: Path, name: str) -> None:
        """Copy all files below a local folder into this place, each as `write` does."""
        for path in sorted(source.rglob("*")):
            if path.is_file():
                self.write(f"{name}/{path.relative_to(source).as_posix()}", path.read_bytes())

    def _remote(self) -> tuple[Any, str]:
        """Return the file system and the path of this folder on it."""
        if self._system is None:
            self._system = fsspec.core.url_to_fs(self.address)
        system, root = self._system
        return system, str(root).rstrip("/")

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        try:
            yield
        except (ImportError, ValueError) as error:
            raise OutputError(f"{self.address}: cannot be used here ({error}).") from error
        except Exception as error:
            raise OutputError(
                f"{self.address}/{name}: could not be read or written ({_first_line(error)})."
            ) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
