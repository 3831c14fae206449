"""What `inject` can be told: ranges, widths by band, kinds; and the wishes that follow from it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from strandline.errors import OptionError
from strandline.seeding import generator, stable_seed
from strandline.simulate.injection.plans import INJECTABLE, Wish
from strandline.simulate.plans import Kind

__all__ = ["ASSUMED_REDSHIFT", "InjectOptions", "Spread", "parse_by_band", "parse_kinds"]

ASSUMED_REDSHIFT = 0.05
"""Of hosts whose redshift nothing tells."""

_BRIGHTNESS_RANGE = (15.0, 33.0)
_LENGTH_RANGE_KPC = (1.0, 500.0)
_REDSHIFT_RANGE = (0.001, 1.0)
_MOST_FRACTION = 100.0


@dataclass(frozen=True)
class Spread:
    """Numbers to draw from: evenly between two, or any of a list."""

    values: tuple[float, ...]
    between: bool

    @classmethod
    def parse(cls, text: str, name: str, least: float, most: float) -> "Spread":
        """Read ``24:28`` (evenly between) or ``24,25,26`` (any of these) or one number.

        Raises
        ------
        OptionError
            If it is neither, or a number lies outside `least` to `most`.
        """
        between = ":" in text
        try:
            values = tuple(float(part) for part in text.split(":" if between else ","))
        except ValueError:
            values = ()
        fine = values and all(math.isfinite(v) and least <= v <= most for v in values)
        if not fine or (between and (len(values) != 2 or values[0] > values[1])):
            raise OptionError(
                f"{name} is {text!r}; expected a range such as 24:28 or a list such as 24,25,28, "
                f"of numbers from {least:g} to {most:g}."
            )
        return cls(values, between)

    def draw(self, rng: np.random.Generator) -> float:
        """Draw one."""
        if self.between:
            return float(rng.uniform(self.values[0], self.values[1]))
        return self.values[int(rng.integers(len(self.values)))]


@dataclass(frozen=True)
class InjectOptions:
    """Checked options of `inject`.

    Attributes
    ----------
    kinds : tuple of str
    sb : Spread
        Mean r surface brightness, mag/arcsec2.
    length_kpc : Spread
    redshift : float or None
        Of all hosts; None for a table's column, else `ASSUMED_REDSHIFT`.
    psf_fwhm_arcsec, gain_per_njy : dict of str to float
        By band; those of band '' hold for all.
    most_fraction : float
        Of the host's light that a feature may have.
    copies : int
        Versions of each galaxy with a feature.
    seed : int
    """

    kinds: tuple[Kind, ...]
    sb: Spread
    length_kpc: Spread
    redshift: float | None
    psf_fwhm_arcsec: dict[str, float]
    gain_per_njy: dict[str, float]
    most_fraction: float
    copies: int
    seed: int

    @classmethod
    def parse(
        cls,
        *,
        kinds: Sequence[str],
        sb: str,
        length_kpc: str,
        redshift: float | None,
        psf: str | None,
        gain: str | None,
        most_fraction: float,
        copies: int,
        seed: int,
    ) -> "InjectOptions":
        """Check what the user gave; raises OptionError naming the value and what is allowed."""
        if redshift is not None and not _REDSHIFT_RANGE[0] <= redshift <= _REDSHIFT_RANGE[1]:
            low, high = _REDSHIFT_RANGE
            raise OptionError(f"redshift is {redshift:g}; it must lie from {low:g} to {high:g}.")
        if not 0 < most_fraction <= _MOST_FRACTION:
            raise OptionError(
                f"max_fraction is {most_fraction:g}; it must lie above 0, up to {_MOST_FRACTION:g}."
            )
        if copies < 1:
            raise OptionError(f"copies is {copies}; it must be at least 1.")
        return cls(
            kinds=parse_kinds(kinds),
            sb=Spread.parse(sb, "sb", *_BRIGHTNESS_RANGE),
            length_kpc=Spread.parse(length_kpc, "length_kpc", *_LENGTH_RANGE_KPC),
            redshift=redshift,
            psf_fwhm_arcsec=parse_by_band(psf, "psf", 0.02, 30.0),
            gain_per_njy=parse_by_band(gain, "gain", 1e-9, 1e9),
            most_fraction=most_fraction,
            copies=copies,
            seed=seed,
        )

    def wishes(self, host: str) -> list[tuple[str, Wish]]:
        """Return what is to be injected into a host: names of the versions, and wishes.

        Kinds follow each other from a first one that differs from host to host, so that each is
        injected as often. Depends on the host's id and the seed only.
        """
        rng = generator(self.seed, "wishes", host)
        first = int(rng.integers(len(self.kinds)))
        found: list[tuple[str, Wish]] = []
        times: dict[Kind, int] = {}
        for copy in range(self.copies):
            kind = self.kinds[(first + copy) % len(self.kinds)]
            times[kind] = times.get(kind, 0) + 1
            suffix = f"-{times[kind]}" if times[kind] > 1 else ""
            wish = Wish(
                kind,
                brightness=self.sb.draw(rng),
                length_kpc=self.length_kpc.draw(rng),
                seed=stable_seed(self.seed, "injection", host, copy),
            )
            found.append((f"{host}+{kind}{suffix}", wish))
        return found


def parse_kinds(kinds: Sequence[str]) -> tuple[Kind, ...]:
    """Return the kinds that are named, each once.

    Raises
    ------
    OptionError
        For an unknown one, or none.
    """
    wanted = [name.strip() for name in kinds]
    unknown = [name for name in wanted if name not in INJECTABLE]
    if unknown or not wanted:
        raise OptionError(
            f"kinds is {','.join(wanted)!r}; what can be injected is {', '.join(INJECTABLE)}."
        )
    return tuple(kind for kind in INJECTABLE if kind in wanted)


def parse_by_band(text: str | None, name: str, least: float, most: float) -> dict[str, float]:
    """Read ``1.1`` (all bands, under '') or ``g=1.2,r=1.1``.

    Raises
    ------
    OptionError
        If it is neither, or a number lies outside `least` to `most`.
    """
    if text is None:
        return {}
    found: dict[str, float] = {}
    for part in text.split(","):
        band, _, number = part.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not least <= value <= most or band.strip().lower() in found:
            raise OptionError(
                f"{name} is {text!r}; expected one number such as 1.1, or one for each band such "
                f"as g=1.2,r=1.1, from {least:g} to {most:g}."
            )
        found[band.strip().lower()] = value
    return found
