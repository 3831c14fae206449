"""``environment``: where in their clusters galaxies interact, as tables and figures."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline.classify import read_catalogue, write_catalogue
from strandline.errors import OptionError, TableError
from strandline.files import check_target, write_together
from strandline.measure.environment import (
    Alignment,
    Cluster,
    Fraction,
    alignment_of,
    fractions,
    kernel_density,
    nearest_density,
    places_of,
    r200_of_mass,
    r200_of_sigma,
    ram_pressure_pa,
)
from strandline.report.environment import draw_environment

__all__ = ["EnvironmentReport", "environment", "read_clusters"]

_RADIUS_EDGES = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0])
_SPEED_EDGES = np.array([0.0, 250.0, 500.0, 750.0, 1000.0, 1500.0, 3000.0])
_DENSITY_BINS = 6
_SPEED_OF_LIGHT_KMS = 299_792.458


_TITLES = {
    "radius": "r / r200",
    "density": "log Mpc^-2",
    "gas": "log cm^-3",
    "speed": "|v| / (km/s)",
}


@dataclass(frozen=True)
class EnvironmentReport:
    """What was found.

    Attributes
    ----------
    out : Path
    galaxies, placed, interacting : int
        In the catalogue; in a cluster; of these, interacting.
    against : dict of str to list of Fraction
        Fractions by ``radius``, ``density``, ``gas`` and ``speed``, as far as they are known.
    alignment : Alignment
    """

    out: Path
    galaxies: int
    placed: int
    interacting: int
    against: dict[str, list[Fraction]]
    alignment: Alignment

    def lines(self) -> list[str]:
        """Return the tables as lines for people."""
        out = [
            f"{self.galaxies} galaxies, {self.placed} in a cluster, {self.interacting} of them "
            "interacting"
        ]
        for name, rows in self.against.items():
            out.append(f"{_TITLES[name]:>14s}  galaxies  interacting  fraction (68 %)")
            out += [
                f"{one.low:6.4g} - {one.high:5.4g}  {one.galaxies:8d}  {one.interacting:11d}  "
                f"{one.value:.3f} ({one.lower:.3f} to {one.upper:.3f})"
                for one in rows
                if one.galaxies
            ]
        told = self.alignment
        if told.angle_deg.size:
            out.append(
                f"{told.angle_deg.size} features: mean cosine to the centre "
                f"{told.mean_cosine:+.2f} +- {told.error:.2f}, p = {told.p_value:.2g} for no "
                "alignment"
            )
        return out


def environment(
    catalogue: str | Path,
    clusters: str | Path,
    out: str | Path,
    *,
    threshold: float = 0.5,
    nth: int = 5,
    kernel_kpc: float = 300.0,
) -> EnvironmentReport:
    """Say where in clusters galaxies interact.

    Parameters
    ----------
    catalogue : path
        With ``ra`` and ``dec``, and one of ``interacting`` (0 or 1), ``probability``, ``features``.
        Used if they are there: ``redshift`` or ``velocity_kms`` (c z), ``position_angle_deg`` of
        the feature, ``completeness`` (share of interacting galaxies like this one that are found),
        ``gas_per_cm3`` (electrons in the gas around it, from X-rays).
    clusters : path
        With ``name``, ``ra``, ``dec``, ``redshift``, and one of ``r200_kpc``, ``r200_mpc``,
        ``m200`` (solar masses), ``sigma_kms``.
    out : path
        Folder for ``environment.csv`` (the catalogue with the new columns), ``alignment.json``,
        figures, and as far as they are known ``radius.csv``, ``density.csv``, ``gas.csv`` and
        ``speed.csv``.
    threshold : float
        Of ``probability``.
    nth : int
        Which neighbour tells the local density.
    kernel_kpc : float
        Width (sigma) of the kernel of the other density.

    Raises
    ------
    TableError
        If a column is missing, or no galaxy is in a cluster.
    """
    folder = Path(out)
    if nth < 1 or not kernel_kpc > 0:
        raise OptionError(f"nth is {nth}, kernel_kpc {kernel_kpc:g}; both must be positive.")
    check_target(folder / "environment.csv")
    table, known = read_catalogue(catalogue), read_clusters(clusters)
    ra, dec = (_number(table, name, catalogue) for name in ("ra", "dec"))
    places = places_of(ra, dec, known, redshift=_redshift(table))
    inside = places.cluster >= 0
    if not inside.any():
        raise TableError(
            f"{catalogue}: none of {len(table)} galaxies is within 3 r200 of a cluster of "
            f"{clusters}."
        )
    hit = _interacting(table, catalogue, threshold)
    fifth, fifth_error = nearest_density(places, nth)
    kernel, kernel_error = kernel_density(places, kernel_kpc)
    complete = _completeness(table, catalogue)
    gas = _optional(table, "gas_per_cm3")
    with np.errstate(divide="ignore", invalid="ignore"):
        log_density = np.log10(fifth)
        log_gas = np.log10(np.full(len(table), np.nan) if gas is None else gas)
    binned = {
        "radius": (places.r200, _RADIUS_EDGES),
        "density": (log_density, _edges(log_density[inside])),
        "gas": (log_gas, _edges(log_gas[inside])),
        "speed": (np.abs(places.speed_kms), _SPEED_EDGES),
    }
    report = EnvironmentReport(
        folder,
        len(table),
        int(inside.sum()),
        int((inside & hit).sum()),
        {
            name: fractions(
                value[inside], hit[inside], edges, None if complete is None else complete[inside]
            )
            for name, (value, edges) in binned.items()
            if np.isfinite(value[inside]).any()
        },
        _alignment(table, places.centre_deg, inside & hit),
    )
    names = np.array([cluster.name for cluster in known] + [""])
    added = {
        "cluster": pa.array(names[places.cluster].tolist()),
        "cluster_distance_kpc": pa.array(places.distance_kpc),
        "cluster_r200": pa.array(places.r200),
        "cluster_angle_deg": pa.array(places.centre_deg),
        "cluster_speed_kms": pa.array(places.speed_kms),
        "density_neighbour": pa.array(fifth),
        "density_neighbour_err": pa.array(fifth_error),
        "density_kernel": pa.array(kernel),
        "density_kernel_err": pa.array(kernel_error),
    }
    if gas is not None:
        added["ram_pressure_pa"] = pa.array(ram_pressure_pa(gas, places.speed_kms))
    with write_together(folder) as aside:
        for name, column in added.items():
            if name in table.column_names:
                table = table.drop_columns([name])
            table = table.append_column(name, column)
        write_catalogue(table, aside / "environment.csv")
        for name, rows in report.against.items():
            told = pa.Table.from_pylist([asdict(row) for row in rows])
            write_catalogue(told, aside / f"{name}.csv")
        told_alignment = asdict(report.alignment) | {
            "angle_deg": report.alignment.angle_deg.tolist()
        }
        text = json.dumps({k: _plain(v) for k, v in told_alignment.items()}, indent=1)
        (aside / "alignment.json").write_text(text, encoding="utf-8")
        draw_environment(report.against, report.alignment, aside)
    return report


def read_clusters(path: str | Path) -> list[Cluster]:
    """Read a table of clusters; see `environment` for its columns.

    Raises
    ------
    TableError
        If a column is missing, a number is impossible, or there is no cluster.
    """
    table = read_catalogue(path)
    missing = [name for name in ("ra", "dec", "redshift") if name not in table.column_names]
    if missing:
        raise TableError(
            f"{path}: has no column {', '.join(missing)}; it has {', '.join(table.column_names)}."
        )
    out = []
    for number, row in enumerate(table.to_pylist(), start=1):
        redshift = float(row["redshift"])
        if not 0 < redshift < 5:
            raise TableError(
                f"{path}: redshift of row {number} is {redshift:g}; it must be positive."
            )
        name = str(row.get("name") or f"cluster {number}")
        out.append(Cluster(name, float(row["ra"]), float(row["dec"]), redshift, _r200(row)))
    if not out:
        raise TableError(f"{path}: has no cluster.")
    return out


def _r200(row: dict[str, object]) -> float:
    for name, factor in (("r200_kpc", 1.0), ("r200_mpc", 1000.0)):
        if isinstance(row.get(name), int | float):
            return factor * float(str(row[name]))
    redshift = float(str(row["redshift"]))
    if isinstance(row.get("m200"), int | float):
        return r200_of_mass(float(str(row["m200"])), redshift)
    if isinstance(row.get("sigma_kms"), int | float):
        return r200_of_sigma(float(str(row["sigma_kms"])), redshift)
    return math.nan


def _number(table: pa.Table, name: str, path: str | Path) -> NDArray[np.float64]:
    found = _optional(table, name)
    if found is None:
        raise TableError(f"{path}: has no column {name}; it has {', '.join(table.column_names)}.")
    return found


def _optional(table: pa.Table, name: str) -> NDArray[np.float64] | None:
    if name not in table.column_names:
        return None
    return np.asarray(table[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def _redshift(table: pa.Table) -> NDArray[np.float64] | None:
    """Return redshifts; where a galaxy has none, by its velocity."""
    redshift, velocity = _optional(table, "redshift"), _optional(table, "velocity_kms")
    if velocity is None:
        return redshift
    by_velocity = velocity / _SPEED_OF_LIGHT_KMS
    return by_velocity if redshift is None else np.where(redshift > 0, redshift, by_velocity)


def _completeness(table: pa.Table, path: str | Path) -> NDArray[np.float64] | None:
    found = _optional(table, "completeness")
    if found is not None and ((found < 0) | (found > 1)).any():
        odd = found[(found < 0) | (found > 1)][0]
        raise TableError(f"{path}: completeness is {odd:g} in a row; it must lie between 0 and 1.")
    return found


def _interacting(table: pa.Table, path: str | Path, threshold: float) -> NDArray[np.bool_]:
    for name, least in (("interacting", 0.5), ("probability", threshold), ("features", 0.5)):
        found = _optional(table, name)
        if found is not None:
            return np.asarray(found >= least)
    raise TableError(f"{path}: has none of the columns interacting, probability, features.")


def _edges(log_density: NDArray[np.float64]) -> NDArray[np.float64]:
    known = log_density[np.isfinite(log_density)]
    if known.size < 2:
        return np.array([0.0, 1.0])
    edges = np.quantile(known, np.linspace(0, 1, min(_DENSITY_BINS, known.size) + 1))
    edges[-1] += 1e-9
    return np.unique(edges)


def _alignment(
    table: pa.Table, centre_deg: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> Alignment:
    angle = _optional(table, "position_angle_deg")
    if angle is None:
        return alignment_of([], [])
    return alignment_of(angle[chosen], centre_deg[chosen])


def _plain(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
