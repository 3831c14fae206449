"""How well times and speeds of simulated encounters are told, and what no picture could tell."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from strandline.flags import MeasureFlag
from strandline.measure.ages import MODEL_ERROR_MAG, Colour, age_of, burst_colours
from strandline.measure.motion import motion_of
from strandline.measure.projection import KPC_PER_KMS_GYR, dynamical_gyr, projection_factors
from strandline.seeding import generator

__all__ = ["TimeScore", "score_bursts", "score_times", "time_lines", "without_error"]

_REDSHIFT = 0.05
_NO_ERROR_MAG = 1e-3
_SPEED_KMS, _ROTATION_KMS = {"jellyfish": 1000.0}, 220.0  # as `measure` assumes
_QUANTILES = np.array([0.16, 0.5, 0.84])
_FEWEST = 5


@dataclass(frozen=True)
class TimeScore:
    """How a time or a speed compares with the truth, over galaxies of a kind.

    Attributes
    ----------
    kind : str
        Of interaction, or which bands.
    what : str
        The column that is compared.
    count : int
    bias, scatter : float
        Median of log10(told / true), and half of what lies between its 16th and 84th percentile.
    projection_bias, projection_scatter : float
        The same if length and speed were known without error, and only the angle to the line of
        sight were not; 0 for what projection does not touch.
    held : float
        Share whose stated 68 % interval holds the truth.
    limits : float
        Share of ages of which colours tell a limit only.
    """

    kind: str
    what: str
    count: int
    bias: float
    scatter: float
    projection_bias: float
    projection_scatter: float
    held: float
    limits: float


def score_times(
    galaxies: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]],
) -> list[TimeScore]:
    """Compare times and speeds with the truth of simulations, by kind.

    Parameters
    ----------
    galaxies : iterable of pairs of mappings
        Of each galaxy with a feature that was found: its row of the truth (`kind`, `time_gyr`,
        `length_kpc`, `projected_kpc`, `relative_speed_kms`, see
        `strandline.simulate.SurveyTruth`), and its measured columns.

    Returns
    -------
    list of TimeScore
        Of ``age`` and ``dynamical`` against the time since the encounter; of ``transverse`` and
        ``speed`` against the mean speed at which the far end left its host, across the sky and in
        space; for jellyfish of ``speed`` against that through the gas, too, as ``wind``.
    """
    known = [pair for pair in galaxies if _number(pair[0], "time_gyr") > 0]
    out = []
    for kind in sorted({str(truth["kind"]) for truth, _ in known}):
        some = [pair for pair in known if pair[0]["kind"] == kind]
        for what in ("age", "dynamical", "transverse", "speed", "wind"):
            score = _score(kind, what, some)
            if score is not None:
                out.append(score)
    return out


def without_error(truth: Mapping[str, Any]) -> dict[str, Any]:
    """Return what would be measured if a feature's g-r and length on the sky were known exactly.

    Parameters
    ----------
    truth : mapping of str to object
        A row of the truth; colours are those of SDSS's filters.
    """
    reach = _number(truth, "projected_kpc")
    values: dict[str, Any] = {
        "reach_kpc": reach,
        "colour_g_r": _number(truth, "feature_gr"),
        "colour_g_r_err": _NO_ERROR_MAG,
    }
    motion, flags = motion_of(values, ("g", "r"), _number(truth, "redshift"), "sdss")
    speed = _SPEED_KMS.get(str(truth["kind"]), _ROTATION_KMS)
    ends = zip(("_low", "", "_high"), dynamical_gyr(reach, speed), strict=True)
    times = {f"dynamical{end}_gyr": time for end, time in ends}
    return values | motion | times | {"measure_flags": int(flags)}


def score_bursts(
    band_sets: Sequence[str] = ("gr", "gri", "griz", "ugriz"),
    *,
    error_mag: float = 0.05,
    count: int = 500,
    seed: int = 0,
) -> list[TimeScore]:
    """Compare ages with those of bursts drawn from the tracks, as if encounters made all stars.

    Parameters
    ----------
    band_sets : sequence of str
        Bands of one letter each, blue to red.
    error_mag : float
        Of each band.
    count : int
        Bursts, of ages from 10 Myr to 10 Gyr, even in the logarithm; metallicity and dust as
        `strandline.measure.ages.age_of` expects them. The tracks are as wrong as it takes them to
        be.
    seed : int
    """
    out = []
    for bands in band_sets:
        rng = generator(seed, "bursts", bands)
        pairs = list(pairwise(bands))
        rows = []
        for _ in range(count):
            true = float(rng.uniform(7.0, 10.0))
            dust = min(float(rng.exponential(0.3)), 2.0)
            clean = burst_colours(
                true, float(rng.uniform(-1.0, 0.2)), _REDSHIFT, pairs, dust_av=dust
            )
            noise = rng.normal(0, error_mag, len(bands))
            told = clean + noise[:-1] - noise[1:] + rng.normal(0, MODEL_ERROR_MAG, len(pairs))
            error = error_mag * math.sqrt(2)
            age = age_of(
                [Colour(*pair, float(one), error) for pair, one in zip(pairs, told, strict=True)],
                _REDSHIFT,
            )
            assert age is not None
            low, middle, high = np.log10(age.quantiles(_QUANTILES)) + 9
            limited = age.oldest_possible or age.youngest_possible
            rows.append((middle - true, low <= true <= high, limited))
        off, held, limits = np.array(rows, dtype=np.float64).T
        name = f"bursts in {bands}"
        spread = (*_spread(off), 0.0, 0.0)
        out.append(TimeScore(name, "age", count, *spread, held.mean(), limits.mean()))
    return out


def time_lines(scores: Iterable[TimeScore]) -> list[str]:
    """Return scores as a table for people; biases and scatters in dex."""
    out = [
        f"{'':<18s} {'':<11s}    n     bias  scatter  projection alone  in 68 %  limits only",
    ]
    for one in scores:
        projection = (
            f"{one.projection_bias:+8.2f} {one.projection_scatter:7.2f}"
            if one.projection_scatter
            else f"{'none':>16s}"
        )
        limits = f"{one.limits:12.2f}" if math.isfinite(one.limits) else f"{'':>12s}"
        out.append(
            f"{one.kind:<18s} {one.what:<11s} {one.count:4d} {one.bias:+8.2f} {one.scatter:8.2f}  "
            f"{projection} {one.held:8.2f} {limits}"
        )
    return out


def _score(
    kind: str, what: str, galaxies: list[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> TimeScore | None:
    rows, alone, limits = [], [], []
    for truth, told in galaxies:
        true = _true(truth, what)
        low, middle, high = (_number(told, name) for name in _columns(what))
        if not (true > 0 and middle > 0):
            continue
        rows.append((math.log10(middle / true), low <= true <= high))
        alone.append(_projection_alone(truth))
        ends = MeasureFlag.AGE_LOWER_LIMIT | MeasureFlag.AGE_UPPER_LIMIT
        limits.append(bool(int(told.get("measure_flags", 0)) & ends))
    if len(rows) < _FEWEST:
        return None
    off, held = np.array(rows, dtype=np.float64).T
    touched = what in ("dynamical", "speed")
    projection = _spread(np.array(alone)) if touched else (0.0, 0.0)
    if what == "wind":  # its speed is not that of the far end: projection alone is not known
        projection = (0.0, 0.0)
    share = float(np.mean(limits)) if what == "age" else math.nan
    return TimeScore(kind, what, len(rows), *_spread(off), *projection, float(held.mean()), share)


def _true(truth: Mapping[str, Any], what: str) -> float:
    time = _number(truth, "time_gyr")
    match what:
        case "transverse":
            return _number(truth, "projected_kpc") / (KPC_PER_KMS_GYR * time)
        case "speed":
            return _number(truth, "length_kpc") / (KPC_PER_KMS_GYR * time)
        case "wind":
            return _number(truth, "relative_speed_kms") if truth["kind"] == "jellyfish" else 0.0
        case _:
            return time


def _columns(what: str) -> tuple[str, str, str]:
    name, unit = {"age": ("age", "gyr"), "dynamical": ("dynamical", "gyr")}.get(
        what, ("speed" if what == "wind" else what, "kms")
    )
    return f"{name}_low_{unit}", f"{name}_{unit}", f"{name}_high_{unit}"


def _projection_alone(truth: Mapping[str, Any]) -> float:
    """Return log10 of the length that is guessed from the projected one over the true one."""
    middle = float(projection_factors([0.5])[0])
    return math.log10(middle * _number(truth, "projected_kpc") / _number(truth, "length_kpc"))


def _spread(values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    low, middle, high = np.quantile(values, _QUANTILES)
    return float(middle), float(high - low) / 2


def _number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    return float(value) if isinstance(value, int | float) else math.nan
