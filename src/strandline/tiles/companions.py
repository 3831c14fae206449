"""Files that belong to an image: weights and masks, known by their names."""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from strandline.tiles.tile import BandImage

__all__ = ["is_companion", "with_companions"]

# (pattern in the image's name, replacement for its weight, for its mask); the weight is an
# inverse variance in all of them
_NAMING = (
    # NOIRLab community pipeline: c4d_140820_031243_osi_g_v1.fits.fz
    (re.compile(r"_(o[opsk])i_"), r"_\1w_", r"_\1d_"),
    # Legacy Surveys: legacysurvey-0001m002-image-g.fits.fz
    (re.compile(r"-image-"), "-invvar-", "-maskbits-"),
    # SWarp: coadd.fits and coadd.weight.fits; and names in the same manner
    (re.compile(r"(\.fits?(?:\.\w+)?)$"), r".weight\1", r".mask\1"),
    (re.compile(r"(\.fits?(?:\.\w+)?)$"), r"_weight\1", r"_mask\1"),
    (re.compile(r"(\.fits?(?:\.\w+)?)$"), r"-weight\1", r"-mask\1"),
)
_COMPANION = re.compile(
    r"_o[opsk][wde]_|-(invvar|maskbits)-|[._-](weight|mask|wht|dqmask)\.fits?(\.\w+)?$",
    re.IGNORECASE,
)


def is_companion(path: Path) -> bool:
    """Tell whether a file's name is that of a weight or mask."""
    return bool(_COMPANION.search(path.name))


def with_companions(image: BandImage, files: Iterable[Path]) -> BandImage:
    """Return `image` with its weight and mask among `files`, as far as they are there."""
    there = set(files)
    for pattern, weight, mask in _NAMING:
        if not pattern.search(image.path.name):
            continue
        beside = image.path.with_name(pattern.sub(weight, image.path.name))
        below = image.path.with_name(pattern.sub(mask, image.path.name))
        if image.weight is None and beside in there:
            image = replace(image, weight=beside)
        if image.mask is None and below in there:
            image = replace(image, mask=below)
    return image
