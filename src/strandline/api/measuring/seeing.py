"""How wide stars are on the stamps of a table: told, or measured."""

import math
from collections.abc import Mapping

import numpy as np

from strandline.simulate.injection.seeing import filled_in, measure_fwhm_px
from strandline.stamps import StampTable

__all__ = ["seeing_arcsec"]

_STAMPS = 100
_AT_ONCE = 16


def seeing_arcsec(table: StampTable, given: Mapping[str, float]) -> tuple[float, ...]:
    """Return the width of stars (FWHM, arcsec) in each band of a table; NaN is unknown.

    Parameters
    ----------
    table : StampTable
    given : mapping of str to float
        By band ('' for all). Else the table's columns ``psf_BAND`` or ``psf_fwhm_BAND`` tell, or
        the stars on a hundred of its stamps; a band without stars has the median of the others.
    """
    if table.spec.kind == "picture":
        return (math.nan,) * len(table.spec.bands)
    found = {}
    for band in table.spec.bands:
        fwhm = given.get(band, given.get("", math.nan))
        for column in (f"psf_{band}", f"psf_fwhm_{band}"):
            if math.isnan(fwhm) and column in table.column_names:
                fwhm = float(np.nanmedian(table.columns(column)[column].to_numpy()))
        found[band] = fwhm
    filled = filled_in(_with_measured_widths(table, found))
    return tuple(filled[band] for band in table.spec.bands)


def _with_measured_widths(table: StampTable, known: dict[str, float]) -> dict[str, float]:
    """Return widths by band with those of stars on the stamps where they are not known (NaN)."""
    unknown = [k for k, band in enumerate(table.spec.bands) if math.isnan(known[band])]
    if not unknown:
        return known
    count = len(table)
    rows = np.unique(np.linspace(0, count - 1, min(count, _STAMPS)).astype(np.int64))
    scale = float(np.nanmedian(table.columns("pixel_scale_arcsec")["pixel_scale_arcsec"]))
    parts = table.batches(_AT_ONCE, rows=rows)
    planes = np.concatenate([batch.flux_njy()[:, unknown] for batch in parts])
    widths = {
        table.spec.bands[k]: scale * measure_fwhm_px(planes[:, place])
        for place, k in enumerate(unknown)
    }
    return known | widths
