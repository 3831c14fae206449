"""Pictures of volunteers' orbits: real pairs, run again."""

import math

import numpy as np

from strandline.cosmology import kpc_per_arcsec
from strandline.seeding import generator, stable_seed
from strandline.simulate.dynamics.jspam import jspam_potential
from strandline.simulate.plans import Encounter, GalaxyPlan, SystemPlan
from strandline.simulate.population.volunteers import VolunteerOrbit
from strandline.simulate.portraits.canvas import Canvas, Frame
from strandline.simulate.portraits.encounters import paint_encounter
from strandline.simulate.portraits.pairs import Setting
from strandline.simulate.portraits.portrait import Portrait

__all__ = ["volunteer_portrait"]

_HALF_LIGHT = 0.45  # of a disc that JSPAM ends at 1
_REACH_KPC = 60.0


def volunteer_portrait(
    orbit: VolunteerOrbit,
    frame: Frame,
    *,
    redshift: float = 0.04,
    mag_r: float = 15.0,
    seed: int = 0,
) -> Portrait:
    """Draw a volunteers' orbit as its pair is seen: JSPAM's path, masses, discs and direction.

    Parameters
    ----------
    orbit : VolunteerOrbit
    frame : Frame
    redshift, mag_r : float
        Of the heavier galaxy, which is in the middle; the other is fainter as it is lighter.
    seed : int
        What the orbit leaves open, such as arms, is drawn from it.
    """
    orbit = orbit.heavier_first()
    plan = _plan(orbit, redshift, mag_r, seed)
    first, second = (jspam_potential(mass) for mass in orbit.masses_1e10)
    reach_kpc = _REACH_KPC + float(np.hypot(*orbit.position_kpc[:2]))
    half_px = math.ceil(reach_kpc / kpc_per_arcsec(redshift) / frame.pixel_arcsec)
    rng = generator(plan.galaxies[0].seed, "portrait")
    setting = Setting((first, second), orbit.track())
    return paint_encounter(Canvas(frame, half_px), plan, rng, setting=setting)


def _plan(orbit: VolunteerOrbit, redshift: float, mag_r: float, seed: int) -> SystemPlan:
    """Return two spirals on an orbit whose frame is the picture's: no view, spins as they are."""
    fainter = 2.5 * math.log10(orbit.masses_1e10[0] / orbit.masses_1e10[1])
    galaxies = tuple(
        GalaxyPlan(
            id=f"{orbit.system}-{k + 1}",
            mag_r=mag_r + k * fainter,
            redshift=redshift,
            radius_arcsec=_HALF_LIGHT * orbit.radii_kpc[k] / kpc_per_arcsec(redshift),
            morphology="spiral",
            seed=stable_seed(seed, "volunteers", orbit.system, k),
        )
        for k in (0, 1)
    )
    (phi, theta), (other_phi, other_theta) = orbit.spins_deg
    track = orbit.track()
    encounter = Encounter(
        mass_ratio=orbit.masses_1e10[1] / orbit.masses_1e10[0],
        pericentre_kpc=float(np.linalg.norm(np.diff(track.at(0.0)[0], axis=0))),
        eccentricity=1.0,
        time_gyr=float(track.time_gyr[-1]),
        discs_deg=((theta, -90.0 - phi), (other_theta, 90.0 - other_phi)),
        view_rad=(0.0, 0.0, 0.0),
    )
    return SystemPlan(galaxies[0].id, 0.0, 0.0, "tails", galaxies, encounter)
