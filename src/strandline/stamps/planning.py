"""What is to be cut, settled before the first pixel is read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from strandline.errors import OptionError, TileError
from strandline.stamps.cutting import square_picture
from strandline.stamps.detect import DetectOptions
from strandline.stamps.schema import TableSpec
from strandline.tiles import Discovery, ReadOptions, TileSource, read_tile

__all__ = ["CutPlan", "plan_cutting", "stamp_side"]

_USUAL_SIZE_PX = 200
_LEAST_SIZE_PX, _MOST_SIZE_PX = 16, 4096


@dataclass(frozen=True)
class CutPlan:
    """How every tile is cut.

    Attributes
    ----------
    spec : TableSpec
    pixel_arcsec : float or None
        Of the stamps; None for each tile's own.
    detect : DetectOptions
    seed : int
        Of the splits.
    """

    spec: TableSpec
    pixel_arcsec: float | None
    detect: DetectOptions
    seed: int


def plan_cutting(
    discovery: Discovery,
    read: ReadOptions,
    *,
    size_px: int | None,
    size_arcsec: float | None,
    detect: DetectOptions,
    seed: int,
) -> CutPlan:
    """Return how the tiles that were found are cut.

    Raises
    ------
    OptionError
        If two sizes are given, or a size makes no sense for these images.
    """
    kind = discovery.sources[0].kind
    if kind == "picture" and size_arcsec is not None:
        raise OptionError(
            "Colour pictures have no scale and no coordinates: size_arcsec cannot be used with "
            "them. Use size_px."
        )
    if kind == "picture" and size_px is None:
        size_px = _own_side(discovery.sources, read)
    scales = (source.pixel_scale_arcsec for source in discovery.sources)
    side, pixel_arcsec = stamp_side(size_px, size_arcsec, scales)
    return CutPlan(TableSpec(discovery.bands, side, kind), pixel_arcsec, detect, seed)


def stamp_side(
    size_px: int | None, size_arcsec: float | None, scales_arcsec: Iterable[float]
) -> tuple[int, float | None]:
    """Return the side of stamps in px, and the size of their pixels if it is not each tile's own.

    Parameters
    ----------
    size_px, size_arcsec : int or float, optional
        One of the two, or neither for 200 px.
    scales_arcsec : iterable of float
        Pixels of the tiles; looked at only for `size_arcsec`. The finest counts.

    Raises
    ------
    OptionError
        If both are given, or a size makes no sense.
    """
    if size_px is not None and size_arcsec is not None:
        raise OptionError(
            f'A stamp has one size: give size_px ({size_px}) or size_arcsec ({size_arcsec}"), '
            "not both."
        )
    pixel_arcsec = None
    if size_arcsec is not None:
        if not 0 < size_arcsec < 36000:
            raise OptionError(f"size_arcsec must be positive; got {size_arcsec}.")
        pixel_arcsec = min(scales_arcsec)
        size_px = round(size_arcsec / pixel_arcsec)
    elif size_px is None:
        size_px = _USUAL_SIZE_PX
    if not _LEAST_SIZE_PX <= size_px <= _MOST_SIZE_PX:
        told = f' ({size_arcsec}" at {pixel_arcsec:.3f}" a pixel)' if pixel_arcsec else ""
        raise OptionError(
            f"A stamp must be {_LEAST_SIZE_PX} to {_MOST_SIZE_PX} px wide; got {size_px} px{told}."
        )
    return size_px, pixel_arcsec


def _own_side(sources: Sequence[TileSource], read: ReadOptions) -> int:
    """Return the side of the first picture that can be read."""
    for source in sources:
        try:
            square, _ = square_picture(read_tile(source, read).image_njy, None)
        except TileError:
            continue
        return max(_LEAST_SIZE_PX, int(square.shape[-1]))
    return _USUAL_SIZE_PX
