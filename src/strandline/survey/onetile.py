"""One tile in, the rows of its galaxies out: nothing but numbers is kept.

The pixels are read once. Stamps are cut, quantised as a stamp table holds them, scored and dropped,
a batch at a time, so that the numbers are those of ``stamps``, ``embed`` and ``classify`` one after
the other, and memory does not grow with the number of galaxies.
"""

from collections import Counter
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from astropy.wcs import WCS
from numpy.typing import NDArray

from strandline.classify.score import Scores, score_features
from strandline.errors import TileError
from strandline.learn import Ensemble
from strandline.shapes import SHAPE_NAMES, measure_shapes, scene_options
from strandline.stamps import (
    Catalogue,
    Cutouts,
    CutPlan,
    TableSpec,
    choose_galaxies,
    detect,
    galaxy_cutouts,
    table_schema,
)
from strandline.survey.featuring import FeatureMeasurer, feature_fields
from strandline.survey.pooling import Encode, Features, encode_alone
from strandline.survey.regions import BORDER_ARCSEC, Region
from strandline.tiles import ReadOptions, Tile

__all__ = ["SurveyPlan", "TileRows", "chosen_cutouts", "row_schema", "tile_rows"]

_LEFT_OUT = ("path", "split", "unit", "pixels")
_LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class SurveyPlan:
    """What is done with every tile of a survey.

    Attributes
    ----------
    cut : CutPlan
    read : ReadOptions
    shapes : bool
        Whether shape statistics are kept; they are measured in any case if a model needs them.
    batch_size : int
        Stamps in memory, and scored, at once.
    pool : int, optional
        Stamps of several tiles that a worker encodes at once, see `strandline.survey.pooling`; 0
        is never. By default where it has a GPU.
    measure_from : float, optional
        Least probability of a galaxy whose features are measured; by default of none.
    """

    cut: CutPlan
    read: ReadOptions = field(default_factory=ReadOptions)
    shapes: bool = False
    batch_size: int = 32
    pool: int | None = None
    measure_from: float | None = None


@dataclass(frozen=True)
class TileRows:
    """What one tile gave.

    Attributes
    ----------
    table : Table
        See `row_schema`; the galaxies with the highest signal-to-noise first.
    corners_deg : ndarray of float64, shape (4, 2)
        Right ascension and declination of the image's corners.
    left_out : dict of str to int
        Objects that are no rows, by reason.
    notes : tuple of str
        What was odd and how it was treated.
    """

    table: pa.Table
    corners_deg: NDArray[np.float64]
    left_out: dict[str, int]
    notes: tuple[str, ...]


def row_schema(plan: SurveyPlan, models: Ensemble) -> pa.Schema:
    """Return the columns of a survey's rows: those of a stamp table, then what models say.

    ``embedding`` is float16, of the first model; ``probability`` and one for each of several models
    float32.
    """
    stamps = table_schema(plan.cut.spec)
    fields = [column for column in stamps if column.name not in _LEFT_OUT]
    if plan.shapes:
        fields += [pa.field(f"shape_{name}", pa.float32()) for name in SHAPE_NAMES]
        fields.append(pa.field("shape_flags", pa.int32()))
    if plan.measure_from is not None:
        fields += feature_fields(plan.cut.spec.bands)
    fields.append(pa.field("probability", pa.float32()))
    if len(models.members) > 1:
        fields += [pa.field(f"probability_{name}", pa.float32()) for name in models.members]
    width = models.models[models.first].feature_count
    fields.append(pa.field("embedding", pa.list_(pa.float16(), width)))
    return pa.schema(fields)


def tile_rows(
    tile: Tile,
    plan: SurveyPlan,
    models: Ensemble,
    region: Region | None = None,
    encode: Encode | None = None,
) -> TileRows:
    """Find, cut, score and measure the galaxies of a tile.

    Parameters
    ----------
    tile : Tile
    plan : SurveyPlan
    models : Ensemble
    region : Region, optional
        Galaxies farther outside it than `BORDER_ARCSEC` are another tile's and left out.
    encode : Encode, optional
        How stamps get their features; by default here, a batch at a time.

    Returns
    -------
    TileRows
        With no row if there is no galaxy.

    Raises
    ------
    TileError
        If the tile is empty, constant or too crowded, or has other bands than the plan.
    """
    _check_bands(tile, plan.cut.spec)
    chosen = _galaxies(tile, plan)
    left_out = Counter(chosen.counts)
    if region is not None:
        near = region.inside_arcsec(chosen.ra, chosen.dec) > -BORDER_ARCSEC
        if not near.all():
            left_out["outside the primary region"] = int((~near).sum())
        chosen = chosen.take(near)
    schema = row_schema(plan, models)
    encode = encode or encode_alone(models.models)
    measurer = None
    if plan.measure_from is not None:
        measurer = FeatureMeasurer(tile, plan.cut.spec.bands)
    begun = [
        _begin(cutouts, plan, models, encode, measurer)
        for cutouts in galaxy_cutouts(tile, chosen, plan.cut, at_once=plan.batch_size)
    ]
    parts = [one.rows(schema) for one in begun]
    table = pa.Table.from_batches(parts, schema=schema).combine_chunks()
    notes = (*tile.notes, *chosen.notes)
    return TileRows(table, _corners(tile), dict(sorted(left_out.items())), notes)


