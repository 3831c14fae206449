"""Flux, sizes and angles of single objects, against profiles of which all is known.

Bias found of total magnitudes, on exponential discs 0.01 mag too faint at most, on de Vaucouleurs
profiles 0.1 (their outer light lies beyond any ellipse, as with every Kron magnitude).
"""

import math

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS
from numpy.typing import NDArray

from strandline.flags import StampFlag
from strandline.stamps import detect
from strandline.stamps.catalogue import Catalogue
from strandline.stamps.photometry import position_angle, sky_positions
from strandline.tiles import Tile
from tests.stamps.scenes import (
    NOISE,
    SCALE_ARCSEC,
    Image,
    make_tile,
    sersic,
    sky_noise,
    star,
    wcs_of,
)

SHAPE = (220, 220)
FLUX = 3e5


def _only(tile: Tile) -> Catalogue:
    """Return the catalogue of the one object at the middle of a tile."""
    found = detect(tile)
    middle = np.hypot(found.x - 110, found.y - 110) < 5
    assert middle.sum() == 1
    return found.take(middle)


def _galaxy(index: float = 1.0, **shape: float) -> Image:
    return sersic(SHAPE, 110.3, 109.6, FLUX, 8, index=index, **shape)


@pytest.mark.parametrize(("index", "bias"), [(0.5, 0.0), (1.0, 0.0), (2.0, 0.02), (4.0, 0.09)])
def test_total_flux(index: float, bias: float) -> None:
    """The error that it tells is 0.002 mag; the sky's level, 0.02 of the noise, adds 0.005."""
    found = _only(make_tile(_galaxy(index) + sky_noise(*SHAPE)))
    lost = -2.5 * math.log10(found.flux_njy[0, 0] / FLUX)
    assert lost == pytest.approx(bias, abs=0.02)
    assert 0.001 < found.flux_err_njy[0, 0] / FLUX < 0.005


def test_flux_error_is_the_scatter_between_skies() -> None:
    """From 24 skies the scatter is known to 15 %; the ellipse that varies with them adds to it."""
    galaxy = sersic((110, 110), 55, 55, 2e4, 5)
    fluxes, errors = [], []
    for seed in range(24):
        found = detect(make_tile(galaxy + sky_noise(110, 110, seed=seed)))
        nearest = np.argmin(np.hypot(found.x - 55, found.y - 55))
        fluxes.append(found.flux_njy[nearest, 0])
        errors.append(found.flux_err_njy[nearest, 0])
    # three times 15 %; the error is that of correlated noise, which on so few beams errs by 20 %
    assert 0.5 < np.std(fluxes) / np.median(errors) < 1.7


def test_point_source_has_all_its_flux() -> None:
    found = _only(make_tile(star(SHAPE, 110, 110, 1e5) + sky_noise(*SHAPE)))
    assert found.flux_njy[0, 0] == pytest.approx(1e5, rel=0.01)
    # half of a normal distribution's light lies within half its full width
    assert found.radius_arcsec[0] / SCALE_ARCSEC == pytest.approx(2.0, rel=0.06)


@pytest.mark.parametrize(("index", "error"), [(1.0, 0.03), (4.0, 0.3)])
@pytest.mark.parametrize("radius_px", [6.0, 12.0, 20.0])
def test_half_light_radius(index: float, error: float, radius_px: float) -> None:
    """Against the light's own curve of growth, with seeing.

    Of a de Vaucouleurs profile the light that is lost is outside, so that its half is taken too
    far in: by a quarter where the galaxy is a tenth of the tile wide.
    """
    galaxy = sersic(SHAPE, 110, 110, 1e6, radius_px, index=index)
    yy, xx = np.mgrid[: SHAPE[0], : SHAPE[1]]
    order = np.argsort(np.hypot(xx - 110, yy - 110).ravel())
    growth = np.cumsum(galaxy.ravel()[order])
    true_px = np.hypot(xx - 110, yy - 110).ravel()[order][np.searchsorted(growth, 5e5)]
    found = _only(make_tile(galaxy + sky_noise(*SHAPE)))
    assert found.radius_arcsec[0] / SCALE_ARCSEC == pytest.approx(true_px, rel=error, abs=0.3)


