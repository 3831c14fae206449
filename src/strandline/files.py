"""Writing so that nothing half-written is ever left looking whole: write aside, then rename."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from strandline.errors import OutputError

__all__ = ["write_aside", "write_together"]


@contextmanager
def write_aside(target: str | Path) -> Iterator[Path]:
    """Yield a temporary sibling of `target`, renamed to `target` only if the body succeeds.

    The body may make a file or a folder there. An existing `target` is replaced at the end and
    left as it was on any failure, Ctrl-C included.

    Raises
    ------
    OutputError
        When the disk is full or the place cannot be written; names the path.
    """
    target = Path(target)
    aside = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(aside)
        yield aside
        if not aside.exists():
            raise OutputError(
                f"{target}: nothing was written there. This is a bug; please report it."
            )
        _replace(aside, target)
    except OSError as error:
        raise _explain(error, target) from error
    finally:
        _remove(aside)


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
    created = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove(aside)
        aside.mkdir()
        yield aside
        for entry in sorted(aside.iterdir()):
            _replace(entry, folder / entry.name)
        created = False
    except OSError as error:
        raise _explain(error, folder) from error
    finally:
        _remove(aside)
        if created and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _replace(aside: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink():  # a folder cannot be replaced in one rename
        old = target.with_name(f".{target.name}.{os.getpid()}.old")
        target.rename(old)
        aside.rename(target)
        _remove(old)
    elif aside.is_dir() and target.exists():
        raise OutputError(
            f"{target}: is a file, but a folder is to be written there. Move it away."
        )
    else:
        aside.replace(target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _explain(error: OSError, target: Path) -> OutputError:
    text = str(error)
    if error.errno == errno.ENOSPC or "No space left" in text:
        free = shutil.disk_usage(_existing_parent(target)).free / 1e6
        return OutputError(
            f"{target}: the disk is full ({free:.0f} MB free). Nothing was left half-written. "
            "Free some space or choose another place with --out."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(
            f"{target}: may not be written ({error.strerror}). Choose another --out."
        )
    return OutputError(f"{target}: could not be written ({text}).")


def _existing_parent(path: Path) -> Path:
    for parent in path.absolute().parents:
        if parent.exists():
            return parent
    return Path("/")
