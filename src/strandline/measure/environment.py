"""Where in clusters galaxies interact: distances, densities, fractions, and how tails point."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from astropy import units as u
from astropy.constants import G, m_p
from astropy.coordinates import SkyCoord
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree
from scipy.special import betaincinv

from strandline.cosmology import COSMOLOGY, kpc_per_arcsec

__all__ = [
    "Alignment",
    "Cluster",
    "Fraction",
    "Places",
    "alignment_of",
    "fractions",
    "kernel_density",
    "nearest_density",
    "places_of",
    "r200_of_mass",
    "r200_of_sigma",
    "ram_pressure_pa",
]

_SPEED_OF_LIGHT_KMS = 299_792.458
_ONE_SIGMA = 0.6827
_PROTONS_PER_ELECTRON = 1.143  # mass of ionised gas of 0.3 solar metals: Vikhlinin et al. 2006


@dataclass(frozen=True)
class Cluster:
    """A cluster of galaxies.

    Attributes
    ----------
    name : str
    ra, dec : float
        Of its centre, deg, ICRS.
    redshift : float
    r200_kpc : float
        Radius within which the mean density is 200 times the critical one; NaN is unknown.
    """

    name: str
    ra: float
    dec: float
    redshift: float
    r200_kpc: float = math.nan


@dataclass(frozen=True)
class Places:
    """Where galaxies are in their clusters; arrays of shape (galaxy,).

    Attributes
    ----------
    cluster : ndarray of int64
        Number of the cluster; -1 for galaxies that are in none.
    distance_kpc : ndarray of float64
        From its centre, on the sky.
    r200 : ndarray of float64
        The same in units of r200.
    centre_deg : ndarray of float64
        Direction to the centre, east of north.
    x_kpc, y_kpc : ndarray of float64
        From the centre towards east and north, at the cluster's distance.
    speed_kms : ndarray of float64
        Along the line of sight, relative to the cluster; NaN without a redshift.
    """

    cluster: NDArray[np.int64]
    distance_kpc: NDArray[np.float64]
    r200: NDArray[np.float64]
    centre_deg: NDArray[np.float64]
    x_kpc: NDArray[np.float64]
    y_kpc: NDArray[np.float64]
    speed_kms: NDArray[np.float64]


@dataclass(frozen=True)
class Fraction:
    """A fraction in a bin.

    Attributes
    ----------
    low, high : float
        Edges of the bin.
    galaxies, interacting : int
    value, lower, upper : float
        Fraction and the ends of its 68 % interval (Cameron 2011, PASA 28, 128: quantiles of the
        beta distribution for a flat prior), divided by the mean completeness.
    """

    low: float
    high: float
    galaxies: int
    interacting: int
    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Alignment:
    """How features point relative to the direction to the centre.

    Attributes
    ----------
    angle_deg : ndarray of float64, shape (feature,)
        0 towards the centre, 180 away from it.
    mean_cosine, error : float
        0 +- 0.71 / sqrt(n) where directions do not know of the centre.
    p_value : float
        Of Kolmogorov and Smirnov's test against all angles being as likely.
    """

    angle_deg: NDArray[np.float64]
    mean_cosine: float
    error: float
    p_value: float


def r200_of_sigma(sigma_kms: float, redshift: float) -> float:
    """Return r200 (kpc) of a velocity dispersion (Carlberg et al. 1997, ApJ 478, 462).

    r200 = sqrt(3) sigma / (10 H(z)).
    """
    return math.sqrt(3) * sigma_kms / (10 * float(COSMOLOGY.H(redshift).to_value("km/(s kpc)")))


def r200_of_mass(m200_msun: float, redshift: float) -> float:
    """Return r200 (kpc) of the mass within it: M = 100 r^3 H(z)^2 / G."""
    hubble = COSMOLOGY.H(redshift)
    return float(((m200_msun * u.Msun * G / (100 * hubble**2)) ** (1 / 3)).to_value("kpc"))


def ram_pressure_pa(gas_per_cm3: ArrayLike, speed_kms: ArrayLike) -> NDArray[np.float64]:
    """Return the ram pressure on galaxies: density times speed squared (Gunn & Gott 1972).

    Parameters
    ----------
    gas_per_cm3 : array_like of float, shape (galaxy,)
        Electrons, as X-rays tell them; their gas weighs 1.143 protons each (Vikhlinin et al. 2006,
        ApJ 640, 691).
    speed_kms : array_like of float, shape (galaxy,)
        Through the gas. With the speed along the line of sight the pressure is a lower limit.
    """
    density = np.asarray(gas_per_cm3, np.float64) / u.cm**3 * _PROTONS_PER_ELECTRON * m_p
    speed = np.asarray(speed_kms, np.float64) * u.km / u.s
    return np.asarray((density * speed**2).to_value("Pa"))


def places_of(
    ra_deg: ArrayLike,
    dec_deg: ArrayLike,
    clusters: list[Cluster],
    *,
    redshift: ArrayLike | None = None,
    most_r200: float = 3.0,
    most_kms: float = 3000.0,
) -> Places:
    """Put each galaxy into the cluster whose centre is nearest in units of r200.

    Parameters
    ----------
    ra_deg, dec_deg : array_like of float, shape (galaxy,)
    clusters : list of Cluster
        A cluster of unknown r200 is taken to have 1500 kpc for the choice alone.
    redshift : array_like of float, shape (galaxy,), optional
        NaN is unknown; galaxies whose speed differs from the cluster's by more than `most_kms` are
        in none.
    most_r200 : float
        Galaxies farther out are in none.
    most_kms : float
    """
    ra, dec = np.asarray(ra_deg, dtype=np.float64), np.asarray(dec_deg, dtype=np.float64)
    own = np.full(ra.shape, np.nan) if redshift is None else np.asarray(redshift, np.float64)
    here = SkyCoord(np.nan_to_num(ra), np.clip(np.nan_to_num(dec), -90, 90), unit="deg")
    best = np.full(ra.shape, np.inf)
    number = np.full(ra.shape, -1, dtype=np.int64)
    rows = np.full((5, len(ra)), np.nan)
    for k, cluster in enumerate(clusters):
        centre = SkyCoord(cluster.ra, cluster.dec, unit="deg")
        scale = kpc_per_arcsec(cluster.redshift)
        away = centre.separation(here).to_value(u.arcsec) * scale
        angle = centre.position_angle(here).to_value(u.rad)
        speed = _SPEED_OF_LIGHT_KMS * (own - cluster.redshift) / (1 + cluster.redshift)
        size = cluster.r200_kpc if cluster.r200_kpc > 0 else 1500.0
        inside = (away < most_r200 * size) & ~(np.abs(speed) > most_kms)
        nearer = inside & np.isfinite(ra) & np.isfinite(dec) & (away / size < best)
        best[nearer], number[nearer] = (away / size)[nearer], k
        back = here.position_angle(centre).to_value(u.deg)
        told = np.stack([away, back, away * np.sin(angle), away * np.cos(angle), speed])
        rows[:, nearer] = told[:, nearer]
    sizes = np.array([cluster.r200_kpc for cluster in clusters] + [np.nan])
    return Places(number, rows[0], rows[0] / sizes[number], rows[1], rows[2], rows[3], rows[4])


def nearest_density(
    places: Places, nth: int = 5, most_kms: float = 1000.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the density of galaxies (Mpc^-2) by the nth neighbour, and its error.

    n / (pi d_n^2) (Dressler 1980, ApJ 236, 351), error that over the root of n. Where both
    redshifts are known, only galaxies within `most_kms` count as neighbours.
    """
    density = np.full(len(places.cluster), np.nan)
    for k in np.unique(places.cluster[places.cluster >= 0]):
        rows = np.flatnonzero(places.cluster == k)
        if len(rows) <= nth:
            continue
        where = np.column_stack([places.x_kpc[rows], places.y_kpc[rows]]) / 1000
        speed = places.speed_kms[rows]
        if np.isfinite(speed).any():
            away = np.hypot(*(where[:, None] - where[None]).transpose(2, 0, 1))
            away[np.abs(speed[:, None] - speed[None]) > most_kms] = np.inf
            far = np.sort(away, axis=1)[:, nth]
        else:
            far = np.asarray(cKDTree(where).query(where, nth + 1)[0])[:, nth]
        density[rows] = nth / (np.pi * np.maximum(far, 1e-6) ** 2)
    density[density < 1e-9] = np.nan
    return density, density / math.sqrt(nth)


