"""Primary regions: every position belongs to one tile."""

import numpy as np
import pytest

from strandline.errors import OptionError
from strandline.survey.regions import BORDER_ARCSEC, Box, box_regions, covered_regions


def _squares(centres: list[tuple[float, float]], half_deg: float) -> np.ndarray:
    """Return corners of small squares on the sky, north up."""
    corners = []
    for ra, dec in centres:
        wide = half_deg / np.cos(np.radians(dec))
        corners.append(
            [
                (ra + sx * wide, dec + sy * half_deg)
                for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
            ]
        )
    return np.array(corners)


@pytest.mark.parametrize("dec", [-80.0, -8.5, 0.0, 45.0])
@pytest.mark.parametrize("ra", [0.0, 40.0, 359.99])
def test_every_position_is_in_one_region(ra: float, dec: float) -> None:
    step = 0.05 / np.cos(np.radians(dec))
    centres = [(ra + i * step, dec + j * 0.05) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    regions = covered_regions(_squares(centres, 0.035))
    random = np.random.default_rng(1)
    ras = ra + random.uniform(-1.6, 1.6, 2000) * step
    decs = dec + random.uniform(-0.08, 0.08, 2000)
    inside = np.array([region.inside_arcsec(ras, decs) for region in regions])
    counts = (inside >= 0).sum(axis=0)
    near = (np.abs(inside) < 1e-3).any(axis=0)
    assert (counts[~near] == 1).all()


def test_a_position_belongs_to_the_tile_in_which_it_lies_deepest() -> None:
    left, right = covered_regions(_squares([(10.0, 0.0), (10.06, 0.0)], 0.05))
    at = np.array([10.02, 10.03, 10.04]), np.zeros(3)
    assert left.inside_arcsec(*at)[0] > 0 > left.inside_arcsec(*at)[2]
    np.testing.assert_allclose(
        left.inside_arcsec(*at)[[0, 2]], -right.inside_arcsec(*at)[[0, 2]], atol=1e-6
    )
    # 0.01 degrees from the middle line of an overlap: that much deeper here, less deep there
    assert left.inside_arcsec(*at)[0] == pytest.approx(2 * 0.01 * 3600, rel=1e-3)


def test_of_tiles_on_one_footprint_the_first_has_all() -> None:
    first, second = covered_regions(_squares([(10.0, 20.0), (10.0, 20.0)], 0.05))
    at = np.array([10.0, 10.02]), np.array([20.0, 20.01])
    assert (first.inside_arcsec(*at) == np.inf).all()
    assert (second.inside_arcsec(*at) == -np.inf).all()


def test_far_from_all_others_a_position_is_far_inside() -> None:
    one, _ = covered_regions(_squares([(10.0, 20.0), (11.0, 20.0)], 0.05))
    assert one.inside_arcsec(np.array([10.0]), np.array([20.0]))[0] == np.inf


def test_boxes_share_a_border_that_belongs_to_one() -> None:
    left, right = Box(359.0, 0.5, -1, 1), Box(0.5, 2.0, -1, 1)
    ra = np.array([359.5, 0.0, 0.5, 1.0, 180.0])
    dec = np.zeros(5)
    assert (left.inside_arcsec(ra, dec) >= 0).tolist() == [True, True, False, False, False]
    assert (right.inside_arcsec(ra, dec) >= 0).tolist() == [False, False, True, True, False]
    assert left.inside_arcsec(np.array([0.499]), np.zeros(1))[0] == pytest.approx(3.6, rel=1e-3)
    top = np.array([0.0]), np.array([1.0])
    assert left.inside_arcsec(*top)[0] < 0
    assert Box(359.0, 0.5, 1, 2).inside_arcsec(*top)[0] >= 0
    assert Box(0, 360, -90, 90).inside_arcsec(ra, dec).min() > BORDER_ARCSEC


def test_what_is_no_box_is_refused() -> None:
    with pytest.raises(OptionError, match=r"dec_max = \(0, 1, 5, 4\)"):
        box_regions([(0, 1, 5, 4)])
