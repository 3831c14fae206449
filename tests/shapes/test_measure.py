from collections.abc import Callable

import numpy as np
import pytest
import statmorph
from numpy.typing import NDArray

from strandline.errors import OptionError
from strandline.flags import ShapeFlag
from strandline.shapes import CONTROL_NAMES, SHAPE_NAMES, SceneOptions, measure_shapes
from strandline.shapes.measure import measure_plane
from strandline.shapes.scene import look_at
from strandline.stamps import StampBatch

Image = NDArray[np.float64]

WHOLE = SceneOptions(contrast=1.0)  # nothing is deblended, so that both see the same galaxy
# how far from statmorph: it measures the sky in a box of 32 px, of which it takes the first that is
# free, and counts pixels beyond the stamp as 0, which moves asymmetries by what noise there is;
# its multimode is a search at random
TOLERANCES = {
    "concentration": ("concentration", 0.02),
    "radius_px": ("r50", 0.02),
    "asymmetry": ("asymmetry", 0.004),
    "outer_asymmetry": ("outer_asymmetry", 0.03),
    "smoothness": ("smoothness", 0.005),
    "gini": ("gini", 0.003),
    "m20": ("m20", 0.006),
    "shape_asymmetry": ("shape_asymmetry", 0.03),
    "multimode": ("multimode", 0.05),
    "intensity": ("intensity", 0.001),
    "deviation": ("deviation", 0.001),
}


def _told(image: Image, options: SceneOptions | None = None) -> dict[str, float]:
    values, _ = measure_plane(image, options)
    return dict(zip(SHAPE_NAMES, values.tolist(), strict=True))


def _batch(*planes: Image, unit: float = 8.0) -> StampBatch:
    pixels = np.stack(planes)[:, None] / unit
    count = len(planes)
    return StampBatch(
        np.arange(count),
        pixels.astype(np.float16),
        np.full((count, 1), unit, dtype=np.float32),
        np.ones((count, 1), dtype=np.float32),
    )


@pytest.mark.filterwarnings("ignore")  # of scipy and statmorph
@pytest.mark.parametrize(
    "name", ["disc", "inclined", "elliptical", "spiral", "clumpy", "tailed", "pair"]
)
def test_values_are_those_of_statmorph(galaxies: dict[str, Image], name: str) -> None:
    image = galaxies[name]
    scene = look_at(image, WHOLE)
    assert scene is not None
    ours = _told(image, WHOLE)
    theirs = statmorph.SourceMorphology(
        image,
        scene.target.astype(int),
        1,
        mask=scene.masked,
        gain=1e6,
        cutout_extent=10,
        n_sigma_outlier=0,
    )
    assert 1 / theirs.elongation_asymmetry == pytest.approx(ours["axis_ratio"], abs=0.005)
    for own, (other, tolerance) in TOLERANCES.items():
        if (name, own) == ("elliptical", "shape_asymmetry"):
            continue  # its wings are sky to statmorph, whose threshold is at 3 sigma then
        assert ours[own] == pytest.approx(getattr(theirs, other), abs=tolerance), own


@pytest.mark.parametrize("name", ["inclined", "clumpy", "tailed", "pair"])
@pytest.mark.parametrize(
    "turn",
    [lambda image: np.rot90(image), np.fliplr, np.flipud, lambda image: np.rot90(image, 2)],
    ids=["quarter", "left-right", "up-down", "half"],
)
def test_orientation_does_not_matter(
    galaxies: dict[str, Image], name: str, turn: Callable[[Image], Image]
) -> None:
    before, after = (_told(np.ascontiguousarray(i)) for i in (galaxies[name], turn(galaxies[name])))
    for statistic, value in before.items():
        # the centre is found to 1/64 px, and deblending gives single faint pixels to either side
        assert after[statistic] == pytest.approx(value, rel=0.02, abs=0.01), statistic


@pytest.mark.parametrize("name", ["disc", "clumpy", "pair"])
def test_brightness_does_not_matter(galaxies: dict[str, Image], name: str) -> None:
    before, after = _told(galaxies[name]), _told(galaxies[name] * 1024)  # exact
    assert after.pop("log_flux") == pytest.approx(before.pop("log_flux") + np.log10(1024), abs=1e-4)
    for statistic, value in before.items():
        assert after[statistic] == pytest.approx(value, rel=1e-4, abs=1e-5), statistic


def test_sky_level_does_not_matter_where_it_is_subtracted(galaxies: dict[str, Image]) -> None:
    options = SceneOptions(subtract_sky=True)
    before, after = _told(galaxies["tailed"], options), _told(galaxies["tailed"] + 50, options)
    for statistic, value in before.items():
        assert after[statistic] == pytest.approx(value, rel=2e-3, abs=1e-3), statistic


def test_disturbed_galaxies_stand_out(galaxies: dict[str, Image]) -> None:
    told = {name: _told(image) for name, image in galaxies.items()}
    for statistic in ("asymmetry", "outer_asymmetry", "residual_fraction", "shape_asymmetry"):
        assert told["tailed"][statistic] > 1.3 * told["disc"][statistic], statistic
        assert told["tailed"][statistic] > told["disc"][statistic] + 0.015, statistic
    assert told["tailed"]["tidal"] > 3 * told["disc"]["tidal"]
    assert told["pair"]["neighbours"] > 0.2
    assert told["disc"]["neighbours"] == 0


def test_batch_is_measured_stamp_by_stamp(galaxies: dict[str, Image]) -> None:
    chosen = [galaxies["disc"], galaxies["clumpy"]]
    values, flags = measure_shapes(_batch(*chosen))
    assert values.shape == (2, len(SHAPE_NAMES))
    assert values.dtype == np.float32
    assert flags.tolist() == [0, 0]
    for row, image in zip(values, chosen, strict=True):
        rounded = image.astype(np.float16).astype(np.float64)  # the stamps' own precision
        np.testing.assert_allclose(row, measure_plane(rounded)[0], rtol=2e-3, atol=2e-3)


def test_nothing_and_noise_are_nan_with_a_flag() -> None:
    noise = np.random.default_rng(1).normal(size=(80, 80))
    for plane in (np.full((80, 80), np.nan), np.zeros((80, 80)), noise):
        values, flags = measure_plane(plane)
        assert np.isnan(values).all()
        assert flags & ShapeFlag.NO_GALAXY
        assert flags & ShapeFlag.INCOMPLETE


def test_a_galaxy_half_missing_is_measured_and_flagged(galaxies: dict[str, Image]) -> None:
    image = galaxies["disc"].copy()
    image[:, 90:] = np.nan
    values, flags = measure_plane(image)
    assert flags & ShapeFlag.MASKED
    assert np.isfinite(values[SHAPE_NAMES.index("gini")])


def test_a_galaxy_larger_than_the_stamp_is_flagged(galaxies: dict[str, Image]) -> None:
    _, flags = measure_plane(galaxies["spiral"][50:111, 50:111].copy())
    assert flags & (ShapeFlag.BEYOND_STAMP | ShapeFlag.NO_RADIUS)


def test_size_and_brightness_are_controls_and_come_last() -> None:
    assert SHAPE_NAMES[-2:] == CONTROL_NAMES == ("radius_px", "log_flux")


def test_band_that_is_not_there_is_refused(galaxies: dict[str, Image]) -> None:
    with pytest.raises(OptionError, match="band is 1; the stamps have 1 bands"):
        measure_shapes(_batch(galaxies["disc"]), band=1)
