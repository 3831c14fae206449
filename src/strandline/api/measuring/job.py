"""What `measure` is to do with all galaxies of a table, and what is known of each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from strandline.flags import StampFlag
from strandline.measure import environment
from strandline.measure.ages import Camera
from strandline.measure.features import FindOptions
from strandline.measure.subject import Subject
from strandline.tiles import TileSource

__all__ = ["Cluster", "Job", "cluster_of", "subject_of"]


@dataclass(frozen=True)
class Cluster:
    """Centre (deg, ICRS) and redshift of the galaxies' cluster; NaN is unknown."""

    ra: float = math.nan
    dec: float = math.nan
    redshift: float = math.nan
    name: str = ""


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
    tiles : dict of str to TileSource
        By name, to cut from what reaches a stamp's edge.
    clusters : tuple of strandline.measure.environment.Cluster
        Among which each galaxy is put into the nearest, instead of `cluster`.
    """

    table: Path
    bands: tuple[str, ...]
    psf_fwhm_arcsec: tuple[float, ...]
    redshift: float = math.nan
    redshifts: dict[str, float] = field(default_factory=dict)
    cluster: Cluster = field(default_factory=Cluster)
    options: FindOptions = field(default_factory=FindOptions)
    picture: bool = False
    camera: Camera = "decam"
    tiles: dict[str, TileSource] = field(default_factory=dict)
    clusters: tuple[environment.Cluster, ...] = ()


def subject_of(row: Mapping[str, Any], job: Job) -> Subject:
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
        picture=job.picture,
        calibrated=not (job.picture or int(row.get("flags") or 0) & StampFlag.UNCALIBRATED),
        camera=job.camera,
    )


def cluster_of(row: Mapping[str, Any], job: Job) -> Cluster:
    """Return the cluster of a galaxy: the one of all, or of several the nearest within 3 r200."""
    if not job.clusters:
        return job.cluster
    place = [float(row.get(name, math.nan)) for name in ("ra", "dec")]
    redshift = subject_of(row, job).redshift
    number = environment.places_of(
        [place[0]], [place[1]], list(job.clusters), redshift=[redshift]
    ).cluster[0]
    if number < 0:
        return Cluster()
    found = job.clusters[number]
    return Cluster(found.ra, found.dec, found.redshift, found.name)
