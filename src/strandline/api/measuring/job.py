"""What `measure` is to do with all galaxies of a table, and what is known of each."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strandline.flags import StampFlag
from strandline.measure.ages import Camera
from strandline.measure.features import FindOptions
from strandline.measure.measuring import Subject

__all__ = ["Cluster", "Job", "subject_of"]


@dataclass(frozen=True)
class Cluster:
    """Centre (deg, ICRS) and redshift of the galaxies' cluster; NaN is unknown."""

    ra: float = math.nan
    dec: float = math.nan
    redshift: float = math.nan


@dataclass(frozen=True)
class Job:
    """What is the same for all galaxies.

    Attributes
    ----------
    table : Path
    bands : tuple of str
    psf_fwhm_arcsec : tuple of float
        By band; NaN is unknown.
    redshift : float
        Of all galaxies without their own; NaN is unknown.
    redshifts : dict of str to float
        By id.
    cluster : Cluster
    options : FindOptions
    picture : bool
        Whether the stamps are colour pictures.
    camera : str
        Whose filters the bands are.
    """

    table: Path
    bands: tuple[str, ...]
    psf_fwhm_arcsec: tuple[float, ...]
    redshift: float
    redshifts: dict[str, float]
    cluster: Cluster
    options: FindOptions
    picture: bool
    camera: Camera = "decam"


def subject_of(row: dict[str, Any], job: Job) -> Subject:
    """Return what the table and the options tell of a stamp."""
    own = job.redshifts.get(row["id"], math.nan)
    scale = float(row.get("pixel_scale_arcsec", math.nan))
    return Subject(
        bands=job.bands,
        pixel_scale_arcsec=scale,
        north_deg=float(row.get("north_deg", math.nan)),
        east_deg=float(row.get("east_deg", math.nan)),
        redshift=own if own > 0 else job.redshift,
        psf_fwhm_arcsec=job.psf_fwhm_arcsec,
        calibrated=not (job.picture or int(row.get("flags") or 0) & StampFlag.UNCALIBRATED),
        camera=job.camera,
    )
