"""Features found and measured on simulated stamps, against what was injected into them.

``python -m benchmarks measuring [--stamps=200]`` prints how many undisturbed galaxies show a false
feature, and for injected ones, by surface brightness, how many are found, how well the outline
overlaps the pixels that hold 80 % of the feature's light, and how well it is measured.
"""

import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray
from PIL import Image

from strandline import api
from strandline.api.measuring.job import Cluster, Job, subject_of
from strandline.measure import FindOptions, Measured, measure_stamp
from strandline.simulate import SurveyTruth, make_stamps
from strandline.stamps import StampTable

__all__ = ["main"]

_SIZE_PX = 300
_PSF_ARCSEC = (1.1, 1.0, 1.0)
_EDGES = (23, 24, 25, 26, 27, 28)
_LEAST_OVERLAP = 0.1


def main() -> None:
    """Print the tables."""
    count = next((int(a.split("=")[1]) for a in sys.argv if a.startswith("--stamps=")), 200)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = folder / "plain.lance"
        make_stamps(
            plain, count=count, size_px=_SIZE_PX, bands=("g", "r", "i"),
            interacting_fraction=0, seed=29, workers=2,
        )  # fmt: skip
        truth = SurveyTruth.read(folder / "plain.truth.csv")
        redshifts = dict(zip(truth.column("id"), truth.column("redshift"), strict=True))
        false = [told.values["features"] != 0 for _, told in _measured(plain, redshifts)]
        print(f"undisturbed: {len(false)} stamps, {np.mean(false):.3f} with a false feature")
        api.inject([plain], folder / "with", sb="23:28", length_kpc="10:100", seed=5)
        _print_injected(folder / "with", redshifts)


def _measured(path: Path, redshifts: dict[str, float]) -> list[tuple[str, Measured]]:
    table = StampTable.open(path)
    job = Job(
        path,
        table.spec.bands,
        _PSF_ARCSEC,
        float("nan"),
        redshifts,
        Cluster(),
        FindOptions(),
        False,
    )
    out = []
    for batch in table.batches(16):
        flux = batch.flux_njy()
        for k, row in enumerate(table.columns(rows=batch.rows).to_pylist()):
            told = measure_stamp(flux[k], batch.noise_njy[k], subject_of(row, job))
            out.append((row["id"], told))
    return out


def _print_injected(folder: Path, redshifts: dict[str, float]) -> None:
    truth = {str(row["id"]): row for row in Table.read(folder / "injected.csv")}
    known = {name: redshifts.get(str(row["original"]), 0.05) for name, row in truth.items()}
    rows = []
    for name, told in _measured(folder / "stamps.lance", known):
        if name in truth:
            mask = np.asarray(Image.open(folder / str(truth[name]["mask"])))[::-1].astype(bool)
            rows.append(_compared(truth[name], told, mask))
    numbers = np.array(rows)
    print("  SB seen      n  found  overlap   reach    flux   colour  direction  reach in 1 sigma")
    for low, high in pairwise(_EDGES):
        some = numbers[(numbers[:, 0] >= low) & (numbers[:, 0] < high)]
        good = some[some[:, 1] > _LEAST_OVERLAP]
        if len(some):
            middle = np.nanmedian(good, axis=0) if len(good) else np.full(numbers.shape[1], np.nan)
            print(
                f"{low:3d} - {high:2d} {len(some):6d} {len(good) / len(some):6.2f} "
                f"{middle[1]:8.2f} "
                f"{middle[2]:7.2f} {middle[3]:7.2f} {middle[4]:8.2f} {middle[5]:10.1f} "
                f"{np.nanmean(good[:, 6]) if len(good) else np.nan:12.2f}"
            )


def _compared(truth: Table.Row, told: Measured, mask: NDArray[np.bool_]) -> list[float]:
    """Return brightness, overlap, ratios of reach and flux, and differences of the rest."""
    nothing = float("nan")
    brightness = float(truth["sb_seen"])
    if told.found is None or not told.found.features:
        return [brightness, 0.0, nothing, nothing, nothing, nothing, nothing]
    found, values = told.found.mask, told.values
    overlap = float((found & mask).sum() / max((found | mask).sum(), 1))
    reach = float(values["reach_arcsec"]) / float(truth["length_arcsec"])
    off = float(values["reach_arcsec"]) - float(truth["length_arcsec"])
    flux = float(values["flux_r_njy"]) / 10 ** (0.4 * (31.4 - float(truth["feature_mag_r"])))
    colour = float(values.get("colour_g_r", nothing)) - _number(truth["feature_gr"])
    turn = float(values.get("position_angle_deg", nothing)) - _number(truth["position_angle_deg"])
    direction = abs((turn + 180) % 360 - 180)
    inside = float(abs(off) <= float(values["reach_arcsec_err"]))
    return [brightness, overlap, reach, flux, colour, direction, inside]


def _number(value: object) -> float:
    return float("nan") if np.ma.is_masked(value) else float(str(value))