def chosen_cutouts(tile: Tile, plan: SurveyPlan, ids: list[str]) -> Cutouts:
    """Return the stamps of galaxies that `tile_rows` called so, in the order of `ids`.

    Raises
    ------
    TileError
        If one is not found any more: the file has changed.
    """
    galaxies = _galaxies(tile, plan)
    labels = [] if galaxies.label is None else galaxies.label.tolist()
    place = {str(name): k for k, name in enumerate(labels)}
    missing = [name for name in ids if name not in place]
    if missing:
        raise TileError(f"{tile.path}: has no galaxy {missing[0]} any more; the file has changed.")
    rows = np.array([place[name] for name in ids], dtype=np.int64)
    return Cutouts.joined(list(galaxy_cutouts(tile, galaxies.take(rows), plan.cut)))


def _check_bands(tile: Tile, spec: TableSpec) -> None:
    unknown = [band for band in tile.bands if band not in spec.bands]
    if unknown:
        raise TileError(
            f"{tile.path}: is of band {', '.join(unknown)}, the survey of {', '.join(spec.bands)}."
        )


def _galaxies(tile: Tile, plan: SurveyPlan) -> Catalogue:
    """Return the tile's galaxies, named as the table of its stamps would."""
    chosen = choose_galaxies(detect(tile, plan.cut.detect), plan.cut.detect)
    names = np.array([f"{tile.name}-{k:05d}" for k in range(len(chosen))], dtype=np.str_)
    return replace(chosen, label=names)


@dataclass
class _Begun:
    """Some galaxies whose pixels are gone, though their features may still be under way."""

    columns: dict[str, Any]
    shapes: NDArray[np.float32] | None
    models: Ensemble
    features: "Future[Features]"

    @cached_property
    def scores(self) -> Scores:
        return score_features(self.models, self.features.result(), self.shapes)

    def rows(self, schema: pa.Schema) -> pa.RecordBatch:
        columns = self.columns | self.scores.columns()
        embedding = self.features.result()[self.models.first]
        arrays = [
            _embedding(embedding, column.type)
            if column.name == "embedding"
            else _scalar(columns, column, len(embedding))
            for column in schema
        ]
        return pa.record_batch(arrays, schema=schema)


def _begin(
    cutouts: Cutouts,
    plan: SurveyPlan,
    models: Ensemble,
    encode: Encode,
    measurer: FeatureMeasurer | None,
) -> _Begun:
    stamps, spec = cutouts.stamps, plan.cut.spec
    columns: dict[str, Any] = dict(cutouts.columns)
    features = encode(stamps, spec.bands)
    shapes = None
    if plan.shapes or models.uses_shapes:
        shapes, flags = measure_shapes(stamps, options=scene_options(spec))
        columns |= {f"shape_{name}": shapes[:, k] for k, name in enumerate(SHAPE_NAMES)}
        columns["shape_flags"] = flags
    begun = _Begun(columns, shapes, models, features)
    if measurer is not None and plan.measure_from is not None:
        columns |= measurer(cutouts, begun.scores.probability >= plan.measure_from)
    return begun


def _scalar(columns: dict[str, Any], column: pa.Field, count: int) -> pa.Array:
    if column.name not in columns:  # a magnitude of a band that the tile lacks
        return pa.array(np.full(count, np.nan), type=column.type)
    values = np.asarray(columns[column.name])
    if column.type != pa.string():
        values = values.astype(column.type.to_pandas_dtype())
    return pa.array(values, type=column.type)


def _embedding(features: NDArray[np.float32], kind: pa.DataType) -> pa.Array:
    half = np.clip(features, -_LARGEST, _LARGEST).astype(np.float16)
    return pa.FixedSizeListArray.from_arrays(pa.array(half.reshape(-1)), type=kind)


def _corners(tile: Tile) -> NDArray[np.float64]:
    height, width = tile.saturated.shape
    if not isinstance(tile.wcs, WCS):
        raise TileError(f"{tile.path}: has no world coordinates.")
    x = np.array([-0.5, width - 0.5, width - 0.5, -0.5])
    y = np.array([-0.5, -0.5, height - 0.5, height - 0.5])
    places = tile.wcs.pixel_to_world(x, y).icrs
    return np.stack([places.ra.deg, places.dec.deg], axis=1)
