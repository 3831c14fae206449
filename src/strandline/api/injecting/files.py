"""Copies of FITS files with light added, band by band; headers, masks and other parts are kept."""

import csv
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

from strandline.api.injecting.options import InjectOptions
from strandline.errors import TileError
from strandline.photometry import zeropoint_to_njy
from strandline.seeding import generator
from strandline.simulate.injection.image import add_light, overlap, photon_noise
from strandline.simulate.injection.seeing import through_seeing
from strandline.simulate.injection.truth import InjectionTruth
from strandline.tiles import BandImage, Discovery, ReadOptions, Tile
from strandline.tiles.headers import saturation_level, zeropoint
from strandline.tiles.scan import bare_stem, open_fits, pixels_of
from strandline.tiles.wcs import celestial_wcs

__all__ = ["Copies", "Placed"]

_GRID_REACH_PX = 100.0
_SAME_GRID_PX = 0.5  # at that distance from a host
_SCALING = ("BSCALE", "BZERO", "BLANK")  # of whole numbers; copies are floating-point
_LIST_COLUMNS = ("tile", "band", "image", "weight", "mask", "zeropoint", "psf_fwhm_arcsec")


@dataclass(frozen=True)
class Placed:
    """Light on its way into the files of a tile.

    Attributes
    ----------
    ra, dec : float
        Of the host, deg.
    offset_px : tuple of float
        Of the host from the centre of the canvas's middle pixel.
    light_njy : ndarray of float32, shape (band, y, x)
        Above the atmosphere.
    fwhm_px : tuple of float
        By band.
    note : str
        For the header.
    seed : int
    """

    ra: float
    dec: float
    offset_px: tuple[float, float]
    light_njy: NDArray[np.float32]
    fwhm_px: tuple[float, ...]
    note: str
    seed: int


class Copies:
    """The files of all tiles, copied into ``images/`` of a folder as their bands are written.

    Parameters
    ----------
    discovery : Discovery
    folder : Path
    read : ReadOptions
        The user's zero point, if any.
    options : InjectOptions
    """

    def __init__(
        self, discovery: Discovery, folder: Path, read: ReadOptions, options: InjectOptions
    ) -> None:
        self._discovery, self._folder = discovery, folder
        self._read, self._options = read, options
        paths = [image.path.absolute() for source in discovery.sources for image in source.images]
        self._root = Path(os.path.commonpath([path.parent for path in paths]))

    def target(self, path: Path) -> Path:
        """Return where the copy of a file is: below ``images/`` as below the inputs' folder."""
        below = path.absolute().relative_to(self._root)
        return self._folder / "images" / below.with_name(f"{bare_stem(path)}.fits")

    def gain_per_njy(self, image: BandImage) -> float:
        """Return photoelectrons per nJy as given, else by GAIN in the header; NaN where unknown."""
        given = self._options.gain_per_njy
        if image.band in given or "" in given:
            return given.get(image.band, given.get("", math.nan))
        with open_fits(image.path) as file:
            headers = (file[_part_number(file, image)].header, file[0].header)
        point = self._zeropoint(image, headers)
        for header in headers:
            value = header.get("GAIN")
            if isinstance(value, int | float) and math.isfinite(value) and value > 0 and point:
                return float(value) / zeropoint_to_njy(point)
        return math.nan

    def _zeropoint(self, image: BandImage, headers: Sequence[fits.Header]) -> float | None:
        for given in (image.zeropoint, self._read.zeropoint):
            if given is not None:
                return given
        return zeropoint(image.path, *headers)

    def write(self, image: BandImage, k: int, tile: Tile, placed: Sequence[Placed]) -> None:
        """Add band `k` of the light to the copy of its file, which is made if there is none yet.

        Raises
        ------
        TileError
            If the band lies turned or stretched against the first of its tile.
        """
        target = self.target(image.path)
        gain = self.gain_per_njy(image)
        with open_fits(target if target.exists() else image.path) as file:
            number = _part_number(file, image)
            part = file[number]
            headers = (part.header, file[0].header)
            data = _floating(np.array(pixels_of(part, image.path)), part.header)
            plane = data if image.plane is None else data[image.plane]
            wcs = celestial_wcs(part.header, image.path)
            point = self._zeropoint(image, headers)
            factor = zeropoint_to_njy(0.0 if point is None else point)
            level = saturation_level(*headers)
            for one in placed:
                _check_grid(tile, wcs, one, image)
                _add(plane, one, k, wcs, factor=factor, gain=gain, level=level)
            parts = [_plain(each, first=n == 0) for n, each in enumerate(file)]
            header = part.header.copy()
            for key in _SCALING:
                header.remove(key, ignore_missing=True)
            kind = fits.PrimaryHDU if number == 0 else fits.ImageHDU
            parts[number] = kind(data, header)
            self._note(parts[number].header, image, placed)
            target.parent.mkdir(parents=True, exist_ok=True)
            aside = target.with_name(f".{target.name}")
            fits.HDUList(parts).writeto(aside, overwrite=True, output_verify="silentfix+ignore")
        aside.replace(target)

    def _note(self, header: fits.Header, image: BandImage, placed: Sequence[Placed]) -> None:
        said = "strandline inject: simulated features were added"
        if not any(said in str(line) for line in header.get("HISTORY", [])):
            header.add_history(f"{said}, seed {self._options.seed}")
        for one in placed:
            header.add_history(f"{image.band}: {one.note}")

    def write_lists(self, truths: Sequence[InjectionTruth]) -> None:
        """Write ``positions.csv`` of all hosts, and lists of the tiles as they were and are now.

        There are no such lists where a file holds several bands or tiles: name the files then.
        """
        with (self._folder / "positions.csv").open("w", newline="") as file:
            rows = [(t.original, f"{t.ra:.7f}", f"{t.dec:.7f}") for t in truths]
            csv.writer(file).writerows([("id", "ra", "dec"), *rows])
        images = [image for source in self._discovery.sources for image in source.images]
        if len({image.path for image in images}) < len(images):
            return
        for name, injected in (("tiles-original.csv", False), ("tiles-injected.csv", True)):
            with (self._folder / name).open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(_LIST_COLUMNS)
                for source in self._discovery.sources:
                    writer.writerows(
                        (source.name, *self._listed(image, injected)) for image in source.images
                    )

    def _listed(self, image: BandImage, injected: bool) -> tuple[object, ...]:
        path = image.path.absolute()
        shown = self.target(path).relative_to(self._folder) if injected else path
        beside = (other.absolute() if other else "" for other in (image.weight, image.mask))
        told = (self._read.zeropoint if image.zeropoint is None else image.zeropoint,)
        numbers = ("" if value is None else value for value in (*told, image.psf_fwhm_arcsec))
        return (image.band, shown, *beside, *numbers)


