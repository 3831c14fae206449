"""From a scene to what is recorded of it: seeing, stars, artefacts, noise, band by band."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from strandline.seeding import generator
from strandline.simulate.camera import (
    ArtefactPlan,
    Exposure,
    add_foreground,
    add_stars,
    add_trails,
    draw_artefacts,
    draw_intracluster,
    observe,
    see,
    spoil,
)
from strandline.simulate.plans import StarPlan
from strandline.simulate.population.cluster import Cluster
from strandline.simulate.scene import PAD_PX, Scene
from strandline.simulate.setup import SurveySetup

__all__ = ["observe_scene", "plan_artefacts"]

Image = NDArray[np.float32]


def plan_artefacts(
    setup: SurveySetup, size_px: int, cluster: Cluster, seed: int, name: str
) -> ArtefactPlan:
    """Draw what a field has of artefacts, and the light between the galaxies of its cluster."""
    rng = generator(seed, "artefacts", name)
    plan = draw_artefacts(rng, setup.profile, size_px)
    pixel = setup.pixel_arcsec
    return plan.joined(draw_intracluster(rng, cluster.x, cluster.y, cluster.redshift, pixel))


def observe_scene(
    scene: Scene,
    stars: Sequence[StarPlan],
    artefacts: ArtefactPlan,
    conditions: Sequence[Exposure],
    seed: int,
    name: str,
) -> Iterator[tuple[Exposure, Image, Image]]:
    """Yield each exposure with its image (nJy) and variance (nJy^2), shape (y, x).

    Parameters
    ----------
    scene : Scene
        In the bands of `conditions`; its light becomes that before the seeing, foreground included.
    stars : sequence of StarPlan
    artefacts : ArtefactPlan
    conditions : sequence of Exposure
    seed : int
    name : str
        Of the field: with the seed and the band it settles the noise.
    """
    inner = slice(PAD_PX, -PAD_PX)
    frame = scene.frame
    corner = (-PAD_PX, -PAD_PX)
    add_foreground(scene.light_njy, artefacts, frame.bands, frame.pixel_arcsec, corner_px=corner)
    for exposure, light in zip(conditions, scene.light_njy, strict=True):
        seen = np.ascontiguousarray(see(light, exposure)[inner, inner])
        add_stars(seen, stars, exposure)
        add_trails(seen, artefacts, exposure)
        rng = generator(seed, "noise", name, exposure.band)
        image, variance = observe(seen, exposure, rng)
        yield exposure, spoil(image, artefacts, exposure), variance
