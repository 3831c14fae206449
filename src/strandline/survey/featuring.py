"""Features of a tile's galaxies (tails, streams, shells), measured while there are pixels."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.flags import StampFlag
from strandline.measure import Subject, measure_stamps
from strandline.measure.columns import schema_of
from strandline.simulate.injection.seeing import filled_in, measure_fwhm_px
from strandline.stamps import Cutouts
from strandline.tiles import Tile

__all__ = ["FeatureMeasurer", "feature_fields"]

_EMPTY: dict[pa.DataType, Any] = {pa.float32(): math.nan, pa.int32(): 0, pa.string(): ""}


def feature_fields(bands: tuple[str, ...]) -> list[pa.Field]:
    """Return the columns: those of `strandline.measure`, each with ``measure_`` before its name."""
    return [
        pa.field(_called(one.name), pa.float32() if pa.types.is_floating(one.type) else one.type)
        for one in schema_of(bands)
    ]


def _called(name: str) -> str:
    return f"measure_{name.removeprefix('measure_')}"


class FeatureMeasurer:
    """Measures stamps of one tile.

    Parameters
    ----------
    tile : Tile
        Widths of its stars that are not known are measured on the first stamps given.
    bands : tuple of str
        Of the stamps.
    """

    def __init__(self, tile: Tile, bands: tuple[str, ...]) -> None:
        self._bands = bands
        self._told = dict(zip(tile.bands, tile.psf_fwhm_arcsec, strict=True))
        self._seeing: tuple[float, ...] | None = None

    def __call__(
        self, cutouts: Cutouts, wanted: NDArray[np.bool_]
    ) -> dict[str, NDArray[Any] | list[Any]]:
        """Return the columns of all stamps, empty for those that are not wanted, shape (row,)."""
        flux, noise = cutouts.stamps.flux_njy(), cutouts.stamps.noise_njy
        if self._seeing is None:
            self._seeing = self._widths(cutouts, flux)
        fields = feature_fields(self._bands)
        columns: dict[str, list[Any]] = {
            one.name: [_EMPTY[one.type]] * len(cutouts) for one in fields
        }
        rows = np.flatnonzero(wanted)
        subjects = [self._subject(cutouts, row) for row in rows.tolist()]
        done = measure_stamps(flux[rows], noise[rows], subjects)
        for row, measured in zip(rows.tolist(), done, strict=True):
            for name, value in measured.values.items():
                columns[_called(name)][row] = value
            columns["measure_flags"][row] = int(measured.flags)
        return dict(columns)

    def _subject(self, cutouts: Cutouts, row: int) -> Subject:
        told = {name: values[row] for name, values in cutouts.columns.items()}
        return Subject(
            bands=self._bands,
            pixel_scale_arcsec=float(told["pixel_scale_arcsec"]),
            north_deg=float(told["north_deg"]),
            east_deg=float(told["east_deg"]),
            psf_fwhm_arcsec=self._seeing or (),
            calibrated=not int(told["flags"]) & StampFlag.UNCALIBRATED,
        )

    def _widths(self, cutouts: Cutouts, flux: NDArray[np.float32]) -> tuple[float, ...]:
        """Return the width of stars in each band, arcsec; NaN is unknown."""
        scale = float(cutouts.columns["pixel_scale_arcsec"][0])
        widths = {}
        for k, band in enumerate(self._bands):
            told = self._told.get(band, math.nan)
            unknown = band in self._told and not math.isfinite(told)
            widths[band] = scale * measure_fwhm_px(flux[:, k]) if unknown else told
        filled = filled_in(widths)
        return tuple(filled[band] for band in self._bands)
