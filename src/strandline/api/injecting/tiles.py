"""`inject` into images: copies of the files of each tile, with features on chosen galaxies."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from strandline.api.injecting.choosing import UNFIT
from strandline.api.injecting.files import Copies, Placed
from strandline.api.injecting.options import ASSUMED_REDSHIFT, InjectOptions
from strandline.api.injecting.tables import nothing_fits
from strandline.api.injecting.widths import check_seeing, say_seeing
from strandline.cosmology import kpc_per_arcsec
from strandline.errors import NothingFoundError, OptionError, TileError
from strandline.photometry import flux_to_mag
from strandline.progress import track
from strandline.seeding import generator
from strandline.simulate.injection.hosts import host_of, reference_magnitude
from strandline.simulate.injection.image import overlap
from strandline.simulate.injection.light import (
    FeatureLight,
    UnfitHostError,
    check_bands,
    feature_light,
)
from strandline.simulate.injection.plans import Host, Wish
from strandline.simulate.injection.seeing import filled_in, measure_fwhm_px, through_seeing
from strandline.simulate.injection.truth import (
    InjectionTruth,
    feature_mask,
    position_angle_deg,
    tell,
    write_mask,
)
from strandline.stamps import DetectOptions, detect
from strandline.stamps.catalogue import Catalogue
from strandline.stamps.detect import choose_galaxies
from strandline.stamps.orientation import north_and_east
from strandline.tiles import Discovery, ReadOptions, Tile, TileSource, read_tile

__all__ = ["inject_into_tiles"]

_MOST_HALF_PX = 600
_MARGIN_FWHM = 4.0
_ROOM_LENGTHS = 1.5  # features of two hosts keep so far apart, in the longest length


def inject_into_tiles(
    discovery: Discovery,
    read: ReadOptions,
    options: InjectOptions,
    folder: Path,
    *,
    ids: Sequence[str],
    count: int | None,
) -> tuple[list[InjectionTruth], int]:
    """Write ``images/``, ``masks/`` and lists of tiles into a folder.

    Returns the truth and how many galaxies were left out because they cannot have such features.

    Parameters
    ----------
    discovery, read
        From `strandline.api.cutting.look`.
    options : InjectOptions
    folder : Path
    ids : sequence of str
        Hosts, as `strandline stamps` names them; these are taken whatever their flags.
    count : int or None
        Hosts on each tile, at most; by default as many as leave each other room.
    """
    if any(source.kind == "picture" for source in discovery.sources):
        raise OptionError(
            "Among the inputs are colour pictures, whose light is stretched and has no zero point: "
            "no surface brightness can be injected. Give FITS images."
        )
    if options.copies != 1:
        raise OptionError(f"copies is {options.copies}; into images each galaxy gets one feature.")
    check_bands(discovery.bands)
    for name in ("images", "masks"):
        (folder / name).mkdir()
    copies = Copies(discovery, folder, read, options)
    truths: list[InjectionTruth] = []
    left_out = 0
    with track("Injecting", len(discovery.sources), "tiles") as advance:
        for source in discovery.sources:
            tile = read_tile(source, read)
            photons = all(math.isfinite(copies.gain_per_njy(image)) for image in source.images)
            found, placed, left = _inject(
                tile, source, options, folder, len(truths), ids, count, photons
            )
            truths += found
            left_out += left
            for k, image in enumerate(source.images):
                copies.write(image, k, tile, placed)
            advance(1)
    if not truths and left_out:
        raise nothing_fits(left_out, options)
    missing = [name for name in ids if name not in {truth.original for truth in truths}]
    if missing:
        raise NothingFoundError(
            f"No galaxy {missing[0]!r} is found on the images. Ids are those that "
            "`strandline stamps` gives."
        )
    if not truths:
        raise NothingFoundError(
            "No galaxy with flag-free photometry was found on the images to inject anything into."
        )
    copies.write_lists(truths)
    return truths, left_out


def _inject(
    tile: Tile,
    source: TileSource,
    options: InjectOptions,
    folder: Path,
    number: int,
    ids: Sequence[str],
    count: int | None,
    photons: bool,
) -> tuple[list[InjectionTruth], list[Placed], int]:
    if not all(tile.calibrated):
        raise TileError(
            f"{source.path}: has no zero point, so that no surface brightness can be injected. "
            "Give it with --zeropoint."
        )
    galaxies = choose_galaxies(detect(tile), DetectOptions())
    names = [f"{tile.name}-{k:05d}" for k in range(len(galaxies))]
    chosen = _choose_hosts(tile, galaxies, names, options, ids)
    fwhm_px = _seeing_px(tile, galaxies, options) if chosen else ()
    truths: list[InjectionTruth] = []
    placed: list[Placed] = []
    taken: list[int] = []
    left_out = 0
    for k in chosen:
        if not (ids or _has_room(tile, galaxies, k, taken, options)):
            continue
        if len(taken) == count:
            break
        host, assumed = _host(tile, galaxies, k, names[k], options)
        ((name, wish),) = options.wishes(host.id)
        mask = f"masks/{number + len(truths):06d}.png"
        x, y = float(galaxies.x[k]), float(galaxies.y[k])
        offset = (x - math.floor(x + 0.5), y - math.floor(y + 0.5))
        try:
            made = _feature(host, wish, tile, fwhm_px, offset, options.most_fraction)
        except UnfitHostError:
            left_out += 1
            continue
        taken.append(k)
        north, east = north_and_east(tile.wcs, galaxies.x[k : k + 1], galaxies.y[k : k + 1])
        truths.append(
            tell(
                host,
                wish,
                made,
                _seen_r(made, tile, fwhm_px, (x, y), folder / mask),
                tile.pixel_scale_arcsec,
                id=name,
                ra=float(galaxies.ra[k]),
                dec=float(galaxies.dec[k]),
                x=x,
                y=y,
                redshift_assumed=int(assumed),
                position_angle_deg=position_angle_deg(
                    made.angle_rad, float(north[0]), float(east[0])
                ),
                photon_noise=int(photons),
                mask=mask,
            )
        )
        note = f"{name} at x {x + 1:.1f} y {y + 1:.1f}, r {made.brightness:.2f} mag/arcsec2"
        placed.append(
            Placed(
                float(galaxies.ra[k]),
                float(galaxies.dec[k]),
                offset,
                made.light_njy,
                fwhm_px,
                note,
                wish.seed,
            )
        )
    return truths, placed, left_out


def _choose_hosts(
    tile: Tile,
    galaxies: Catalogue,
    names: Sequence[str],
    options: InjectOptions,
    ids: Sequence[str],
) -> list[int]:
    """Return who may be a host: those named, else all that are fit, in any order."""
    magnitudes = flux_to_mag(galaxies.flux_njy)
    reference = reference_magnitude(dict(zip(tile.bands, magnitudes.T, strict=True)))
    measured = np.isfinite(reference) & (galaxies.radius_arcsec > 0)
    if ids:
        return [k for k, name in enumerate(names) if name in ids and measured[k]]
    fit = np.flatnonzero(measured & ((galaxies.flags & UNFIT) == 0))
    return [int(k) for k in generator(options.seed, "hosts", tile.name).permutation(fit)]


def _has_room(
    tile: Tile, galaxies: Catalogue, k: int, taken: Sequence[int], options: InjectOptions
) -> bool:
    """Tell whether the features of a galaxy and of the hosts before it stay apart."""
    redshift = options.redshift or ASSUMED_REDSHIFT
    longest_arcsec = max(options.length_kpc.values) / kpc_per_arcsec(redshift)
    room = _ROOM_LENGTHS * longest_arcsec / tile.pixel_scale_arcsec
    others = list(taken)
    apart = np.hypot(galaxies.x[others] - galaxies.x[k], galaxies.y[others] - galaxies.y[k])
    return bool((apart > room).all())


def _host(
    tile: Tile, galaxies: Catalogue, k: int, name: str, options: InjectOptions
) -> tuple[Host, bool]:
    north, east = north_and_east(tile.wcs, galaxies.x[k : k + 1], galaxies.y[k : k + 1])
    magnitudes = dict(zip(tile.bands, flux_to_mag(galaxies.flux_njy[k]).tolist(), strict=True))
    host = host_of(
        name,
        magnitudes,
        radius_arcsec=float(galaxies.radius_arcsec[k]),
        redshift=options.redshift or ASSUMED_REDSHIFT,
        axis_ratio=float(galaxies.axis_ratio[k]),
        position_angle_deg=float(galaxies.position_angle_deg[k]),
        north_deg=float(north[0]),
        east_deg=float(east[0]),
    )
    return host, options.redshift is None


def _feature(
    host: Host,
    wish: Wish,
    tile: Tile,
    fwhm_px: Sequence[float],
    offset: tuple[float, float],
    most_fraction: float,
) -> FeatureLight:
    length_px = wish.length_kpc / kpc_per_arcsec(host.redshift) / tile.pixel_scale_arcsec
    half_px = math.ceil(1.5 * length_px + _MARGIN_FWHM * max(fwhm_px)) + 8
    return feature_light(
        host,
        wish,
        tile.bands,
        pixel_arcsec=tile.pixel_scale_arcsec,
        most_half_px=min(half_px, _MOST_HALF_PX),
        offset_px=offset,
        most_fraction=most_fraction,
    )


def _seen_r(
    made: FeatureLight,
    tile: Tile,
    fwhm_px: Sequence[float],
    place: tuple[float, float],
    mask: Path,
) -> NDArray[np.float32]:
    """Return the feature's r light as far as it falls on the tile, and write its mask."""
    reference = tile.bands.index("r") if "r" in tile.bands else 0
    (seen,) = through_seeing(made.feature_njy[None], [fwhm_px[reference]])
    x0, y0 = (math.floor(value + 0.5) for value in place)
    shape = (tile.image_njy.shape[1], tile.image_njy.shape[2])
    _, on_canvas = overlap(shape, (seen.shape[0], seen.shape[1]), x0, y0)
    inside: NDArray[np.float32] = np.zeros_like(seen)
    inside[on_canvas] = seen[on_canvas]
    write_mask(feature_mask(inside), mask)
    return inside


def _seeing_px(tile: Tile, galaxies: Catalogue, options: InjectOptions) -> tuple[float, ...]:
    given, scale = options.psf_fwhm_arcsec, tile.pixel_scale_arcsec
    fwhm = {
        band: given.get(band, given.get("", told))
        for band, told in zip(tile.bands, tile.psf_fwhm_arcsec, strict=True)
    }
    measured = {
        band: scale * measure_fwhm_px([galaxies.sky.image_njy[k]])
        for k, band in enumerate(tile.bands)
        if not math.isfinite(fwhm[band])
    }
    say_seeing(tile.name, measured)
    fwhm = filled_in(fwhm | measured)
    check_seeing(tile.path, fwhm)
    return tuple(value / scale for value in fwhm.values())
