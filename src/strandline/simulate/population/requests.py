"""What is asked of a field or a stamp, and what comes of it."""

from dataclasses import dataclass
from pathlib import Path

from strandline.simulate.plans import Kind, StarPlan, SystemPlan
from strandline.simulate.population.cluster import Cluster

__all__ = ["FieldPlan", "FieldRequest", "Numbers", "StampRequest"]

_GALAXIES, _FAR, _STARS = 2.6, 30.0, 3.1  # per square arcminute


@dataclass(frozen=True)
class Numbers:
    """How many things a patch of sky holds.

    Attributes
    ----------
    galaxies : int
        Galaxies brighter than about r = 20, `interacting` of them in an interaction.
    interacting : int
    far, stars : int
        Small faint galaxies far behind, and stars.
    """

    galaxies: int
    interacting: int
    far: int
    stars: int

    @classmethod
    def expected(cls, side_arcsec: float) -> tuple[float, float, float]:
        """Return the usual counts (galaxies, far, stars) of a square patch."""
        area = (side_arcsec / 60) ** 2
        return _GALAXIES * area, _FAR * area, _STARS * area


@dataclass(frozen=True)
class FieldRequest:
    """What one field of the survey shall be.

    Attributes
    ----------
    name : str
    size_px : int
    pixel_arcsec : float
    numbers : Numbers
    kinds : tuple of str
        Of interaction, those that may occur.
    from_middle_px : tuple of float
        Field pixel (0, 0) relative to the middle of the survey, (x, y).
    orbits : Path or None
        Of volunteers, to draw encounters from.
    seed : int
    """

    name: str
    size_px: int
    pixel_arcsec: float
    numbers: Numbers
    kinds: tuple[Kind, ...]
    from_middle_px: tuple[float, float]
    orbits: Path | None
    seed: int


@dataclass(frozen=True)
class StampRequest:
    """What one stamp shall be: a small field around one galaxy.

    Attributes
    ----------
    name : str
    size_px : int
    pixel_arcsec : float
    interacting : bool
        Whether the galaxy in the middle is.
    kinds : tuple of str
        Of interaction, those that may occur.
    orbits : Path or None
    seed : int
    """

    name: str
    size_px: int
    pixel_arcsec: float
    interacting: bool
    kinds: tuple[Kind, ...]
    orbits: Path | None
    seed: int


@dataclass(frozen=True)
class FieldPlan:
    """Everything in a field. In that of a stamp, the first system is the one in the middle."""

    cluster: Cluster
    systems: tuple[SystemPlan, ...]
    far: tuple[SystemPlan, ...]
    stars: tuple[StarPlan, ...]