def kernel_density(
    places: Places, width_kpc: float = 300.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the density of other galaxies (Mpc^-2) under a Gaussian, and its Poisson error."""
    density = np.full(len(places.cluster), np.nan)
    error = np.full(len(places.cluster), np.nan)
    for k in np.unique(places.cluster[places.cluster >= 0]):
        rows = np.flatnonzero(places.cluster == k)
        where = np.column_stack([places.x_kpc[rows], places.y_kpc[rows]]) / width_kpc
        tree = cKDTree(where)
        area = 2 * np.pi * (width_kpc / 1000) ** 2
        for row, near in zip(rows, np.asarray(tree.query_ball_point(where, 5.0)), strict=True):
            others = [n for n in near if rows[n] != row]
            squared = ((where[others] - where[np.searchsorted(rows, row)]) ** 2).sum(axis=1)
            weight = np.exp(-squared / 2) / area
            density[row], error[row] = weight.sum(), math.sqrt(float((weight**2).sum()))
    return density, error


def fractions(
    value: ArrayLike,
    interacting: ArrayLike,
    edges: ArrayLike,
    completeness: ArrayLike | None = None,
) -> list[Fraction]:
    """Return the fraction of interacting galaxies in bins of something.

    Parameters
    ----------
    value : array_like of float, shape (galaxy,)
        NaN is in no bin.
    interacting : array_like of bool, shape (galaxy,)
    edges : array_like of float, shape (bin + 1,)
    completeness : array_like of float, shape (galaxy,), optional
        Share of interacting galaxies like this one that would be found; fractions are divided by
        its mean in the bin. NaN is unknown, and taken to be as that of the others.
    """
    values, hit = np.asarray(value, np.float64), np.asarray(interacting, dtype=np.bool_)
    limits = np.asarray(edges, np.float64)
    share = np.ones(values.shape) if completeness is None else np.asarray(completeness, np.float64)
    out = []
    for low, high in pairwise(limits):
        inside = (values >= low) & (values < high)
        n, k = int(inside.sum()), int((inside & hit).sum())
        if not n:
            out.append(Fraction(float(low), float(high), 0, 0, math.nan, math.nan, math.nan))
            continue
        ends = [(1 - _ONE_SIGMA) / 2, (1 + _ONE_SIGMA) / 2]
        lower, upper = np.asarray(betaincinv(k + 1, n - k + 1, ends), np.float64).tolist()
        known = share[inside & np.isfinite(share)]
        found = float(known.mean()) if known.size else math.nan
        ends = [k / n, min(lower, k / n), max(upper, k / n)]
        told = [min(one / found, 1.0) if found > 0 else math.nan for one in ends]
        out.append(Fraction(float(low), float(high), n, k, *told))
    return out


def alignment_of(feature_deg: ArrayLike, centre_deg: ArrayLike) -> Alignment:
    """Return how features point relative to the direction to their cluster's centre.

    Parameters
    ----------
    feature_deg, centre_deg : array_like of float, shape (galaxy,)
        Position angles; galaxies where one is NaN are left out.
    """
    turn = np.asarray(feature_deg, np.float64) - np.asarray(centre_deg, np.float64)
    angle = np.abs((turn + 180) % 360 - 180)
    angle = angle[np.isfinite(angle)]
    if not angle.size:
        return Alignment(angle, math.nan, math.nan, math.nan)
    cosine = np.cos(np.radians(angle))
    error = math.sqrt(0.5 / angle.size)  # of the mean of cosines of uniform angles
    from scipy import stats  # slow to import, and most processes need none of it

    p_value = float(stats.kstest(angle / 180, "uniform").pvalue)
    return Alignment(angle, float(cosine.mean()), error, p_value)