def _part_number(file: Sequence[Any], image: BandImage) -> int:
    if image.hdu is not None:
        return image.hdu
    return next(k for k, part in enumerate(file) if getattr(part, "is_image", False) and part.shape)


def _floating(data: NDArray[Any], header: fits.Header) -> NDArray[np.float32]:
    """Return pixels as float32, those that are blank as NaN."""
    if data.dtype.kind in "iu" and "BLANK" in header:
        return np.where(data == header["BLANK"], np.nan, data).astype(np.float32)
    return data.astype(np.float32)


def _plain(part: Any, *, first: bool) -> Any:
    """Return a part as it is, uncompressed."""
    if isinstance(part, fits.CompImageHDU):
        return (fits.PrimaryHDU if first else fits.ImageHDU)(part.data, part.header)
    return part.copy()


def _check_grid(tile: Tile, wcs: WCS, one: Placed, image: BandImage) -> None:
    """Refuse a band whose pixels run otherwise than those that the feature was drawn on."""
    assert tile.wcs is not None
    x, y = (float(value) for value in tile.wcs.all_world2pix(one.ra, one.dec, 0))
    across = np.array([x, x + _GRID_REACH_PX, x]), np.array([y, y, y + _GRID_REACH_PX])
    there = np.stack(wcs.all_world2pix(*tile.wcs.all_pix2world(*across, 0), 0))
    steps = (there[:, 1:] - there[:, :1]) - _GRID_REACH_PX * np.eye(2)
    if not (np.abs(steps) < _SAME_GRID_PX).all():
        raise TileError(
            f"{image.path}: band {image.band} is turned or has other pixels than band "
            f"{tile.bands[0]} of the same tile. Bring them to one grid."
        )


def _add(
    plane: NDArray[np.float32],
    one: Placed,
    k: int,
    wcs: WCS,
    *,
    factor: float,
    gain: float,
    level: float,
) -> None:
    """Add the light of one feature to the pixels of band `k`, in place, where they see it."""
    x, y = (float(value) for value in wcs.all_world2pix(one.ra, one.dec, 0))
    x0, y0 = math.floor(x + 0.5), math.floor(y + 0.5)
    shift = (x - x0 - one.offset_px[0], y - y0 - one.offset_px[1])
    (seen,) = through_seeing(one.light_njy[k : k + 1], [one.fwhm_px[k]], [shift])
    noise = photon_noise(seen[None], [gain], generator(one.seed, "photons", k))[0]
    on_image, on_canvas = overlap(
        (plane.shape[0], plane.shape[1]), (seen.shape[0], seen.shape[1]), x0, y0
    )
    units = (seen + noise)[on_canvas] / np.float32(factor)
    plane[on_image] = add_light(plane[on_image], units, level)
