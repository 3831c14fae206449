"""Checks of what a user asks of the simulator, with the allowed values in the message."""

from collections.abc import Sequence
from pathlib import Path

from strandline.errors import OptionError
from strandline.simulate.plans import INTERACTIONS, ON_REQUEST, Kind
from strandline.simulate.population.volunteers import OrbitPrior, read_orbits

__all__ = ["check_count", "check_fraction", "known_kinds", "orbit_file"]


def check_count(name: str, value: int, least: int, most: int | None = None) -> None:
    """Raise OptionError unless `value` lies between `least` and `most`."""
    if value < least or (most is not None and value > most):
        allowed = f"at least {least}" if most is None else f"{least} to {most}"
        raise OptionError(f"{name} is {value}; it must be {allowed}.")


def check_fraction(name: str, value: float) -> None:
    """Raise OptionError unless `value` lies between 0 and 1."""
    if not 0 <= value <= 1:
        raise OptionError(f"{name} is {value}; it must lie between 0 and 1.")


def known_kinds(names: Sequence[str] | None) -> tuple[Kind, ...]:
    """Return the kinds of these names, all interactions if there is none.

    A hyphen is as good as the underscore of ``polar_ring``.

    Raises
    ------
    OptionError
        For an unknown name, or an empty list.
    """
    if names is None:
        return INTERACTIONS
    known = INTERACTIONS + ON_REQUEST
    wanted = [name.replace("-", "_") for name in names]
    unknown = [name for name in wanted if name not in known]
    if unknown or not names:
        raise OptionError(
            f"Unknown kind of interaction {', '.join(unknown) or '(none)'}; there are "
            f"{', '.join(known)}."
        )
    return tuple(kind for kind in known if kind in wanted)


def orbit_file(path: str | Path | None) -> Path | None:
    """Return the file of orbits, checked to hold some.

    Raises
    ------
    OptionError
        If it is missing or is no such file.
    """
    if path is None:
        return None
    OrbitPrior(read_orbits(path))
    return Path(path)
