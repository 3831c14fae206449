"""From what the user names to tiles that can be read: headers only, nothing is decoded."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from glob import glob, has_magic
from itertools import groupby, pairwise
from pathlib import Path

from strandline.errors import OptionError, TileError
from strandline.progress import track
from strandline.tiles.bands import sort_bands
from strandline.tiles.companions import is_companion, with_companions
from strandline.tiles.picture import PICTURE_BANDS, PICTURE_ENDINGS
from strandline.tiles.scan import Scanned, scan_fits
from strandline.tiles.tile import BandImage, Discovery, ReadOptions, Skipped, TileSource
from strandline.tiles.tilelist import is_tile_list, read_tile_list
from strandline.tiles.wcs import Footprint

__all__ = ["discover", "listed_tile"]

_FITS_ENDINGS = (
    ".fits",
    ".fit",
    ".fts",
    ".fits.fz",
    ".fit.fz",
    ".fits.gz",
    ".fit.gz",
    ".fits.bz2",
    ".fz",
)
_SAME_CENTRE = 0.02  # of the side: bands of one tile may come from slightly shifted exposures
_SAME_SCALE = 1e-3


def discover(
    inputs: Sequence[str | Path],
    options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
) -> Discovery:
    """Find the tiles in files, folders, globs and tile lists.

    FITS images of the same footprint become one tile with several bands; a second image of the
    same sky in the same band begins another tile. Each colour picture is a tile of its own. A file
    that cannot be used is set aside with the reason; the others go on.

    Parameters
    ----------
    inputs : sequence of paths
        Folders are searched for FITS files and pictures (not for tile lists), not their subfolders.
    options : ReadOptions
        Its `bands` name the planes of cubes, or the band of images, that do not tell.

    Returns
    -------
    Discovery
        Tiles sorted by name; bands from blue to red.

    Raises
    ------
    OptionError
        If `inputs` is empty.
    """
    if not inputs:
        raise OptionError(
            "No images were given. Name FITS files, pictures, folders or a tiles.csv."
        )
    skipped: list[Skipped] = []
    files = _expand(inputs, skipped)
    lists = [path for path in files if is_tile_list(path)]
    pictures = [path for path in files if _ending(path) in PICTURE_ENDINGS]
    images = [path for path in files if _is_fits(path)]
    sources = _tiles_of_lists(lists, options, skipped) + _tiles_of_files(images, options, skipped)
    if sources and pictures:
        reason = (
            "is a colour picture beside calibrated FITS images; they cannot share a table. "
            "Run on the pictures separately."
        )
        skipped += [Skipped(str(path), reason) for path in pictures]
        pictures = []
    if pictures:
        sources = [
            TileSource(path.stem, (BandImage("rgb", path),), "picture", float("nan"))
            for path in pictures
        ]
        bands: tuple[str, ...] = PICTURE_BANDS
    else:
        bands = sort_bands(image.band for source in sources for image in source.images)
    return Discovery(tuple(_unique_names(sources)), tuple(skipped), bands)


def _expand(inputs: Sequence[str | Path], skipped: list[Skipped]) -> list[Path]:
    """Return the files that the inputs stand for, sorted, each once."""
    found: dict[Path, Path] = {}
    for entry in inputs:
        try:
            for path in _files_of(entry, skipped):
                found.setdefault(path.resolve(), path)
        except OSError as error:
            reason = f"cannot be looked into ({error.strerror or error})."
            skipped.append(Skipped(str(entry), reason))
    return sorted(found.values())


def _files_of(entry: str | Path, skipped: list[Skipped]) -> list[Path]:
    """Return the usable files that one input stands for; says why where there is none."""
    path = Path(entry)
    if path.is_dir():
        return _files_in(path, skipped)
    if path.is_file():
        if _is_image(path) or is_tile_list(path):
            return [path]
        reason = (
            f"has an ending that is not known; expected {', '.join(_FITS_ENDINGS)}, "
            f"{', '.join(PICTURE_ENDINGS)} or a tile list (.csv)."
        )
    elif path.is_symlink():
        reason = f"is a link to {path.readlink()}, which is not there."
    elif has_magic(str(entry)):
        matches = sorted(Path(match) for match in glob(str(entry), recursive=True))  # noqa: PTH207
        usable = [match for match in matches if match.is_file() and _is_image(match)]
        if usable:
            return usable
        reason = "matches no image."
    else:
        reason = "no such file or folder."
    skipped.append(Skipped(str(path), reason))
    return []


def _files_in(folder: Path, skipped: list[Skipped]) -> list[Path]:
    inside = sorted(folder.iterdir())
    images = [child for child in inside if _is_image(child)]
    usable = [child for child in images if child.is_file()]
    skipped += [
        Skipped(str(child), f"is a link to {child.readlink()}, which is not there.")
        for child in images
        if child.is_symlink() and not child.exists()
    ]
    if not usable:
        others = sum(child.is_file() for child in inside)
        reason = f"is a folder without images ({others} other files)."
        if any(child.is_dir() for child in inside):
            reason += " Its subfolders are not searched; name them, or use a glob such as '*/*'."
        skipped.append(Skipped(str(folder), reason))
    return usable


def _ending(path: Path) -> str:
    return path.suffix.lower()


def _is_fits(path: Path) -> bool:
    return path.name.lower().endswith(_FITS_ENDINGS)


def _is_image(path: Path) -> bool:
    return not path.name.startswith(".") and (_is_fits(path) or _ending(path) in PICTURE_ENDINGS)


def _tiles_of_lists(
    lists: Iterable[Path], options: ReadOptions, skipped: list[Skipped]
) -> list[TileSource]:
    sources = []
    for path in lists:
        try:
            listed = read_tile_list(path)
        except TileError as error:
            skipped.append(Skipped(str(path), _without(error, path)))
            continue
        skipped += listed.skipped
        for name, images in listed.tiles.items():
            try:
                sources.append(listed_tile(name, images, options))
            except TileError as error:
                skipped.append(Skipped(f"{path}: tile {name}", str(error)))
    return sources


def listed_tile(name: str, images: tuple[BandImage, ...], options: ReadOptions) -> TileSource:
    """Return the tile that a list names, looked into and checked to be on one grid.

    Raises
    ------
    TileError
        If a file cannot be used, or two are on different grids.
    """
    found = [_listed_image(image, options) for image in images]
    for first, other in pairwise(found):
        if not _same_grid(first.place, other.place):
            raise TileError(
                _grids_differ(first.image.path, first.place, other.image.path, other.place)
            )
    order = sort_bands(image.band for image in images)
    return TileSource(
        name,
        tuple(sorted((each.image for each in found), key=lambda image: order.index(image.band))),
        "fits",
        found[0].place.pixel_scale_arcsec,
    )


def _listed_image(image: BandImage, options: ReadOptions) -> Scanned:
    """Return where in its file a listed image is; what the list says wins over the file."""
    # the list says the band: that the header or name does not is no hindrance
    hinted = ReadOptions(options.zeropoint, options.bands or (image.band,))
    scanned = scan_fits(image.path, hinted)
    chosen = [each for each in scanned if each.image.band == image.band]
    if len(scanned) == 1:
        chosen = scanned
    if len(chosen) != 1:
        raise TileError(
            f"{image.path}: holds {len(scanned)} images (bands "
            f"{', '.join(each.image.band for each in scanned)}), {len(chosen)} of them of band "
            f"{image.band!r}. Name a band of the file in column band, or give a file of one image."
        )
    there = replace(
        chosen[0].image,
        band=image.band,
        weight=image.weight,
        mask=image.mask,
        zeropoint=image.zeropoint,
        psf_fwhm_arcsec=image.psf_fwhm_arcsec,
    )
    return Scanned(there, chosen[0].place, chosen[0].stem)


def _tiles_of_files(
    paths: Sequence[Path], options: ReadOptions, skipped: list[Skipped]
) -> list[TileSource]:
    scanned: list[Scanned] = []
    images = [path for path in paths if not is_companion(path)]
    used: set[Path] = set()
    with track("Reading headers", len(images), "files") as advance:
        for path in images:
            try:
                found = scan_fits(path, options)
            except TileError as error:
                skipped.append(Skipped(str(path), _without(error, path)))
            else:
                for entry in found:
                    image = with_companions(entry.image, paths)
                    used |= {path for path in (image.weight, image.mask) if path}
                    scanned.append(Scanned(image, entry.place, entry.stem))
            advance(1)
    skipped += [
        Skipped(str(path), "is a weight or mask whose image was not given.")
        for path in paths
        if is_companion(path) and path not in used
    ]
    return _group(scanned, skipped)


def _group(scanned: Sequence[Scanned], skipped: list[Skipped]) -> list[TileSource]:
    """Put images of the same patch of sky together, one a band; planes of one file never part.

    Images of one name but for the band, which overlap, are taken for one tile as well: that they
    are on different grids is then said instead of a tile made of each.
    """
    groups: list[list[Scanned]] = []
    by_declination: defaultdict[int, list[int]] = defaultdict(list)
    by_stem: defaultdict[str, list[int]] = defaultdict(list)
    for _, part in groupby(scanned, key=lambda entry: (entry.image.path, entry.image.hdu)):
        entries = list(part)
        place = entries[0].place
        # a degree of declination is wider than 2 % of any image's side
        near = [k for d in (-1, 0, 1) for k in by_declination[int(place.dec_deg) + d]]
        same_sky = [k for k in near if _same_patch(groups[k][0].place, place)]
        same_sky += [k for k in by_stem[entries[0].stem] if groups[k][0].place.overlaps(place)]
        bands = {entry.image.band for entry in entries}
        home = next(
            (k for k in same_sky if bands.isdisjoint(entry.image.band for entry in groups[k])),
            None,
        )
        if home is None:
            by_stem[entries[0].stem].append(len(groups))
            by_declination[int(place.dec_deg)].append(len(groups))
            groups.append(entries)
        else:
            groups[home] += entries
    sources = [_tile_of_group(group, skipped) for group in groups]
    return [source for source in sources if source is not None]


def _tile_of_group(group: list[Scanned], skipped: list[Skipped]) -> TileSource | None:
    order = sort_bands(entry.image.band for entry in group)
    entries = sorted(group, key=lambda entry: order.index(entry.image.band))
    first = entries[0]
    for entry in entries[1:]:
        if not _same_grid(first.place, entry.place):
            reason = _grids_differ(first.image.path, first.place, entry.image.path, entry.place)
            skipped.extend(Skipped(str(each.image.path), reason) for each in entries)
            return None
    return TileSource(
        first.stem,
        tuple(entry.image for entry in entries),
        "fits",
        first.place.pixel_scale_arcsec,
    )


def _same_patch(one: Footprint, other: Footprint) -> bool:
    side = min(one.side_arcsec, other.side_arcsec)
    return (
        abs(one.side_arcsec - other.side_arcsec) < _SAME_CENTRE * side
        and one.apart_arcsec(other) < _SAME_CENTRE * side
    )


def _same_grid(one: Footprint, other: Footprint) -> bool:
    return (
        one.shape == other.shape
        and abs(one.pixel_scale_arcsec / other.pixel_scale_arcsec - 1) < _SAME_SCALE
        and one.apart_arcsec(other) < _SAME_CENTRE * one.side_arcsec
    )


def _grids_differ(path: Path, one: Footprint, other_path: Path, other: Footprint) -> str:
    def told(place: Footprint) -> str:
        shape = f"{place.shape[1]}x{place.shape[0]} px"
        where = f"ra {place.ra_deg:.4f}, dec {place.dec_deg:.4f}"
        return f'{shape} of {place.pixel_scale_arcsec:.4f}" at {where}'

    return (
        f"bands of one tile are on different grids: {path} has {told(one)}, {other_path} has "
        f"{told(other)}. Bring them to one grid first (reproject or SWarp do)."
    )


def _unique_names(sources: Iterable[TileSource]) -> list[TileSource]:
    """Return the sources with names that are unique and safe in ids, sorted by name."""
    taken: set[str] = set()
    renamed = []
    for source in sorted(sources, key=lambda source: (source.name, source.path)):
        base = re.sub(r"[^A-Za-z0-9._+-]+", "-", source.name).strip("-") or "tile"
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name)
        renamed.append(TileSource(name, source.images, source.kind, source.pixel_scale_arcsec))
    return renamed


def _without(error: TileError, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")
