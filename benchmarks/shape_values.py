"""Shape statistics against statmorph's, value by value on the same stamps.

``python -m benchmarks shape_values [--stamps=200] [--table=FOLDER]`` measures simulated stamps, or
those of a table, with both, on the same pixels, footprints and masks, and prints for each statistic
its middle value, how far the two are apart, and how alike they rank the galaxies. Galaxies on which
statmorph doubts itself (flag above 1, or sky below 0) are left out.
"""

import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import statmorph
from numpy.typing import NDArray
from scipy import stats

from strandline.shapes import SHAPE_NAMES, SceneOptions
from strandline.shapes.measure import measure_plane
from strandline.shapes.plane import planes
from strandline.shapes.scene import Scene, look_at
from strandline.simulate import make_stamps
from strandline.stamps import StampTable

__all__ = ["main"]

PAIRS = {
    "concentration": "concentration",
    "asymmetry": "asymmetry",
    "outer_asymmetry": "outer_asymmetry",
    "shape_asymmetry": "shape_asymmetry",
    "smoothness": "smoothness",
    "gini": "gini",
    "m20": "m20",
    "multimode": "multimode",
    "intensity": "intensity",
    "deviation": "deviation",
    "radius_px": "r50",
}
"""Our statistics, and what statmorph calls them."""

_GAIN = 1e6  # photons are no noise here
_WORST_FLAG = 1


def main() -> None:
    """Print the table."""
    asked = dict(one.removeprefix("--").split("=") for one in sys.argv if "=" in one)
    with tempfile.TemporaryDirectory() as name:
        path = Path(asked.get("table", Path(name) / "stamps.lance"))
        if "table" not in asked:
            make_stamps(path, count=int(asked.get("stamps", 200)), bands=("g", "r", "i"), seed=31)
        ours, theirs, seconds = [], [], np.zeros(2)
        seen = 0
        for image, scene in islice(_scenes(path), int(asked.get("stamps", 200))):
            seen += 1
            before = time.process_time()
            own = dict(zip(SHAPE_NAMES, measure_plane(image)[0].tolist(), strict=True))
            between = time.process_time()
            other = _by_statmorph(scene)
            seconds += between - before, time.process_time() - between
            if other is not None:
                ours.append([own[name] for name in PAIRS])
                theirs.append([other[name] for name in PAIRS])
    print(
        f"{len(ours)} of {seen} galaxies; statmorph takes {seconds[1] / seconds[0]:.0f} times as "
        "long, all its statistics against all of ours"
    )
    _print(np.array(ours), np.array(theirs))


def _scenes(path: Path) -> Iterator[tuple[NDArray[np.float64], Scene]]:
    for batch in StampTable.open(path).batches(16):
        for image in planes(batch):
            scene = look_at(image, SceneOptions())
            if scene is not None:
                yield image, scene


def _by_statmorph(scene: Scene) -> dict[str, float] | None:
    """Return statmorph's values by our names; None where it doubts them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = statmorph.SourceMorphology(
            scene.image,
            scene.target.astype(int),
            1,
            mask=scene.masked,
            gain=_GAIN,
            cutout_extent=10,
            n_sigma_outlier=0,
        )
        if told.flag > _WORST_FLAG or told.sky_mean == -99.0:
            return None
        return {own: float(getattr(told, other)) for own, other in PAIRS.items()}


def _print(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> None:
    print("  statistic          n   middle   theirs   difference     68 %     95 %   rank")
    for name, own, other in zip(PAIRS, ours.T, theirs.T, strict=True):
        both = np.isfinite(own) & np.isfinite(other) & (other > -90)
        a, b = own[both], other[both]
        off = np.abs(a - b - np.median(a - b))
        print(
            f"  {name:<16s} {both.sum():4d} {np.median(a):8.3f} {np.median(b):8.3f} "
            f"{np.median(a - b):+12.4f} {np.quantile(off, 0.68):8.4f} "
            f"{np.quantile(off, 0.95):8.4f} {stats.spearmanr(a, b).statistic:6.3f}"
        )
