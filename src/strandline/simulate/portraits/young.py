"""New stars of an encounter: knots where torn gas crowds, and dwarfs at the ends of tails."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.portraits.knots import knot_flux
from strandline.simulate.portraits.scene import Seen

__all__ = ["KNOT_KPC", "NewStars", "draw_new_stars"]

Array = NDArray[np.float64]

KNOT_KPC = 0.15
"""Size of a middling knot (Gaussian sigma)."""

_SHARE = (0.03, 0.14)  # of the stars' light, in knots
_FADING_GYR = 0.8
_KNOTS = 200  # of a galaxy full of gas
_BRIGHTEST = 0.04  # of all knots' light
_DWARF_CHANCE, _DWARF_SHARE = 0.4, (0.01, 0.05)  # of torn light
_DWARF_FROM_KPC, _DWARF_KPC = 30.0, 2.0


@dataclass(frozen=True)
class NewStars:
    """Light of an old star's place that new stars have taken over.

    Attributes
    ----------
    place : ndarray of int64, shape (knot,)
        Which of the outer stars each knot is at.
    flux_njy, size_kpc : ndarray of float64, shape (knot,)
    share : ndarray of float64, shape (2,)
        Of the light of stars that stayed, and of torn ones, that is in knots now.
    """

    place: NDArray[np.int64]
    flux_njy: Array
    size_kpc: Array
    share: Array


def draw_new_stars(
    one: Seen, flux_njy: Array, width_kpc: Array, time_gyr: float, rng: np.random.Generator
) -> NewStars:
    """Draw a galaxy's knots, which take their light from the outer stars'.

    Parameters
    ----------
    one : Seen
    flux_njy, width_kpc : ndarray of float64, shape (star,)
        Light of its outer stars, and how far apart they are on the sky.
    time_gyr : float
        Since the first passage, which set star formation off.
    rng : Generator
    """
    gas = one.build.gas * math.exp(-max(time_gyr, 0.0) / _FADING_GYR)
    wanted = gas * float(rng.uniform(*_SHARE))
    if wanted <= 0 or not flux_njy.any():
        none = np.zeros(0)
        return NewStars(none.astype(np.int64), none, none, np.zeros(2))
    # Stars form as the 1.4th power of the gas (Kennicutt 1998, ApJ 498, 541).
    rate = flux_njy / np.maximum(width_kpc, KNOT_KPC) ** 0.8
    count = 20 + int(rng.poisson(_KNOTS * one.build.gas))
    place = rng.choice(len(rate), size=count, p=rate / rate.sum())
    flux = np.minimum(knot_flux(count, rng), _BRIGHTEST)
    size = KNOT_KPC * np.clip(np.sqrt(flux / flux.mean()), 0.6, 2.5)
    share = np.zeros(2)
    for torn in (0, 1):
        these, light = one.torn[place] == torn, float(flux_njy[one.torn == torn].sum())
        if these.any():
            share[torn] = wanted
            flux[these] *= wanted * light / flux[these].sum()
    dwarf = _dwarf(one, flux_njy, width_kpc)
    if dwarf.size and share[1] > 0 and rng.random() < _DWARF_CHANCE * gas:
        part = float(rng.uniform(*_DWARF_SHARE))
        light = part * float(flux_njy[one.torn].sum())
        place = np.concatenate([place, dwarf])
        flux = np.concatenate([flux, np.full(dwarf.size, light / dwarf.size)])
        size = np.concatenate([size, np.full(dwarf.size, 2 * KNOT_KPC)])
        share[1] += part
    return NewStars(place, flux, size, share)


def _dwarf(one: Seen, flux_njy: Array, width_kpc: Array) -> NDArray[np.int64]:
    """Return which stars a tidal dwarf has gathered: around the densest place far out.

    As at the ends of the Antennae (Mirabel, Dottori & Lutz 1992, A&A 256, L19).
    """
    away = np.linalg.norm(one.star_kpc - one.home_kpc, axis=1)
    far = np.flatnonzero(one.torn & (away > _DWARF_FROM_KPC))
    if not far.size:
        return far
    middle = far[np.argmax(flux_njy[far] / width_kpc[far] ** 2)]
    near = np.linalg.norm(one.star_kpc - one.star_kpc[middle], axis=1) < _DWARF_KPC
    return np.flatnonzero(near & one.torn)
