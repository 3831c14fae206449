"""What looks like an interaction and is none: which of it a field has, and where."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, TypeAlias, get_args

__all__ = [
    "ARTEFACT_KINDS",
    "Artefact",
    "ArtefactKind",
    "ArtefactPlan",
    "Cirrus",
    "CosmicRay",
    "FineMesh",
    "IntraclusterLight",
    "SkyGradient",
    "SkyStep",
    "Trail",
]

ArtefactKind = Literal[
    "trail", "cosmic_ray", "sky_gradient", "sky_step", "fine_mesh", "cirrus", "intracluster"
]
ARTEFACT_KINDS: tuple[ArtefactKind, ...] = get_args(ArtefactKind)


@dataclass(frozen=True)
class Trail:
    """A satellite that crossed the field in one of a coadd's exposures: one band shows it.

    Attributes
    ----------
    x, y, reach_px : float
        The point of it that is nearest to the middle of the field; half the field's diagonal.
    band : str
    angle_rad : float
        From +x towards +y.
    width_arcsec : float
        FWHM before seeing: satellites are out of focus.
    brightness : float
        Along its middle, mag/arcsec2.
    tumbling : float
        Depth of the change of brightness along it, 0 to 1.
    period_px : float
        Of that change.
    """

    kind: ClassVar[ArtefactKind] = "trail"
    x: float
    y: float
    reach_px: float
    band: str
    angle_rad: float
    width_arcsec: float
    brightness: float
    tumbling: float
    period_px: float


@dataclass(frozen=True)
class CosmicRay:
    """The track of a particle that the coadd did not reject; not blurred.

    Attributes
    ----------
    x, y, reach_px : float
        Middle and half its length.
    band : str
    angle_rad : float
    charge : float
        In each of its pixels, in units of the sky noise.
    """

    kind: ClassVar[ArtefactKind] = "cosmic_ray"
    x: float
    y: float
    reach_px: float
    band: str
    angle_rad: float
    charge: float


@dataclass(frozen=True)
class SkyGradient:
    """Sky that was not taken off: a tilted, bent plane.

    Attributes
    ----------
    x, y, reach_px : float
        Middle of the field; half its diagonal.
    band : str
    angle_rad : float
    brightness : float
        Of the difference from the middle to the edge, mag/arcsec2.
    bend : float
        Share of it that is quadratic, -1 to 1.
    """

    kind: ClassVar[ArtefactKind] = "sky_gradient"
    x: float
    y: float
    reach_px: float
    band: str
    angle_rad: float
    brightness: float
    bend: float


@dataclass(frozen=True)
class SkyStep:
    """Sky that is higher on one side of the border of two detectors.

    Attributes
    ----------
    x, y, reach_px : float
        A point of the border; half the field's diagonal.
    band : str
    upright : bool
        Whether the border runs along the columns.
    brightness : float
        Of the difference, mag/arcsec2.
    """

    kind: ClassVar[ArtefactKind] = "sky_step"
    x: float
    y: float
    reach_px: float
    band: str
    upright: bool
    brightness: float


@dataclass(frozen=True)
class FineMesh:
    """A background mesh as small as the haloes of galaxies, which it takes off with the sky.

    Attributes
    ----------
    x, y, reach_px : float
        Middle of the field; half its diagonal.
    mesh_px : int
        Side of a mesh.
    """

    kind: ClassVar[ArtefactKind] = "fine_mesh"
    x: float
    y: float
    reach_px: float
    mesh_px: int


@dataclass(frozen=True)
class Cirrus:
    """Dust of the Milky Way that scatters its light.

    Attributes
    ----------
    x, y, reach_px : float
        Middle of the field; half its diagonal.
    brightness : float
        Of its brighter parts, r mag/arcsec2.
    colour_gr, colour_ri : float
    seed : int
        Of its shape.
    """

    kind: ClassVar[ArtefactKind] = "cirrus"
    x: float
    y: float
    reach_px: float
    brightness: float
    colour_gr: float
    colour_ri: float
    seed: int


@dataclass(frozen=True)
class IntraclusterLight:
    """Stars that belong to a cluster and to none of its galaxies.

    Attributes
    ----------
    x, y, reach_px : float
        Middle, near the cluster's brightest galaxy; radius at a hundredth of its brightness.
    brightness : float
        In its middle, r mag/arcsec2.
    scale_px : float
        Of its exponential fall, along the major axis.
    axis_ratio, angle_rad : float
    redshift : float
    """

    kind: ClassVar[ArtefactKind] = "intracluster"
    x: float
    y: float
    reach_px: float
    brightness: float
    scale_px: float
    axis_ratio: float
    angle_rad: float
    redshift: float


Artefact: TypeAlias = (
    Trail | CosmicRay | SkyGradient | SkyStep | FineMesh | Cirrus | IntraclusterLight
)


@dataclass(frozen=True)
class ArtefactPlan:
    """All artefacts of one field; each has a `kind`, `x`, `y` and `reach_px` for the truth."""

    artefacts: tuple[Artefact, ...] = ()

    def __iter__(self) -> Iterator[Artefact]:
        """Go through the artefacts."""
        return iter(self.artefacts)

    def __len__(self) -> int:
        """Return their number."""
        return len(self.artefacts)

    def joined(self, artefact: Artefact) -> "ArtefactPlan":
        """Return the plan with one more."""
        return replace(self, artefacts=(*self.artefacts, artefact))
