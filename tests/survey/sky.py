"""A simulated field cut into tiles that overlap, and a small model to score them."""

import csv
from pathlib import Path

import numpy as np
from astropy.io import fits

from strandline.learn import Model
from strandline.learn.encoders import make_encoder
from strandline.learn.heads import LinearHead
from strandline.learn.scaling import Scaling
from strandline.recipe import Recipe
from strandline.simulate import make_survey
from strandline.stamps import CutPlan, DetectOptions, TableSpec
from strandline.survey import SurveyPlan

BANDS = ("g", "r", "i")
SIZE_PX = 48

__all__ = ["BANDS", "SIZE_PX", "cut_tiles", "small_model", "small_plan", "truth_positions"]


def cut_tiles(folder: Path, *, field_px: int, side_px: int, step_px: int, seed: int = 5) -> Path:
    """Simulate a field, write overlapping tiles of it, and return the path of their list."""
    make_survey(
        folder / "field", fields=1, size_px=field_px, bands=BANDS, seed=seed, galaxies_per_field=40
    )
    rows = []
    for band in BANDS:
        with fits.open(folder / "field" / f"field-000_{band}.fits") as whole:
            for y in range(0, field_px - side_px + 1, step_px):
                for x in range(0, field_px - side_px + 1, step_px):
                    name = f"t{y // step_px}{x // step_px}"
                    parts: list[fits.PrimaryHDU | fits.ImageHDU] = []
                    for part in whole:
                        header = part.header.copy()
                        header["CRPIX1"] -= x
                        header["CRPIX2"] -= y
                        data = np.array(part.data[y : y + side_px, x : x + side_px])
                        kind = fits.PrimaryHDU if not parts else fits.ImageHDU
                        parts.append(kind(data, header))
                    fits.HDUList(parts).writeto(folder / f"{name}_{band}.fits")
                    rows.append({"tile": name, "band": band, "image": f"{name}_{band}.fits"})
    with (folder / "tiles.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["tile", "band", "image"])
        writer.writeheader()
        writer.writerows(rows)
    return folder / "tiles.csv"


def truth_positions(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return right ascension and declination of all true galaxies, deg."""
    with (folder / "field" / "truth.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] != "star"]
    return np.array([float(r["ra"]) for r in rows]), np.array([float(r["dec"]) for r in rows])


def small_model(folder: Path) -> Path:
    """Write a tiny untrained model with a head; what it says depends on the pixels all the same."""
    recipe = Recipe.load("brown2025-nnclr")
    encoder = recipe.encoder.model_copy(update={"input_px": 16, "widths": (4, 8)})
    recipe = recipe.model_copy(update={"encoder": encoder})
    count = len(BANDS)
    scaling = Scaling(BANDS, "fits", 3.0, "image", (10.0,) * count, (0.0,) * count, (1.0,) * count)
    network = make_encoder(count, recipe.encoder, seed=0)
    weight = np.linspace(-2, 2, network.feature_count).astype(np.float32)
    Model(recipe, scaling, network, LinearHead.plain(weight, 0.0)).save(folder / "small")
    return folder / "small"


def small_plan(**changes: object) -> SurveyPlan:
    """Return the plan that goes with it."""
    cut = CutPlan(TableSpec(BANDS, SIZE_PX, "fits"), None, DetectOptions(), 0)
    return SurveyPlan(cut, **changes)  # type: ignore[arg-type]
