"""What falls into a galaxy, and galaxies that fall into a cluster: accretion and stripping."""

import math

import numpy as np

from strandline.cosmology import kpc_per_arcsec
from strandline.simulate.dynamics.dissolving import orbit_period_gyr
from strandline.simulate.plans import Accretion, GalaxyPlan, Kind, Stripping
from strandline.simulate.population.cluster import Cluster
from strandline.simulate.population.encounters import draw_view
from strandline.simulate.portraits.masses import potential_of

__all__ = ["draw_accretion", "draw_stripping"]

# Shells need nearly radial orbits (Hernquist & Quinn 1988, ApJ 331, 682; Pop et al. 2018, MNRAS
# 480, 1715), streams that wind about their host rounder ones (Johnston, Sackett & Bullock 2001,
# ApJ 557, 137).
_STREAM_MASS_RATIO = (0.02, 0.25)
_SHELL_MASS_RATIO = (0.05, 0.3)  # Pop et al.: shells are mostly of mergers above 1:10
_SHELL_CIRCULARITY, _STREAM_CIRCULARITY = (0.0, 0.18), (0.3, 0.8)
# In radial periods of the orbit: a satellite needs one to dissolve, and after some more its stars
# are mixed into a smooth halo.
_SHELL_PERIODS, _STREAM_PERIODS = (1.2, 6.0), (1.0, 4.5)
_SHELL_RADII, _STREAM_RADII = (5.0, 13.0), (4.0, 10.0)  # apocentre, half-light radii of the host
_SHELL_KPC, _STREAM_KPC = (18.0, 110.0), (15.0, 110.0)

# Galaxies fall in at one to three times the dispersion of the cluster (Jaffe et al. 2018, MNRAS
# 476, 4753), and their tails hold a few to some tens of per cent of the young light (Poggianti et
# al. 2019, MNRAS 482, 4466).
_SPEED_KMS = (800.0, 2500.0)
_STRIPPED_GYR = (0.1, 0.7)
_TAIL_SHARE = (0.06, 0.3)
_SIGHT_LINE_KPC = 250.0
_WIND_SCATTER_RAD, _TILT_SCATTER_RAD, _LARGEST_TILT_RAD = 0.5, 0.5, 1.1


def draw_accretion(kind: Kind, host: GalaxyPlan, rng: np.random.Generator) -> Accretion:
    """Draw a satellite that dissolves in `host`: for ``stream`` or ``shells``."""
    shells = kind == "shells"
    radius_kpc = host.radius_arcsec * kpc_per_arcsec(host.redshift)
    apocentre_kpc = radius_kpc * _log_uniform(*(_SHELL_RADII if shells else _STREAM_RADII), rng)
    apocentre_kpc = float(np.clip(apocentre_kpc, *(_SHELL_KPC if shells else _STREAM_KPC)))
    circularity = float(rng.uniform(*(_SHELL_CIRCULARITY if shells else _STREAM_CIRCULARITY)))
    period_gyr = orbit_period_gyr(potential_of(host), apocentre_kpc, circularity)
    return Accretion(
        mass_ratio=_log_uniform(*(_SHELL_MASS_RATIO if shells else _STREAM_MASS_RATIO), rng),
        age_gyr=period_gyr * float(rng.uniform(*(_SHELL_PERIODS if shells else _STREAM_PERIODS))),
        apocentre_kpc=apocentre_kpc,
        circularity=circularity,
        view_rad=draw_view(rng),
    )


def draw_stripping(cluster: Cluster, x: float, y: float, rng: np.random.Generator) -> Stripping:
    """Draw the ram pressure on a galaxy at a pixel of the field: it falls towards the centre.

    The gas blows away from the cluster's centre, with a scatter of 30 degrees, as galaxies do not
    fall straight.
    """
    sight_line_kpc = rng.normal(0, _SIGHT_LINE_KPC)
    distance_kpc = math.hypot(cluster.distance_kpc(x, y), sight_line_kpc)
    tilt = rng.normal(0, _TILT_SCATTER_RAD)
    return Stripping(
        speed_kms=float(rng.uniform(*_SPEED_KMS)),
        gas_per_cm3=cluster.gas_per_cm3(distance_kpc),
        age_gyr=float(rng.uniform(*_STRIPPED_GYR)),
        wind_rad=float(cluster.outward_rad(x, y) + rng.normal(0, _WIND_SCATTER_RAD)),
        wind_tilt_rad=float(np.clip(tilt, -_LARGEST_TILT_RAD, _LARGEST_TILT_RAD)),
        disc_deg=(
            float(np.degrees(np.arccos(rng.uniform(0, 1)))),
            float(rng.uniform(0, 360)),
        ),
        tail_share=_log_uniform(*_TAIL_SHARE, rng),
    )


def _log_uniform(low: float, high: float, rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(math.log(low), math.log(high))))
