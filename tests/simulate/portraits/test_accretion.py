from dataclasses import replace

import numpy as np
import pytest

from strandline.photometry import mag_to_flux
from strandline.seeding import generator
from strandline.simulate.plans import Accretion, GalaxyPlan, Kind, Morphology, SystemPlan
from strandline.simulate.portraits.accretion import paint_accretion
from strandline.simulate.portraits.canvas import Canvas, Frame
from strandline.simulate.portraits.portrait import Portrait

FRAME = Frame(pixel_arcsec=0.4, bands=("g", "r"))
WIDE = Frame(pixel_arcsec=1.0, bands=("g", "r"))  # stars fly some 200 kpc out
HOST = GalaxyPlan("host", 16.0, 0.06, 3.0, "elliptical", 5)
SHELLS = Accretion(0.05, 1.2, 25.0, 0.05, (0.3, 1.0, 0.5))
STREAM = Accretion(0.03, 1.0, 25.0, 0.6, (0.3, 0.4, 0.5))


def _plan(
    accretion: Accretion, *, morphology: Morphology = "spiral", brightness: float | None = None
) -> SystemPlan:
    kind: Kind = "shells" if accretion.circularity < 0.2 else "stream"
    host = replace(HOST, morphology=morphology)
    return SystemPlan("host", 0, 0, kind, (host,), accretion, brightness)


def _paint(plan: SystemPlan, half_px: int = 150, frame: Frame = FRAME) -> Portrait:
    return paint_accretion(Canvas(frame, half_px), plan, generator(5, "portrait"))


@pytest.mark.parametrize("accretion", [SHELLS, STREAM])
@pytest.mark.parametrize("brightness", [None, 25.0])
def test_light_adds_up_to_the_magnitude(accretion: Accretion, brightness: float | None) -> None:
    portrait = _paint(_plan(accretion, brightness=brightness), 300, WIDE)
    total = float(mag_to_flux(HOST.mag_r))
    assert portrait.light_njy[1].sum() == pytest.approx(total, rel=5e-3)


def test_the_same_plan_is_the_same_picture() -> None:
    first, second = (_paint(_plan(SHELLS)) for _ in range(2))
    np.testing.assert_array_equal(first.light_njy, second.light_njy)
    assert first.notes == pytest.approx(second.notes, nan_ok=True)


def test_the_mass_ratio_sets_the_share_of_light() -> None:
    for ratio in (0.03, 0.2):
        portrait = _paint(_plan(replace(SHELLS, mass_ratio=ratio)), 300, WIDE)
        assert portrait.feature is not None
        lost = 1 - portrait.notes["bound_share"]
        assert portrait.feature.fraction == pytest.approx(lost * ratio / (1 + ratio), rel=1e-3)
        torn = portrait.canvas.torn_r_njy.sum() / float(mag_to_flux(HOST.mag_r))
        assert torn == pytest.approx(portrait.feature.fraction, rel=5e-3)


def test_a_planned_brightness_is_reached() -> None:
    feature = _paint(_plan(STREAM, brightness=25.5)).feature
    assert feature is not None
    assert feature.brightness == pytest.approx(25.5, abs=0.01)


def test_no_more_than_four_tenths_are_torn_however_bright_it_shall_be() -> None:
    portrait = _paint(_plan(STREAM, brightness=18.0))
    assert portrait.feature is not None
    assert portrait.feature.fraction == pytest.approx(0.4, abs=1e-3)


def test_shells_have_no_direction_and_streams_have() -> None:
    shells, stream = _paint(_plan(SHELLS)).feature, _paint(_plan(STREAM)).feature
    assert shells is not None
    assert stream is not None
    assert np.isnan(shells.angle_rad)
    assert np.isfinite(stream.angle_rad)


def test_a_satellite_is_a_little_bluer_than_its_elliptical_host() -> None:
    portrait = _paint(_plan(SHELLS, morphology="elliptical"))
    torn = portrait.canvas.torn_njy.sum(axis=(1, 2))
    host = portrait.light_njy.sum(axis=(1, 2)) - torn
    colours = [-2.5 * np.log10(light[0] / light[1]) for light in (torn, host)]
    assert 0.45 < colours[0] < colours[1] + 0.02


def test_a_surviving_satellite_is_seen_where_it_is_and_is_no_feature() -> None:
    face_on = replace(STREAM, circularity=0.9, age_gyr=0.4, view_rad=(0.0, 0.0, 0.0))
    portrait = _paint(_plan(face_on))
    assert portrait.notes["bound_share"] > 0.3
    still = portrait.light_njy[1] - portrait.canvas.torn_r_njy
    radius = np.hypot(portrait.canvas.x_arcsec, portrait.canvas.y_arcsec)
    kpc = radius * 1.16  # at redshift 0.06
    ring = np.abs(kpc - portrait.notes["satellite_kpc"]) < 1.5
    nearby = (np.abs(kpc - portrait.notes["satellite_kpc"]) < 3.5) & ~ring
    assert still[ring].max() > 3 * np.median(still[nearby])


def test_a_small_canvas_shows_the_middle_of_a_large_one() -> None:
    large, small = _paint(_plan(STREAM), 150), _paint(_plan(STREAM), 60)
    middle = large.canvas.torn_r_njy[90:-90, 90:-90]
    # smoothing depends a little on which particles are on the canvas
    assert small.canvas.torn_r_njy.sum() == pytest.approx(middle.sum(), rel=0.03)
