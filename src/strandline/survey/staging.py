"""Files of a tile on this machine's disk: those at a URL are fetched whole, once, and removed."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import fsspec

from strandline.errors import TileError
from strandline.survey.places import is_remote
from strandline.survey.tilelist import ListedImage, SurveyTile
from strandline.tiles import BandImage, ReadOptions, TileSource, listed_tile

__all__ = ["Staged", "staged"]


class Staged:
    """A tile whose files are here.

    Attributes
    ----------
    source : TileSource
        For `strandline.tiles.read_tile`.
    bytes : int
        Of all its files.
    """

    def __init__(self, source: TileSource, count: int) -> None:
        self.source = source
        self.bytes = count


@contextmanager
def staged(tile: SurveyTile, read: ReadOptions, scratch: Path | None = None) -> Iterator[Staged]:
    """Yield a tile with all its files on this machine; what was fetched is removed afterwards.

    Parameters
    ----------
    tile : SurveyTile
    read : ReadOptions
    scratch : Path, optional
        Folder for what is fetched; by default that of the system.

    Raises
    ------
    TileError
        If a file is missing, cannot be fetched, or is no image; names it.
    """
    if not any(is_remote(name) for name in tile.files):
        yield Staged(_source(tile, {}, read), _size(tile.files))
        return
    folder = Path(tempfile.mkdtemp(prefix="strandline-", dir=scratch))
    try:
        here = {
            name: _fetched(name, folder / str(number))
            for number, name in enumerate(tile.files)
            if is_remote(name)
        }
        count = _size(str(here.get(name, name)) for name in tile.files)
        try:
            yield Staged(_source(tile, here, read), count)
        except TileError as error:  # the user knows the URL, not where it was put
            text = str(error)
            for name, path in here.items():
                text = text.replace(str(path), name)
            raise TileError(text) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _source(tile: SurveyTile, here: dict[str, Path], read: ReadOptions) -> TileSource:
    if tile.source is not None:
        return tile.source
    images = tuple(_band_image(image, here) for image in tile.listed)
    return listed_tile(tile.name, images, read)


def _band_image(image: ListedImage, here: dict[str, Path]) -> BandImage:
    def path(name: str) -> Path:
        return here.get(name, Path(name))

    return BandImage(
        image.band,
        path(image.image),
        weight=path(image.weight) if image.weight else None,
        mask=path(image.mask) if image.mask else None,
        zeropoint=image.zeropoint,
        psf_fwhm_arcsec=image.psf_fwhm_arcsec,
    )


def _fetched(address: str, folder: Path) -> Path:
    """Fetch a URL into a folder of its own, under its own name, by which a band may be told."""
    name = address.split("?")[0].rstrip("/").rpartition("/")[2] or "image.fits"
    target = folder / name
    folder.mkdir()
    try:
        system, path = fsspec.core.url_to_fs(address)
        system.get_file(path, str(target))
    except FileNotFoundError as error:
        raise TileError(f"{address}: no such file.") from error
    except Exception as error:  # each protocol raises its own
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TileError(f"{address}: cannot be fetched ({reason}).") from error
    return target


def _size(names: Iterable[str]) -> int:
    total = 0
    for name in names:
        path = Path(name)
        if not path.is_file():
            raise TileError(f"{path}: no such file.")
        total += path.stat().st_size
    return total
