"""Spiral structure: logarithmic arms that wander, branch and fade; flocculent discs; lopsidedness.

Drawn as polar maps (see `strandline.simulate.portraits.maps`), arms trailing.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from strandline.simulate.portraits.maps import (
    AZIMUTHS,
    RADII,
    lattice_noise,
    level,
    sheared,
    smooth_track,
)

__all__ = ["ArmClass", "Arms", "Pattern"]

Image = NDArray[np.float32]
Array = NDArray[np.float64]
ArmClass = Literal["grand", "multiple", "flocculent", "none"]
_LOG_RADII = np.log(RADII)


@dataclass(frozen=True)
class Arms:
    """What a disc's spiral structure is like.

    Attributes
    ----------
    arm_class : str
        Elmegreen & Elmegreen (1987, ApJ 314, 3): two long arms, several, or many short pieces.
    pitch_rad : float
    sense : int
        +1 when the azimuth of an arm grows outwards, else -1.
    azimuth_rad : float
        Of the first arm at `start`.
    start, end : float
        Where arms begin and fade, in scale lengths.
    contrast : float
        Of arm to interarm light in the young population, less 1.
    lopsided : float
        First-order amplitude at 2 scale lengths (Rix & Zaritsky 1995, ApJ 447, 82: a third of
        discs have above 0.2).
    """

    arm_class: ArmClass
    pitch_rad: float
    sense: int
    azimuth_rad: float
    start: float
    end: float
    contrast: float
    lopsided: float

    @classmethod
    def draw(cls, lateness: float, rng: np.random.Generator, *, start: float = 0.35) -> "Arms":
        """Draw arms for a disc of `lateness` 0 (Sa) to 1 (Sd): later ones are more open."""
        classes: tuple[ArmClass, ...] = ("grand", "multiple", "flocculent")
        pitch = np.radians(np.clip(rng.normal(10 + 13 * lateness, 3.5), 6, 35))
        return cls(
            arm_class=classes[rng.choice(3, p=[0.4, 0.32, 0.28])],
            pitch_rad=float(pitch),
            sense=int(rng.choice([-1, 1])),
            azimuth_rad=float(rng.uniform(0, 2 * np.pi)),
            start=start,
            end=float(rng.uniform(2.4, 4.2)),
            contrast=float(rng.lognormal(np.log(2.2), 0.45)),
            lopsided=draw_lopsidedness(rng),
        )


def draw_lopsidedness(rng: np.random.Generator) -> float:
    """Draw a disc's first-order amplitude: median 0.1, a fifth above 0.2, none above 0.45."""
    return float(min(rng.lognormal(np.log(0.1), 0.8), 0.45))


@dataclass(frozen=True)
class Pattern:
    """Maps of one disc, each of mean 1 at every radius, shape (row, column).

    Attributes
    ----------
    old, young : ndarray of float32
        Light of old stars, and of stars born in the arms.
    clumps : ndarray of float32
        Where the youngest are, more concentrated still.
    dust : ndarray of float32
        Dust lanes: on the inner, upstream side of arms, with feathers.
    """

    old: Image
    young: Image
    clumps: Image
    dust: Image

    @classmethod
    def draw(cls, arms: Arms, rng: np.random.Generator) -> "Pattern":
        """Draw the maps of a disc with these arms."""
        winding = _winding(arms, rng)
        turn = arms.sense * winding
        ridge = _ridges(arms, turn, rng)
        lanes = _ridges_lagging(ridge, arms)
        floc, fine, patches = _flocculence(arms, turn, rng)
        fade = _fade(arms)[:, None]
        strength = {"grand": 1.0, "multiple": 0.8, "flocculent": 0.25, "none": 0.0}[arms.arm_class]
        waves = {"grand": 0.45, "multiple": 0.6, "flocculent": 0.8, "none": 0.0}[arms.arm_class]
        raised = 1 + fade * arms.contrast * strength * ridge
        grainy = 0.0 if arms.arm_class == "none" else min(1.0, 0.5 + 0.25 * arms.contrast)
        grain = np.exp(grainy * fade * (waves * floc + 0.5 * fine + 0.3 * patches))
        lopsided = _lopsided(arms, rng)
        young = level(raised * grain * lopsided)
        clumps = level(young**1.6 * np.exp(grainy * fine))
        old = level(
            (1 + 0.22 * (young - 1).clip(-1, 3) + 0.25 * strength * fade * ridge) * lopsided
        )
        feathers = np.exp(0.7 * floc + 0.6 * fine)
        dust = level((0.15 + strength * fade * lanes + 0.25 * fade) * feathers)
        return cls(old, young, clumps, dust)