@pytest.mark.parametrize("axis_ratio", [0.3, 0.6, 0.95])
def test_axis_ratio_is_freed_of_the_seeing(axis_ratio: float) -> None:
    galaxy = sersic(SHAPE, 110, 110, FLUX, 12, axis_ratio=axis_ratio, theta_deg=25)
    found = _only(make_tile(galaxy + sky_noise(*SHAPE)))
    assert found.axis_ratio[0] == pytest.approx(axis_ratio, abs=0.05)


# --- several bands -----------------------------------------------------------------------------


def _two_bands() -> NDArray[np.float32]:
    noise = [sky_noise(*SHAPE), 2 * sky_noise(*SHAPE, seed=1)]
    return np.stack([_galaxy() + noise[0], 3 * _galaxy() + noise[1]])


def test_each_band_has_its_own_flux() -> None:
    found = _only(make_tile(_two_bands(), "gr"))
    np.testing.assert_allclose(found.flux_njy[0], [FLUX, 3 * FLUX], rtol=0.02)
    assert found.flux_err_njy[0, 1] / found.flux_err_njy[0, 0] == pytest.approx(2, rel=0.05)
    assert found.flags[0] == 0


def test_variance_gives_the_error() -> None:
    image = _galaxy() + sky_noise(*SHAPE)
    variance = np.full((1, *SHAPE), NOISE**2, dtype=np.float32)
    plain, with_variance = (
        _only(make_tile(image, variance_njy2=plane)) for plane in (None, variance)
    )
    variance[:, 40:180, 40:180] *= 4  # the galaxy's own photons: its errors double
    noisy = _only(make_tile(image, variance_njy2=variance))
    assert with_variance.flux_err_njy[0] == pytest.approx(plain.flux_err_njy[0], rel=0.02)
    assert noisy.flux_err_njy[0] / plain.flux_err_njy[0] == pytest.approx(2, rel=0.1)


def test_band_without_data_has_no_flux() -> None:
    stack = _two_bands()
    stack[1] = np.nan
    found = _only(make_tile(stack, "gr"))
    assert found.flux_njy[0, 0] == pytest.approx(FLUX, rel=0.02)
    assert np.isnan(found.flux_njy[0, 1])
    assert np.isnan(found.flux_err_njy[0, 1])
    assert not found.flags[0] & StampFlag.BAD_PHOTOMETRY  # it is the band that is absent


@pytest.mark.parametrize("edge", [105, 112, 125])
def test_band_that_ends_within_the_galaxy_has_no_flux_but_a_flag(edge: int) -> None:
    stack = _two_bands()
    stack[0, :, :edge] = np.nan
    found = _only(make_tile(stack, "gr"))
    assert np.isnan(found.flux_njy[0, 0])
    assert found.flux_njy[0, 1] == pytest.approx(3 * FLUX, rel=0.03)
    assert found.flags[0] & StampFlag.BAD_PHOTOMETRY


def test_dead_column_is_made_up_for() -> None:
    """A column through the centre holds 7 % of the light; the other band tells how much."""
    stack = _two_bands()
    stack[0, :, 114] = np.nan
    lost = 1 - np.nansum(np.where(np.isnan(stack[0]), 0, _galaxy())) / FLUX
    assert lost > 0.04
    found = _only(make_tile(stack, "gr"))
    assert found.flux_njy[0, 0] == pytest.approx(FLUX, rel=0.02)
    assert not found.flags[0] & StampFlag.BAD_PHOTOMETRY


# --- on the sky --------------------------------------------------------------------------------


