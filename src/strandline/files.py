"""Writing so that nothing half-written is ever left looking whole: write aside, then rename."""

import errno
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from strandline.errors import OutputError

__all__ = ["check_target", "undisturbed", "write_aside", "write_together"]


def check_target(target: str | Path, marks: Sequence[str] | None = None) -> None:
    """Check, before long work, that a result may take the place of what is at `target`.

    Parameters
    ----------
    target : path
    marks : sequence of str, optional
        Given if the result is a folder: a folder that is there is replaced only if it is empty or
        has an entry of one of these names, that is, if it is an earlier result of the same kind.

    Raises
    ------
    OutputError
        If a file stands where a folder is to be written or the other way round, if a folder there
        holds something else, or if the place cannot be written; names what is there.
    """
    target = Path(target)
    try:
        target = _named(target)
        _aside(target).exists()  # complains of a name that is too long
        _refuse_other_kind(target, marks)
        parent = target.parent if target.parent.exists() else _existing_parent(target)
        if not parent.is_dir():
            raise OutputError(f"{parent}: is a file, so that nothing can be written below it.")
        if not os.access(parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(parent))
    except OSError as error:
        raise _explain(error, target) from error


@contextmanager
def write_aside(target: str | Path, marks: Sequence[str] | None = None) -> Iterator[Path]:
    """Yield a temporary sibling of `target`, renamed to `target` only if the body succeeds.

    The body may make a file or a folder there. An existing `target` is replaced at the end and
    left as it was on any failure, Ctrl-C included.

    Parameters
    ----------
    target : path
    marks : sequence of str, optional
        See `check_target`. Without it a folder that is not empty is never replaced.

    Raises
    ------
    OutputError
        When the disk is full or the place cannot be written; names the path.
    """
    try:
        target = _named(target)
    except OSError as error:
        raise _explain(error, Path(target)) from error
    aside = _aside(target)
    made: list[Path] = []
    try:
        _make_folders(target.parent, made)
        _remove(aside)
        yield aside
        if not aside.exists():
            raise OutputError(
                f"{target}: nothing was written there. This is a bug; please report it."
            )
        _refuse_other_kind(target, (marks or ()) if aside.is_dir() else None)
        with undisturbed():
            _replace(aside, target)
        made = []
    except OSError as error:
        raise _explain(error, target) from error
    finally:
        _remove(aside)
        _remove_empty(made)


@contextmanager
def write_together(folder: str | Path) -> Iterator[Path]:
    """Yield a temporary folder whose entries all move into `folder` when the body succeeds.

    Entries of the same names in `folder` are replaced then, and stay as they were on any failure;
    other entries of `folder` are never touched.

    Raises
    ------
    OutputError
        When the disk is full or the place cannot be written; names the path.
    """
    folder = Path(folder)
    aside = folder / f".{os.getpid()}.partial"
    made: list[Path] = []
    try:
        if folder.exists() and not folder.is_dir():
            raise OutputError(
                f"{folder}: is a file, but results are to be written into a folder there. "
                "Choose another --out."
            )
        _make_folders(folder, made)
        _remove(aside)
        aside.mkdir()
        yield aside
        entries = sorted(aside.iterdir())
        for entry in entries:
            if entry.is_dir() != (folder / entry.name).is_dir() and (folder / entry.name).exists():
                _refuse_other_kind(folder / entry.name, () if entry.is_dir() else None)
        with undisturbed():
            for entry in entries:
                _replace(entry, folder / entry.name)
        made = []
    except OutputError as error:  # the user knows nothing of the folder aside
        raise OutputError(str(error).replace(str(aside), str(folder))) from error
    except OSError as error:
        raise _explain(error, folder) from error
    finally:
        _remove(aside)
        _remove_empty(made)


def _named(target: str | Path) -> Path:
    """Return `target` with a last part that is a name and no link."""
    target = Path(target)
    return target.resolve() if target.name in ("", "..") or target.is_symlink() else target


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.partial")


def _refuse_other_kind(target: Path, marks: Sequence[str] | None) -> None:
    """Refuse to replace what a result cannot be meant to replace; see `check_target`."""
    if not target.exists():
        return
    if marks is None:
        if target.is_dir():
            raise OutputError(
                f"{target}: is a folder, but a file is to be written there. Choose another name."
            )
    elif not target.is_dir():
        raise OutputError(
            f"{target}: is a file, but a folder is to be written there. Move it away or choose "
            "another name."
        )
    else:
        there = {entry.name for entry in target.iterdir()}
        if there and there.isdisjoint(marks):
            some = ", ".join(sorted(there)[:3]) + (", …" if len(there) > 3 else "")
            raise OutputError(
                f"{target}: is a folder that holds other things ({some}), which the result would "
                "replace. Choose a name that is not taken, such as one inside it."
            )


def _make_folders(folder: Path, made: list[Path]) -> None:
    """Make `folder` and those above it; those that were missing join `made`, outermost first."""
    if not folder.is_dir():
        _make_folders(folder.parent, made)
        if folder.exists():
            raise OutputError(f"{folder}: is a file, so that nothing can be written below it.")
        folder.mkdir(exist_ok=True)
        made.append(folder)


def _remove_empty(made: list[Path]) -> None:
    for folder in reversed(made):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold Ctrl-C and termination back while files change places; then they take effect."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        held.append(number)

    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, hold) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
    for caught in held:
        signal.raise_signal(caught)


def _replace(aside: Path, target: Path) -> None:
    if not target.is_dir() or target.is_symlink():
        aside.replace(target)
        return
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    target.rename(old)  # a folder cannot be replaced in one rename
    try:
        aside.rename(target)
    except BaseException:
        old.rename(target)
        raise
    _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    elif path.exists() or path.is_symlink():
        path.unlink(missing_ok=True)


def _explain(error: OSError, target: Path) -> OutputError:
    text = str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in text:
        free = shutil.disk_usage(_existing_parent(target)).free / 1e6
        return OutputError(
            f"{target}: the disk is full ({free:.0f} MB free). Nothing was left half-written. "
            "Free some space or choose another place with --out."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(
            f"{target}: may not be written ({error.strerror}). Choose another --out."
        )
    if error.errno == errno.ENOTDIR:
        return OutputError(f"{target}: cannot be made, because a part of its path is a file.")
    if error.errno == errno.ENAMETOOLONG:
        return OutputError(f"{target}: its name is too long. Choose another --out.")
    return OutputError(f"{target}: could not be written ({text}).")


def _existing_parent(path: Path) -> Path:
    for parent in path.absolute().parents:
        if parent.exists():
            return parent
    return Path("/")
