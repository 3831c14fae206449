"""The galaxies that a report pictures: their facts, pictures, places on the map and kin."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.flags import StampFlag
from strandline.report.galaxies import (
    GALLERY_AT_MOST,
    Chosen,
    check_columns,
    choose,
    describe,
    map_positions,
)
from strandline.report.inputs import ReportInputs
from strandline.report.kin import alike_among, alike_in_table
from strandline.report.thumbs import Pair, Sheet, gallery_pairs, make_sheet

__all__ = ["Pictured", "picture"]

_CLOSE_UP_RADII = 14.0
_LARGEST_ZOOM = 3.0
_OF_ALL_PICTURES = StampFlag.UNCALIBRATED | StampFlag.NO_WCS


@dataclass(frozen=True)
class Pictured:
    """The chosen galaxies with what is said of them and their pictures."""

    chosen: Chosen
    places: NDArray[np.float64] | None
    facts: dict[str, list[Any]]
    pairs: list[Pair]
    sheet: Sheet | None
    zoom: list[float]
    kin: list[list[int]]
    """For each the most alike: of the whole table for the gallery, else of those pictured."""


def picture(inputs: ReportInputs) -> Pictured:
    """Choose the galaxies to show, read their stamps and draw them."""
    table, catalogue = inputs.table, inputs.catalogue
    check_columns(catalogue)
    places = map_positions(catalogue)
    every = np.asarray(catalogue["row"].to_numpy(), dtype=np.int64)
    kin = _ranks(alike_in_table(table, every[:GALLERY_AT_MOST]), every)
    also = np.array([k for ranks in kin for k in ranks], np.int64)
    chosen = choose(catalogue, places, seed=inputs.seed, also=also)
    facts = describe(catalogue, chosen.pictured)
    if table.spec.kind == "picture":  # true of every picture, so no news of any one of them
        facts["flags"] = [flag & ~int(_OF_ALL_PICTURES) for flag in facts["flags"]]
    rows = every[chosen.pictured]
    flags = np.asarray(facts["flags"], dtype=np.int64)
    radius_px = _radius_px(facts)
    field = table.spec.size_px / (_CLOSE_UP_RADII * radius_px)
    zoom = np.nan_to_num(np.clip(field, 1, _LARGEST_ZOOM), nan=1.0)
    gallery = slice(0, chosen.gallery)
    return Pictured(
        chosen=chosen,
        places=places,
        facts=facts,
        pairs=gallery_pairs(table, rows[gallery], flags[gallery]),
        sheet=make_sheet(table, rows, flags, radius_px) if len(rows) else None,
        zoom=[round(float(value), 2) for value in zoom[gallery]],
        kin=[*_ranks(kin, chosen.pictured), *alike_among(table, rows)[chosen.gallery :]],
    )


def _ranks(found: list[list[int]], listed: NDArray[np.int64]) -> list[list[int]]:
    """Return where in `listed` each of the numbers `found` stands; those not there are left out."""
    place = {number: k for k, number in enumerate(listed.tolist())}
    return [[place[number] for number in line if number in place] for line in found]


def _radius_px(facts: dict[str, list[Any]]) -> NDArray[np.float64]:
    radius = np.array([np.nan if v is None else v for v in facts["radius"]], np.float64)
    scale = np.array([np.nan if v is None else v for v in facts["scale"]], np.float64)
    radius_px = radius / scale
    return np.where(radius_px > 0, radius_px, np.nan)
