import numpy as np
import pytest

from strandline.simulate.portraits.canvas import Canvas, Frame
from strandline.simulate.portraits.debris import Debris, area_holding, measure_feature

FRAME = Frame(pixel_arcsec=0.25, bands=("g", "r"))
KPC_PER_ARCSEC = 1.0


def _debris(position: np.ndarray, *, torn: bool = True, flux: float = 1000.0) -> Debris:
    count = len(position)
    return Debris(
        position_kpc=position,
        home_kpc=np.zeros((count, 3)),
        flux_njy=np.full(count, flux / count),
        youth=np.zeros(count),
        torn=np.full(count, torn),
    )


def _tail(count: int = 4000) -> np.ndarray:
    """Return a straight tail from the centre to 20 kpc along +x, 12 kpc towards the observer."""
    along = np.linspace(0, 1, count)
    rng = np.random.default_rng(0)
    return np.stack([20 * along, rng.normal(0, 0.3, count), 12 * along], axis=1)


def test_a_feature_is_measured_as_long_and_as_bright_as_it_is() -> None:
    canvas = Canvas(FRAME, 120)
    debris = _debris(_tail())
    x, y = debris.position_kpc[:, :2].T / KPC_PER_ARCSEC
    image = canvas.splat(x, y, debris.flux_njy, 0.3)
    feature = measure_feature(
        debris,
        image,
        total_flux_njy=4000.0,
        pixel_arcsec=0.25,
        kpc_per_arcsec=KPC_PER_ARCSEC,
        redshift=0.05,
    )
    assert feature is not None
    assert feature.fraction == pytest.approx(0.25)
    # 97 % of a tail of even light
    assert feature.projected_kpc == pytest.approx(0.97 * 20, rel=0.01)
    assert feature.length_kpc == pytest.approx(0.97 * np.hypot(20, 12), rel=0.01)
    assert feature.angle_rad == pytest.approx(0, abs=0.02)
    assert feature.colour_gr == pytest.approx(0.78, abs=0.02)
    # 1000 nJy on 20" times a width of some sqrt(0.3^2 + 0.3^2 + 0.4^2) x 2.6 = 1.5"
    expected = 31.4 - 2.5 * np.log10(1000 / (20 * 1.5))
    assert feature.brightness == pytest.approx(expected, abs=0.3)
    assert feature.peak_brightness < feature.brightness


def test_nothing_torn_is_no_feature() -> None:
    debris = _debris(_tail(), torn=False)
    nothing = np.zeros((11, 11), dtype=np.float32)
    assert (
        measure_feature(
            debris,
            nothing,
            total_flux_njy=1.0,
            pixel_arcsec=0.25,
            kpc_per_arcsec=1.0,
            redshift=0.05,
        )
        is None
    )


def test_area_is_that_of_the_brightest_pixels() -> None:
    image = np.array([[4.0, 3.0], [2.0, 1.0]])
    assert area_holding(image, 0.7) == 2
    assert area_holding(image, 0.71) == 3
