"""The catalogue of a tile is taken apart row by row."""

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.stamps.catalogue import Catalogue
from strandline.stamps.sky import measure_sky
from tests.stamps.scenes import make_tile, sky_noise


def catalogue(count: int = 5, label: NDArray[np.str_] | None = None) -> Catalogue:
    rng = np.random.default_rng(0)

    def some() -> NDArray[np.float64]:
        return rng.normal(size=count)

    return Catalogue(
        bands=("g", "r"),
        calibrated=(True, True),
        sky=measure_sky(make_tile(sky_noise(2, 50, 50), "gr")),
        notes=("odd",),
        counts={"stars": 3},
        x=some(),
        y=some(),
        ra=some(),
        dec=some(),
        flux_njy=rng.normal(size=(count, 2)),
        flux_err_njy=rng.normal(size=(count, 2)),
        snr=some(),
        radius_arcsec=some(),
        axis_ratio=some(),
        position_angle_deg=some(),
        star_score=some(),
        flags=np.arange(count, dtype=np.int32),
        label=label,
    )


@pytest.mark.parametrize(
    "which", [np.array([3, 0, 0]), np.array([True, False, True, False, False]), np.array([], int)]
)
def test_take_keeps_rows_together(which: NDArray[np.int64]) -> None:
    whole = catalogue(label=np.array(list("abcde")))
    part = whole.take(which)
    assert len(part) == len(whole.x[which])
    for name in ("x", "y", "ra", "dec", "flux_njy", "flux_err_njy", "snr", "flags", "label"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[which])
    assert part.sky is whole.sky
    assert (part.bands, part.notes, part.counts) == (whole.bands, whole.notes, whole.counts)
    assert len(whole) == 5


def test_take_without_labels() -> None:
    assert catalogue().take(np.array([1])).label is None
