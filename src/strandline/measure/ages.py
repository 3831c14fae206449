"""How old stars are by their colours: single bursts, with dust and metallicity left open.

The tracks are those of PopStar (Molla, Garcia-Vargas & Bressan 2009, MNRAS 398, 451; Chabrier IMF),
in ``populations.ecsv``, which ``scripts/make_populations.py`` makes.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import combinations
from typing import Literal

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray
from scipy.interpolate import RegularGridInterpolator

from strandline.cosmology import COSMOLOGY
from strandline.errors import OptionError

__all__ = [
    "CAMERAS",
    "MODEL_ERROR_MAG",
    "Age",
    "Camera",
    "Colour",
    "age_of",
    "burst_colours",
    "camera_of",
]

Camera = Literal["decam", "sdss"]
CAMERAS: tuple[Camera, ...] = ("decam", "sdss")
"""Cameras whose filters the tracks are known in."""

MODEL_ERROR_MAG = 0.05
"""How wrong the tracks may be: rms of their colours against those of Bruzual & Charlot (2003), as
``scripts/make_populations.py --against`` prints, of the worst colour."""

_LOG_AGES = np.linspace(6.0, 10.15, 167)  # log10 of years
_METALLICITIES = np.array([-1.0, -0.7, -0.4, -0.1, 0.2])
_DUST_AV = np.arange(0.0, 2.01, 0.1)
_MEAN_AV = 0.3
_NOT_EXCLUDED = math.exp(-2.0)  # of the highest probability: 2 sigma of a Gaussian
_ODD = 3.0
_CALZETTI_RV = 4.05


@dataclass(frozen=True)
class Colour:
    """A colour, AB mag; `error` is that of the measurement alone."""

    blue: str
    red: str
    value: float
    error: float


@dataclass(frozen=True)
class Age:
    """What colours tell of an age.

    Attributes
    ----------
    gyr : ndarray of float64, shape (age,)
        Ages, even in their logarithm.
    probability : ndarray of float64, shape (age,)
        Of each; the sum is 1.
    misfit : float
        By how many errors the best burst is off, per colour (rms).
    """

    gyr: NDArray[np.float64]
    probability: NDArray[np.float64]
    misfit: float

    def quantiles(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the ages (Gyr) below which shares of the probability lie."""
        middle = np.cumsum(self.probability) - 0.5 * self.probability
        return np.asarray(np.exp(np.interp(shares, middle, np.log(self.gyr))))

    @property
    def oldest_possible(self) -> bool:
        """Whether no great age is excluded at 2 sigma: there is a lower limit only."""
        return bool(self.probability[-1] > _NOT_EXCLUDED * self.probability.max())

    @property
    def youngest_possible(self) -> bool:
        """Whether no small age is excluded at 2 sigma: there is an upper limit only."""
        return bool(self.probability[0] > _NOT_EXCLUDED * self.probability.max())

    @property
    def odd(self) -> bool:
        """Whether no burst of any age, metallicity and dust has such colours."""
        return self.misfit > _ODD


def camera_of(name: str) -> Camera:
    """Return the camera of that name.

    Raises
    ------
    OptionError
        If the tracks are not known in its filters.
    """
    for known in CAMERAS:
        if known == name:
            return known
    raise OptionError(f"camera is {name!r}; it must be {' or '.join(CAMERAS)}.")


def age_of(colours: Iterable[Colour], redshift: float, camera: Camera = "decam") -> Age | None:
    """Return the ages that a burst of such colours may have.

    Parameters
    ----------
    colours : iterable of Colour
        As observed. Of two that share a band, that band is taken to have half the variance of the
        better one. Colours that are NaN, or of bands that the tracks do not have, are left out.
    redshift : float
    camera : str
        Whose filters the bands are.

    Returns
    -------
    Age or None
        None without a colour or a redshift between 0 and 0.15, as far as the tracks reach.

    Notes
    -----
    Probabilities are those of Gaussian errors, with `MODEL_ERROR_MAG` in every colour. Before
    anything is measured, all ages from 1 Myr to that of the Universe are as likely in their
    logarithm, so are metallicities from 0.1 to 1.6 solar, and A_V falls exponentially, 0.3 mag on
    average, under the law of Calzetti et al. (2000, ApJ 533, 682). Metallicity and dust are summed
    over: what they leave open is in the width.
    """
    known = [one for one in colours if _usable(one, camera)]
    tracks = _tracks()
    if not known or not 0 < redshift <= tracks.redshifts[-1]:
        return None
    pairs = tuple((one.blue, one.red) for one in known)
    model, log_prior = _models(camera, pairs, round(redshift, 3))
    measured = np.array([one.value for one in known])
    off = model - measured
    chi2 = np.einsum("...i,ij,...j->...", off, np.linalg.inv(_covariance(known)), off)
    log_probability = -0.5 * chi2 + log_prior
    weight = np.exp(log_probability - log_probability.max()).sum(axis=(1, 2))
    ages = 10 ** (_LOG_AGES - 9)
    young = ages <= float(COSMOLOGY.age(redshift).to_value("Gyr"))
    weight, ages = weight[young], ages[young]
    best = math.sqrt(float(chi2[young].min()) / len(known))
    return Age(ages, weight / weight.sum(), best)


