"""One stamp: a small field around one galaxy, measured as a stamp cut from an image is."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy.wcs import WCS
from numpy.typing import NDArray

from strandline.seeding import generator
from strandline.simulate.camera import Exposure, see
from strandline.simulate.fields import tangent_wcs
from strandline.simulate.observing import observe_scene, plan_artefacts
from strandline.simulate.population import FieldPlan, StampRequest, plan_stamp
from strandline.simulate.portraits.far import paint_far
from strandline.simulate.records import FieldRecord
from strandline.simulate.scene import PAD_PX, Scene
from strandline.simulate.setup import SurveySetup
from strandline.simulate.truth import TruthRow
from strandline.stamps import TableSpec, detect
from strandline.stamps.positions import Positions, at_positions
from strandline.stamps.rows import Rows, galaxy_rows
from strandline.stamps.sky import Sky, seeing_px
from strandline.tiles import Tile

__all__ = ["make_stamp"]

_SECOND_SHARE = 0.5  # of stamps of pairs are centred on the second galaxy
_SECOND_REACH = 0.35  # of the stamp's side: how far the second galaxy may be for that
_DECLINATIONS = (-60.0, 30.0)
_OFF_CENTRE_PX = 0.49


def make_stamp(
    request: StampRequest, setup: SurveySetup, block: str
) -> tuple[Rows, TruthRow, NDArray[np.float32]]:
    """Return the one row of a stamp, its truth, and the light of its feature.

    That light is as it is seen through the seeing, without noise, shape (band, y, x), nJy.
    """
    plan = plan_stamp(request)
    rng = generator(request.seed, "stamp", request.name)
    size = request.size_px
    first = plan.systems[0]
    second = len(first.galaxies) > 1 and first.kind != "remnant" and rng.random() < _SECOND_SHARE
    half = size // 2 + PAD_PX + 1
    scene = Scene(size, setup.frame(half + (round(_SECOND_REACH * size) if second else 0)))
    torn = np.zeros_like(scene.light_njy)
    seen = scene.draw(first, 1 if second else 0, _SECOND_REACH * size, torn)
    scene.frame = setup.frame(half)
    scene.draw_all(plan.systems[1:])
    paint_far(scene.light_njy, plan.far, scene.frame, PAD_PX)
    sky_deg = _place_on_sky(rng)
    middle = (size - 1) / 2
    wcs = tangent_wcs(sky_deg, (-middle, -middle), setup.pixel_arcsec)
    conditions = setup.exposures(request.seed, block)
    feature = _through_seeing(torn, conditions)
    tile, sky = _observe(scene, plan, setup, request, conditions, wcs)
    reference = setup.reference_exposure(request.seed, block)
    record = FieldRecord(request.name, size, wcs, plan.cluster, reference.depth, "", request.seed)
    rows = record.rows([seen], [0])
    told = min(rows, key=lambda row: abs(row.x - middle) + abs(row.y - middle))
    x, y = (
        middle + float(np.clip(value - middle, -_OFF_CENTRE_PX, _OFF_CENTRE_PX))
        for value in (told.x, told.y)
    )
    ra, dec = wcs.all_pix2world([x], [y], 0)
    there = Positions(Path(request.name), ra, dec, np.array([request.name]))
    galaxy, _ = at_positions(tile, detect(tile, sky=sky), there)
    spec = TableSpec(setup.bands, size, "fits")
    # directions are known: north is up
    (row,) = galaxy_rows(
        replace(tile, wcs=None), galaxy, spec, pixel_arcsec=None, seed=request.seed
    )
    row.columns.update(north_deg=np.array([0.0]), east_deg=np.array([90.0]))
    return row, replace(told, id=request.name), feature


def _through_seeing(
    light_njy: NDArray[np.float32], conditions: Sequence[Exposure]
) -> NDArray[np.float32]:
    """Return light as the camera sees it, without the rim of a scene."""
    inner = slice(PAD_PX, -PAD_PX)
    out = np.zeros_like(light_njy[:, inner, inner])
    if light_njy.any():
        for plane, light, exposure in zip(out, light_njy, conditions, strict=True):
            plane[:] = see(light, exposure)[inner, inner]
    return out


def _observe(
    scene: Scene,
    plan: FieldPlan,
    setup: SurveySetup,
    request: StampRequest,
    conditions: Sequence[Exposure],
    wcs: WCS,
) -> tuple[Tile, Sky]:
    """Return the stamp as a tile, and its sky, which is subtracted already."""
    images = np.empty((len(setup.bands), request.size_px, request.size_px), dtype=np.float32)
    variances = np.empty_like(images)
    saturated = np.zeros(images.shape[1:], dtype=np.bool_)
    artefacts = plan_artefacts(setup, request.size_px, plan.cluster, request.seed, request.name)
    made = observe_scene(scene, plan.stars, artefacts, conditions, request.seed, request.name)
    for k, (exposure, image, variance) in enumerate(made):
        images[k], variances[k] = image, variance
        saturated |= image >= exposure.saturation_njy
    tile = Tile(
        name=request.name,
        source=f"simulated-{setup.profile.name}",
        path="",
        kind="fits",
        bands=setup.bands,
        image_njy=images,
        variance_njy2=variances,
        saturated=saturated,
        wcs=wcs,
        pixel_scale_arcsec=setup.pixel_arcsec,
        psf_fwhm_arcsec=tuple(exposure.psf_fwhm_arcsec for exposure in conditions),
        calibrated=(True,) * len(setup.bands),
        notes=(),
    )
    noise = np.array([exposure.pixel_noise_njy for exposure in conditions])
    return tile, Sky(images, noise, variances, seeing_px(tile), ())


def _place_on_sky(rng: np.random.Generator) -> tuple[float, float]:
    """Draw a position, so that stamps have directions and fall into blocks of sky like others."""
    low, high = np.sin(np.radians(_DECLINATIONS))
    return float(rng.uniform(0, 360)), float(np.degrees(np.arcsin(rng.uniform(low, high))))
