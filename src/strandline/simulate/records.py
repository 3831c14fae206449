"""From what was drawn to rows of the truth, and to the mask of its features."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.wcs import WCS
from numpy.typing import NDArray

from strandline.photometry import mag_to_flux
from strandline.simulate.plans import (
    INTERACTIONS,
    Accretion,
    Encounter,
    Interaction,
    StarPlan,
    Stripping,
    SystemPlan,
)
from strandline.simulate.population.cluster import Cluster
from strandline.simulate.portraits.portrait import Feature
from strandline.simulate.scene import Seen, stick
from strandline.simulate.truth import LEAST_VISIBLE_SHARE, TruthRow

__all__ = ["FieldRecord", "feature_mask", "position_angle_deg"]

Blur = Callable[[NDArray[np.float32]], NDArray[np.float32]]
_BLUR_PAD_PX = 8


@dataclass(frozen=True)
class FieldRecord:
    """What the rows of one field have in common.

    Attributes
    ----------
    field : str
    size_px : int
        Sources beyond the field have no row.
    wcs : WCS
    cluster : Cluster
    limit_sb : float
        3-sigma limit in r in 10"x10", mag/arcsec2.
    mask : str
        Name of the mask's file.
    seed : int
    """

    field: str
    size_px: int
    wcs: WCS
    cluster: Cluster
    limit_sb: float
    mask: str
    seed: int

    def rows(
        self,
        seen: Sequence[Seen],
        mask_numbers: Sequence[int],
        far: Sequence[SystemPlan] = (),
        stars: Sequence[StarPlan] = (),
    ) -> list[TruthRow]:
        """Return a row for each galaxy and star that lies in the field.

        Parameters
        ----------
        seen : sequence of Seen
        mask_numbers : sequence of int
            Of each in the mask; 0 where it has no pixel there.
        far, stars : sequences of SystemPlan and StarPlan
        """
        told: list[dict[str, Any]] = []
        for system, number in zip(seen, mask_numbers, strict=True):
            told += self._system(system, number)
        for plan in far:
            (galaxy,) = plan.galaxies
            told.append(
                {
                    "id": galaxy.id,
                    "x": plan.x,
                    "y": plan.y,
                    "kind": "background",
                    "mag_r": round(galaxy.mag_r, 4),
                    "redshift": round(galaxy.redshift, 6),
                    "radius_arcsec": round(galaxy.radius_arcsec, 3),
                    "morphology": galaxy.morphology,
                    "seed": galaxy.seed,
                }
            )
        told += [
            {
                "id": star.id,
                "x": star.x,
                "y": star.y,
                "kind": "star",
                "mag_r": round(star.mag_r, 4),
                "seed": self.seed,
            }
            for star in stars
        ]
        inside = [row for row in told if self._holds(row["x"]) and self._holds(row["y"])]
        return self._placed(inside)

    def _holds(self, pixel: float) -> bool:
        return -0.5 <= pixel < self.size_px - 0.5

    def _placed(self, told: list[dict[str, Any]]) -> list[TruthRow]:
        """Return rows with their positions on the sky, and what the field has in common."""
        cluster = self.cluster
        x, y = [row["x"] for row in told], [row["y"] for row in told]
        ra, dec = self.wcs.all_pix2world([*x, cluster.x], [*y, cluster.y], 0)
        common: dict[str, Any] = {
            "field": self.field,
            "cluster_redshift": round(cluster.redshift, 6),
            "cluster_ra": round(float(ra[-1]), 7),
            "cluster_dec": round(float(dec[-1]), 7),
            "limit_sb": round(self.limit_sb, 3),
        }
        return [
            TruthRow(
                **{"interacting": 0, **common, **row}
                | {"x": round(row["x"], 3), "y": round(row["y"], 3)},
                ra=round(float(row_ra), 7),
                dec=round(float(row_dec), 7),
            )
            for row, row_ra, row_dec in zip(told, ra[:-1], dec[:-1], strict=True)
        ]

    def _system(self, seen: Seen, mask_number: int) -> list[dict[str, Any]]:
        plan, feature = seen.plan, seen.feature
        interacting = plan.kind in INTERACTIONS
        common: dict[str, Any] = {
            "kind": plan.kind,
            "interacting": int(interacting),
            "primary": plan.id if interacting else "",
            "visible": int(interacting and self._visible(feature)),
            **_orbit(plan.interaction),
            **_feature(feature),
            **{
                name: round(value, 3)
                for name, value in seen.notes.items()
                if name in ("separation_kpc", "relative_speed_kms") and math.isfinite(value)
            },
        }
        if mask_number:
            common |= {"mask": self.mask, "mask_number": mask_number}
        return [
            common
            | {
                "id": member.galaxy.id,
                "x": x,
                "y": y,
                "morphology": member.galaxy.morphology,
                "mag_r": round(member.mag_r, 4),
                "redshift": round(member.galaxy.redshift, 6),
                "radius_arcsec": round(member.galaxy.radius_arcsec, 3),
                "seed": member.galaxy.seed,
            }
            for member, x, y in seen.members
        ]

    def _visible(self, feature: Feature | None) -> bool:
        return (
            feature is not None
            and feature.brightness < self.limit_sb
            and feature.fraction >= LEAST_VISIBLE_SHARE
        )


def feature_mask(
    seen: Sequence[Seen], size_px: int, limit_sb: float, pixel_arcsec: float, blur: Blur
) -> tuple[NDArray[np.int16], list[int]]:
    """Return which pixels of a field show which system's feature, and each system's number.

    Parameters
    ----------
    seen : sequence of Seen
    size_px : int
    limit_sb : float
        Surface brightness (r, mag/arcsec2) above which a pixel counts.
    pixel_arcsec : float
    blur : callable
        Returns an image, shape (y, x), as the seeing blurs it.

    Returns
    -------
    mask : ndarray of int16, shape (size_px, size_px)
        0 where no feature is; the brightest one's number where several are.
    numbers : list of int
        Of each system; 0 for those without a pixel.
    """
    limit_njy = float(mag_to_flux(limit_sb)) * pixel_arcsec**2
    brightest = np.full((size_px, size_px), limit_njy, dtype=np.float32)
    mask = np.zeros((size_px, size_px), dtype=np.int16)
    numbers = []
    for number, system in enumerate(seen, start=1):
        if system.feature is None:
            numbers.append(0)
            continue
        light = blur(np.pad(system.feature.image_njy, _BLUR_PAD_PX))
        field = np.zeros_like(brightest)
        stick(field, light, *system.middle_px)
        above = field > brightest
        mask[above], brightest[above] = number, field[above]
        numbers.append(number)
    present = set(np.unique(mask).tolist())
    return mask, [number if number in present else 0 for number in numbers]


def position_angle_deg(angle_rad: float) -> float | None:
    """Return an angle from +x towards +y as one east of north, where north is up, east left."""
    if not math.isfinite(angle_rad):
        return None
    return round((math.degrees(angle_rad) - 90.0) % 360.0, 2)


def _orbit(interaction: Interaction | None) -> dict[str, Any]:
    match interaction:
        case Encounter():
            (inclination, argument), (other_inclination, other_argument) = interaction.discs_deg
            return {
                "mass_ratio": round(interaction.mass_ratio, 5),
                "pericentre_kpc": round(interaction.pericentre_kpc, 3),
                "eccentricity": round(interaction.eccentricity, 5),
                "inclination_1_deg": round(inclination, 2),
                "argument_1_deg": round(argument, 2),
                "inclination_2_deg": round(other_inclination, 2),
                "argument_2_deg": round(other_argument, 2),
                "time_gyr": round(interaction.time_gyr, 5),
                **_view(interaction.view_rad),
            }
        case Accretion():
            return {
                "mass_ratio": round(interaction.mass_ratio, 5),
                "circularity": round(interaction.circularity, 5),
                "apocentre_kpc": round(interaction.apocentre_kpc, 3),
                "time_gyr": round(interaction.age_gyr, 5),
                **_view(interaction.view_rad),
            }
        case Stripping():
            inclination, _ = interaction.disc_deg
            return {
                "inclination_1_deg": round(inclination, 2),
                "time_gyr": round(interaction.age_gyr, 5),
                "relative_speed_kms": round(interaction.speed_kms, 2),
                "gas_per_cm3": interaction.gas_per_cm3,
                "wind_angle_deg": position_angle_deg(interaction.wind_rad),
            }
        case None:
            return {}


def _view(angles_rad: tuple[float, float, float]) -> dict[str, float]:
    return {f"view_{k}_deg": round(math.degrees(a), 2) for k, a in enumerate(angles_rad, start=1)}


def _feature(feature: Feature | None) -> dict[str, Any]:
    if feature is None:
        return {}
    told = {
        "length_kpc": round(feature.length_kpc, 3),
        "projected_kpc": round(feature.projected_kpc, 3),
        "length_arcsec": round(feature.projected_arcsec, 2),
        "feature_sb": round(feature.brightness, 3),
        "feature_peak_sb": round(feature.peak_brightness, 3),
        "feature_gr": round(feature.colour_gr, 3),
        "feature_angle_deg": position_angle_deg(feature.angle_rad),
        "feature_fraction": round(feature.fraction, 5),
    }
    return {name: value if _known(value) else None for name, value in told.items()}


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