def burst_colours(
    log_age_yr: NDArray[np.float64] | float,
    metallicity: float,
    redshift: float,
    pairs: Iterable[tuple[str, str]],
    camera: Camera = "decam",
    dust_av: float = 0.0,
) -> NDArray[np.float64]:
    """Return colours of a burst, shape (..., pair), AB mag as observed.

    Parameters
    ----------
    log_age_yr : float or ndarray
        log10 of the age, years, 6 to 10.15.
    metallicity : float
        log10 of solar, -1.7 to 0.4.
    redshift : float
        0 to 0.15.
    pairs : iterable of tuple of str
        Bands of the colours.
    camera : str
    dust_av : float
        Extinction of the stars in V, mag.
    """
    tracks = _tracks()
    age = np.asarray(log_age_yr, dtype=np.float64)
    at = np.stack(np.broadcast_arrays(redshift, metallicity, age), axis=-1)
    told = []
    for blue, red in pairs:
        ends = [tracks.minus_r[f"{camera}_{band}"](at).reshape(age.shape) for band in (blue, red)]
        reddening = _reddening(tracks, camera, blue, red, redshift)
        told.append(ends[0] - ends[1] + dust_av * reddening)
    return np.stack(told, axis=-1)


@dataclass(frozen=True)
class _Tracks:
    redshifts: NDArray[np.float64]
    minus_r: dict[str, RegularGridInterpolator]
    pivot_nm: dict[str, float]


@lru_cache(maxsize=1)
def _tracks() -> _Tracks:
    path = resources.files("strandline.measure") / "populations.ecsv"
    with resources.as_file(path) as file:
        table = Table.read(file, format="ascii.ecsv")
    axes = [np.unique(table[name]) for name in ("redshift", "metallicity", "log_age_yr")]
    table.sort(["redshift", "metallicity", "log_age_yr"])
    shape = tuple(len(axis) for axis in axes)
    pivots = {str(name): float(at) for name, at in table.meta["pivot_nm"].items()}
    grids = {
        name: RegularGridInterpolator(axes, np.asarray(table[name]).reshape(shape))
        for name in pivots
    }
    return _Tracks(axes[0], grids, pivots)


@lru_cache(maxsize=16)
def _models(
    camera: Camera, pairs: tuple[tuple[str, str], ...], redshift: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return colours (age, metallicity, dust, colour), and log prior of (1, 1, dust)."""
    clean = np.stack(
        [burst_colours(_LOG_AGES, one, redshift, pairs, camera) for one in _METALLICITIES], axis=1
    )
    tracks = _tracks()
    reddening = np.array([_reddening(tracks, camera, blue, red, redshift) for blue, red in pairs])
    model = clean[:, :, None] + _DUST_AV[:, None] * reddening
    return model, (-_DUST_AV / _MEAN_AV)[None, None]


def _reddening(tracks: _Tracks, camera: Camera, blue: str, red: str, redshift: float) -> float:
    """Return the reddening of a colour for A_V = 1, at the filters' pivot wavelengths."""
    ends = [_calzetti(tracks.pivot_nm[f"{camera}_{band}"] / (1 + redshift)) for band in (blue, red)]
    return (ends[0] - ends[1]) / _CALZETTI_RV


def _calzetti(wave_nm: float) -> float:
    """Return k(lambda) of Calzetti et al. (2000, ApJ 533, 682), equation 4."""
    x = 1000.0 / wave_nm  # per micron
    if x < 1 / 0.63:
        return 2.659 * (-1.857 + 1.040 * x) + _CALZETTI_RV
    return 2.659 * (-2.156 + 1.509 * x - 0.198 * x**2 + 0.011 * x**3) + _CALZETTI_RV


def _usable(one: Colour, camera: Camera) -> bool:
    known = all(f"{camera}_{band}" in _tracks().pivot_nm for band in (one.blue, one.red))
    return known and math.isfinite(one.value) and one.error > 0 and math.isfinite(one.error)


def _covariance(colours: list[Colour]) -> NDArray[np.float64]:
    errors = np.array([one.error for one in colours])
    out = np.diag(errors**2 + MODEL_ERROR_MAG**2)
    for (i, one), (k, other) in combinations(enumerate(colours), 2):
        shared = 0.5 * min(errors[i], errors[k]) ** 2
        if one.red == other.blue or one.blue == other.red:
            out[i, k] = out[k, i] = -shared
        elif one.red == other.red or one.blue == other.blue:
            out[i, k] = out[k, i] = shared
    return out