@pytest.mark.parametrize("turned_deg", [0.0, 30.0, 200.0])
@pytest.mark.parametrize("dec", [0.0, -60.0, 85.0])
def test_position_angle_of_directions(turned_deg: float, dec: float) -> None:
    """Against two points on the sky: one moves from the object along the angle."""
    wcs = wcs_of((200, 200), dec=dec, turned_deg=turned_deg)
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 200, (2, 30))
    theta = rng.uniform(-math.pi / 2, math.pi / 2, 30)
    angle = position_angle(wcs, x, y, theta)
    assert ((angle >= 0) & (angle < 180)).all()
    centre = wcs.pixel_to_world(x, y)
    ahead = wcs.world_to_pixel(centre.directional_offset_by(angle * u.deg, 1 * u.arcsec))
    direction = np.arctan2(ahead[1] - y, ahead[0] - x)
    apart = (direction - theta + math.pi / 2) % math.pi - math.pi / 2
    np.testing.assert_allclose(apart, 0, atol=1e-3)


@pytest.mark.parametrize(("theta_deg", "east_of_north"), [(90.0, 0.0), (0.0, 90.0), (60.0, 150.0)])
def test_position_angle_of_a_galaxy(theta_deg: float, east_of_north: float) -> None:
    """North up, east left. At 500 times the noise the angle is known to a degree."""
    galaxy = sersic(SHAPE, 110, 110, FLUX, 12, axis_ratio=0.5, theta_deg=theta_deg)
    found = _only(make_tile(galaxy + sky_noise(*SHAPE)))
    apart = (found.position_angle_deg[0] - east_of_north + 90) % 180 - 90
    assert abs(apart) < 3


def test_sky_positions_are_those_of_the_projection() -> None:
    wcs = wcs_of((200, 300), ra=359.9999, dec=-30)
    ra, dec = sky_positions(wcs, np.array([149.5, 0.0]), np.array([99.5, 0.0]))
    assert ra[0] == pytest.approx(359.9999, abs=1e-9)
    assert dec[0] == pytest.approx(-30, abs=1e-9)
    corner = SkyCoord(ra[1], dec[1], unit="deg")
    assert corner.separation(wcs.pixel_to_world(0, 0)).arcsec < 1e-6
    assert 0 <= ra[1] < 1  # east is left, beyond the meridian


def test_sky_positions_of_a_galactic_projection_are_equatorial() -> None:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["GLON-TAN", "GLAT-TAN"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [120, -40], [1, 1], [-1e-4, 1e-4]
    ra, dec = sky_positions(wcs, np.array([0.0]), np.array([0.0]))
    true = SkyCoord(l=120, b=-40, unit="deg", frame="galactic").icrs
    assert ra[0] == pytest.approx(true.ra.deg, abs=1e-7)
    assert dec[0] == pytest.approx(true.dec.deg, abs=1e-7)
    # an angle there is from equatorial north, too
    tilt = position_angle(wcs, np.array([0.0]), np.array([0.0]), np.array([math.pi / 2]))[0]
    north = SkyCoord(l=120, b=-39.999, unit="deg", frame="galactic").icrs
    assert tilt == pytest.approx(true.position_angle(north).deg % 180, abs=0.01)


def test_without_world_coordinates_all_is_nan() -> None:
    somewhere = np.array([1.0, 2.0])
    assert np.isnan(sky_positions(None, somewhere, somewhere)).all()
    assert np.isnan(position_angle(None, somewhere, somewhere, somewhere)).all()
    found = _only(make_tile(_galaxy() + sky_noise(*SHAPE), wcs=None))
    assert found.flags[0] == StampFlag.NO_WCS
    assert np.isnan([found.ra[0], found.dec[0], found.position_angle_deg[0]]).all()
    assert np.isfinite([found.radius_arcsec[0], found.axis_ratio[0], found.flux_njy[0, 0]]).all()
