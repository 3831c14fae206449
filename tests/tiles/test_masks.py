import numpy as np
import pytest
from astropy.io.fits import Header

from strandline.tiles.masks import empty_pixels, mask_planes


def test_bits_are_those_that_the_header_names() -> None:
    mask = np.array([[0, 1 << 1, 1 << 8, 1 << 3, (1 << 8) | (1 << 1)]])
    unusable, saturated = mask_planes(
        mask, Header({"MP_SAT": 1, "HIERARCH MP_NO_DATA": 8, "MP_CR": 3})
    )
    assert unusable.tolist() == [[False, False, True, False, True]]
    assert saturated.tolist() == [[False, True, False, False, True]]


def test_codes_of_the_community_pipeline() -> None:
    mask = np.arange(8)[None]
    unusable, saturated = mask_planes(mask, Header({"PRODTYPE": "dqmask"}))
    assert np.flatnonzero(unusable[0]).tolist() == [1, 2, 5, 6, 7]
    assert np.flatnonzero(saturated[0]).tolist() == [3, 4]


def test_any_other_mask() -> None:
    unusable, saturated = mask_planes(np.array([[0, 1, -3]]), Header())
    assert unusable.tolist() == [[False, True, True]]
    assert not saturated.any()


def test_bit_that_is_no_number() -> None:
    with pytest.raises(ValueError, match="saturated"):
        mask_planes(np.zeros((2, 2), dtype=np.int64), Header({"MP_SAT": "saturated"}))


@pytest.mark.parametrize("seed", range(5))
def test_empty_pixels_against_every_block(seed: int) -> None:
    image = (np.random.default_rng(seed).random((30, 31)) > 0.15).astype(np.float32)
    image[4:9, 10:20] = 0
    image[0:2, 0:9] = 0  # at the edge the sky beyond counts as empty
    padded = np.pad(image, 1)
    expected = np.zeros((32, 33), dtype=np.bool_)
    for y in range(30):
        for x in range(31):
            if (padded[y : y + 3, x : x + 3] == 0).all():
                expected[y : y + 3, x : x + 3] = True
    np.testing.assert_array_equal(empty_pixels(image), expected[1:-1, 1:-1] & (image == 0))


def test_a_few_zeros_are_no_block() -> None:
    image = np.ones((5, 5), dtype=np.float32)
    image[1, 1:4] = 0
    assert not empty_pixels(image).any()
