from dataclasses import replace

import numpy as np
import pytest

from strandline.photometry import mag_to_flux
from strandline.seeding import generator
from strandline.simulate.dynamics.potentials import galaxy_potential
from strandline.simulate.dynamics.wind import GasDisc, Wind, blow
from strandline.simulate.plans import GalaxyPlan, Stripping, SystemPlan
from strandline.simulate.portraits.canvas import Canvas, Frame
from strandline.simulate.portraits.portrait import Portrait
from strandline.simulate.portraits.stripping import paint_stripping

FRAME = Frame(pixel_arcsec=0.4, bands=("g", "r"))
GALAXY = GalaxyPlan("jelly", 16.5, 0.05, 4.0, "spiral", 7)
WIND = Stripping(1500.0, 1e-3, 0.3, 0.6, 0.2, (50.0, 120.0), 0.15)
DISC = GasDisc(2.0, 2.5, 0.2)


def _paint(stripping: Stripping = WIND, *, brightness: float | None = None) -> Portrait:
    plan = SystemPlan("jelly", 0, 0, "jellyfish", (GALAXY,), stripping, brightness)
    return paint_stripping(Canvas(FRAME, 260), plan, generator(7, "portrait"))


def _along_wind(portrait: Portrait, wind_rad: float) -> tuple[np.ndarray, np.ndarray]:
    canvas = portrait.canvas
    along = canvas.x_arcsec * np.cos(wind_rad) + canvas.y_arcsec * np.sin(wind_rad)
    return along, canvas.torn_r_njy


def test_light_adds_up_to_the_magnitude() -> None:
    for brightness in (None, 25.0):
        total = float(mag_to_flux(GALAXY.mag_r))
        assert _paint(brightness=brightness).light_njy[1].sum() == pytest.approx(total, rel=5e-3)


def test_the_same_plan_is_the_same_picture() -> None:
    np.testing.assert_array_equal(_paint().light_njy, _paint().light_njy)


@pytest.mark.parametrize("wind_rad", [0.6, 2.5, 4.4])
@pytest.mark.parametrize("disc_deg", [(20.0, 30.0), (80.0, 120.0)])
def test_the_tail_points_down_the_wind(wind_rad: float, disc_deg: tuple[float, float]) -> None:
    portrait = _paint(replace(WIND, wind_rad=wind_rad, disc_deg=disc_deg))
    assert portrait.feature is not None
    turn = np.angle(np.exp(1j * (portrait.feature.angle_rad - wind_rad)))
    assert abs(turn) < 0.6  # rotation bends tails by some tens of degrees


def test_the_tail_is_on_one_side_and_fades_with_distance() -> None:
    along, light = _along_wind(_paint(), WIND.wind_rad)
    size = GALAXY.radius_arcsec
    down, up = light[along > 2 * size].sum(), light[along < -2 * size].sum()
    assert down > 20 * max(up, 1e-9)
    steps = [light[(along > k * size) & (along < (k + 1.5) * size)].sum() for k in (1, 2.5, 4)]
    assert steps[0] > steps[1] > steps[2]


def test_the_tail_is_bluer_than_the_disc_and_has_its_share_of_light() -> None:
    portrait = _paint()
    assert portrait.feature is not None
    assert portrait.feature.fraction == pytest.approx(WIND.tail_share, rel=1e-3)
    torn = portrait.canvas.torn_njy.sum(axis=(1, 2))
    rest = portrait.light_njy.sum(axis=(1, 2)) - torn
    colours = [-2.5 * np.log10(light[0] / light[1]) for light in (torn, rest)]
    assert colours[0] < colours[1] - 0.15
    assert portrait.feature.colour_gr == pytest.approx(colours[0], abs=0.02)


def test_a_planned_brightness_is_reached() -> None:
    feature = _paint(brightness=25.5).feature
    assert feature is not None
    assert feature.brightness == pytest.approx(25.5, abs=0.01)


def test_a_stronger_wind_leaves_a_smaller_gas_disc() -> None:
    winds = [replace(WIND, speed_kms=speed, gas_per_cm3=2e-4) for speed in (700, 1100, 1800)]
    edges = [_paint(wind).notes["gas_edge_kpc"] for wind in winds]
    assert edges[0] > edges[1] > edges[2]


def test_the_edge_is_where_pressure_meets_what_gravity_holds() -> None:
    wind = Wind.of_density(np.array([0, 0, 1.0]), 1500.0, 1e-3, 0.3)
    # 1e-3 protons/cm3 at 1500 km/s, helium included: 1e-3 x 1.2 x 1.67e-24 g x (1.5e8 cm/s)^2
    # = 4.5e-11 dyn/cm2; the code's unit is 6.77e-22 g/cm3 x (1e5 cm/s)^2 = 6.77e-12 dyn/cm2
    assert wind.pressure == pytest.approx(4.5e-11 / 6.77e-12, rel=0.02)
    edge = DISC.edge_kpc(wind.pressure)
    assert float(DISC.held(edge)) == pytest.approx(wind.pressure, rel=1e-9)
    assert wind.pressure_at(0.3) == pytest.approx(wind.pressure / 10)


def test_gas_is_stripped_from_the_outside_in_and_stars_trail_behind_their_cloud() -> None:
    potential = galaxy_potential(2.0, 4.2, early=False)
    towards = np.array([0.0, 0.0, 1.0])
    wind = Wind.of_density(towards, 1500.0, 1e-3, 0.3)
    rng = np.random.default_rng(0)
    blown = blow(DISC, potential, wind, 5.0, complexes=30, clouds=10, rng=rng)
    height = blown.position_kpc @ towards
    outer = np.hypot(*blown.position_kpc[0, :, :2].T)
    gone = blown.gone_gyr[-1]
    assert np.corrcoef(outer, gone)[0, 1] > 0.8
    # where a cloud was blown when the stars formed, they are nearer to the disc than it is now
    formed = blown.gone_gyr[-3] > 0.02
    assert (height[-3] < height[-1])[formed].mean() > 0.95
    # what the wind has not reached turns in the disc
    assert np.abs(height[0]).max() < 1.0