def _winding(arms: Arms, rng: np.random.Generator) -> Array:
    """Return how far arms have turned at each radius since their start; pitch varies by 20 %."""
    pitch = arms.pitch_rad * np.exp(0.2 * smooth_track(5, rng))
    step = np.gradient(_LOG_RADII)
    turned = np.cumsum(step / np.tan(np.clip(pitch, 0.08, 1.0)))
    return np.asarray(turned - np.interp(np.log(arms.start), _LOG_RADII, turned))


def _ridges(arms: Arms, turn: Array, rng: np.random.Generator) -> Image:
    """Return arm strength 0..about 1; each arm has its own brightness, wander and width."""
    grand = arms.arm_class == "grand"
    count = 2 if grand else int(rng.integers(3, 6))
    ridge = np.zeros((RADII.size, AZIMUTHS.size), dtype=np.float32)
    for k in range(count):
        offset = arms.azimuth_rad + 2 * np.pi * k / count + (0 if k == 0 else rng.normal(0, 0.12))
        centre = turn + offset + (0.10 if grand else 0.2) * smooth_track(6, rng)
        bright = np.clip(0.85 + (0.2 if grand else 0.35) * smooth_track(6, rng), 0.1, 1.4)
        width = np.exp(0.15 * smooth_track(4, rng)) * (0.42 if grand else 0.3)
        ridge += _arm(centre, width, bright)
    for _ in range(int(rng.integers(0, 4))):
        ridge += _branch(arms, turn, rng)
    return ridge


def _branch(arms: Arms, turn: Array, rng: np.random.Generator) -> Image:
    """Return a piece of an arm that leaves the others at a larger pitch."""
    at, length = np.log(rng.uniform(0.9, 2.4)), rng.uniform(0.25, 0.6)
    origin = float(np.interp(at, _LOG_RADII, turn)) + arms.azimuth_rad
    opening = np.tan(arms.pitch_rad * rng.uniform(1.1, 1.7))
    side = rng.choice([0, np.pi]) + rng.normal(0, 0.15)
    centre = origin + side + arms.sense * (_LOG_RADII - at) / opening
    along = (_LOG_RADII - at) / length
    bright = 0.75 * np.exp(-0.5 * ((along - 0.5) / 0.45) ** 2)
    return _arm(centre, np.full(RADII.size, 0.26), bright)


def _arm(centre: Array, width: Array, bright: Array) -> Image:
    """Return one arm, steep on its inner side and shallow outside."""
    apart = AZIMUTHS[None, :] - centre[:, None]
    sharp = (1 / width[:, None] ** 2).astype(np.float32)
    profile = np.exp(sharp * (np.cos(apart.astype(np.float32)) - 1))
    return np.asarray(bright[:, None].astype(np.float32) * profile, dtype=np.float32)


def _ridges_lagging(ridge: Image, arms: Arms) -> Image:
    """Return lanes along the inner edge of arms: trailing arms have it at smaller radius."""
    lag = arms.sense * np.full(RADII.size, 0.24 if arms.arm_class == "grand" else 0.15)
    return np.asarray(sheared(ridge, lag) ** 3)


def _flocculence(arms: Arms, turn: Array, rng: np.random.Generator) -> tuple[Image, Image, Image]:
    """Return noise drawn out along arms, finer noise, and broad patches, each of deviation 1."""
    wide = sheared(lattice_noise(7, 26, rng), turn)
    fine = sheared(lattice_noise(34, 90, rng), 0.6 * turn)
    patches = sheared(lattice_noise(5, 7, rng), 0.3 * turn)
    return wide, fine, patches


def _fade(arms: Arms) -> Image:
    rise = 1 / (1 + np.exp(-(RADII - arms.start) / (0.22 * arms.start + 0.03)))
    fall = 1 / (1 + np.exp((RADII - arms.end) / 0.5))
    return np.asarray(rise * fall, dtype=np.float32)


def _lopsided(arms: Arms, rng: np.random.Generator) -> Image:
    amplitude = arms.lopsided * np.clip(RADII / 2, 0, 1.6)
    towards = rng.uniform(0, 2 * np.pi)
    apart = AZIMUTHS[None, :] - towards
    return np.asarray(1 + amplitude[:, None] * np.cos(apart), dtype=np.float32)
