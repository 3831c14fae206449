import numpy as np
import pytest

from strandline.errors import OptionError
from strandline.shapes.plane import planes
from strandline.stamps import StampBatch


def _batch(noise: list[float], values: list[float]) -> StampBatch:
    pixels = np.ones((1, len(noise), 4, 4)) * np.array(values)[None, :, None, None]
    return StampBatch(
        np.arange(1),
        (pixels / 2).astype(np.float16),
        np.full((1, len(noise)), 2, dtype=np.float32),
        np.array([noise], dtype=np.float32),
    )


def test_bands_count_by_the_inverse_square_of_their_noise() -> None:
    (plane,) = planes(_batch([1.0, 2.0], [10.0, 20.0]))
    np.testing.assert_allclose(plane, (10 + 20 / 4) / 1.25, rtol=1e-6)


def test_one_band_is_taken_as_it_is() -> None:
    (plane,) = planes(_batch([1.0, 2.0], [10.0, 20.0]), band=1)
    np.testing.assert_array_equal(plane, 20)
    with pytest.raises(OptionError, match="band is 2; the stamps have 2 bands"):
        list(planes(_batch([1.0, 2.0], [10.0, 20.0]), band=2))


def test_missing_pixels_are_taken_from_the_other_bands() -> None:
    batch = _batch([1.0, 1.0], [10.0, 20.0])
    batch.pixels[0, 0, 0, 0] = np.nan
    batch.pixels[0, :, 1, 1] = np.nan
    (plane,) = planes(batch)
    assert plane[0, 0] == 20
    assert np.isnan(plane[1, 1])
    assert plane[2, 2] == 15


def test_bands_without_a_noise_count_alike() -> None:
    (plane,) = planes(_batch([np.nan, 0.0], [10.0, 20.0]))
    np.testing.assert_allclose(plane, 15)
