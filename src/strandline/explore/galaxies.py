"""What can be measured of the galaxy on a stamp and tells nothing of an interaction."""

import numpy as np
from numpy.typing import NDArray

from strandline.progress import track
from strandline.shapes import SceneOptions
from strandline.shapes.apertures import ellipse_of
from strandline.shapes.plane import planes
from strandline.shapes.scene import look_at
from strandline.stamps import StampTable

__all__ = ["look_of"]

_BATCH = 64
_ROUND = 0.85


def look_of(table: StampTable, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Measure galaxies: what an embedding may know of them.

    Parameters
    ----------
    table : StampTable
    rows : ndarray of int64, shape (row,)

    Returns
    -------
    dict
        ``rotation``: sine and cosine of twice the angle of the major axis in the stamp, NaN where
        the axis ratio is above 0.85; ``magnitude``: of the light above the sky in the galaxy's
        segment, without a zero point; ``size``: ln of the segment's area. NaN where there is no
        galaxy.
    """
    options = SceneOptions(subtract_sky=table.spec.kind == "picture")
    rotation = np.full((len(rows), 2), np.nan)
    magnitude, size = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    k = 0
    with track("Measuring galaxies", len(rows)) as advance:
        for batch in table.batches(_BATCH, rows=rows):
            for plane in planes(batch):
                scene = look_at(plane, options)
                if scene is not None:
                    own = np.where(scene.target, scene.image, 0.0)
                    y, x = np.nonzero(scene.target)
                    light = own[y, x]
                    centre = (light * x).sum() / light.sum(), (light * y).sum() / light.sum()
                    ellipse = ellipse_of(own, *centre)
                    if ellipse.axis_ratio < _ROUND:
                        rotation[k] = np.sin(2 * ellipse.angle), np.cos(2 * ellipse.angle)
                    magnitude[k] = -2.5 * np.log10(light.sum())
                    size[k] = np.log(len(light))
                k += 1
            advance(len(batch.rows))
    return {"rotation": rotation, "magnitude": magnitude, "size": size}
