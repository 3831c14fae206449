"""Draw the galleries of `docs/simulation.md`: ``python scripts/draw_gallery.py``.

``docs/images/simulated-kinds.png``: a row for each kind of interaction, ten stamps in the order of
the time since it happened; of 40 that are made, the ten with the largest galaxies whose feature
is brighter than the survey's limit. ``docs/images/simulated-orbits.png``, with ``--orbits FILE``:
ten of the volunteers' best orbits of real pairs.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from strandline.report import colour_picture
from strandline.seeding import generator
from strandline.simulate import INTERACTIONS, SurveyTruth, make_stamps
from strandline.simulate.camera import observe, see
from strandline.simulate.population.reenacting import volunteer_portrait
from strandline.simulate.population.volunteers import VolunteerOrbit, read_orbits
from strandline.simulate.setup import SurveySetup
from strandline.stamps import StampTable

DOCS = Path(__file__).parents[1] / "docs" / "images"
MADE, SHOWN = 40, 10
TILE_PX, LABEL_PX = 150, 16
SEED = 7

Picture = NDArray[np.uint8]


def draw_kinds(out: Path, survey: str, size_px: int, work: Path) -> None:
    """Draw the gallery of kinds and ages."""
    sheet = Image.new("RGB", (SHOWN * TILE_PX, len(INTERACTIONS) * (TILE_PX + LABEL_PX)))
    for row, kind in enumerate(INTERACTIONS):
        table = work / f"{kind}.lance"
        make_stamps(
            table,
            survey=survey,
            count=MADE,
            size_px=size_px,
            interacting_fraction=1.0,
            kinds=[kind],
            seed=SEED + row,
            workers=2,
        )
        for column, (picture, words) in enumerate(_chosen(table)):
            _put(sheet, picture, words, row, column)
    sheet.save(out, optimize=True)
    print(out)


def draw_orbits(out: Path, orbits: Path) -> None:
    """Draw the best orbit of each of ten pairs, as DECam would see the pair at redshift 0.04."""
    setup = SurveySetup.load("lovoccs", ("g", "r", "i"))
    best: dict[str, VolunteerOrbit] = {}
    for orbit in sorted(read_orbits(orbits), key=lambda orbit: -orbit.score):
        best.setdefault(orbit.system, orbit)
    sheet = Image.new("RGB", (5 * 2 * TILE_PX, 2 * (2 * TILE_PX + LABEL_PX)))
    for k, orbit in enumerate(list(best.values())[:SHOWN]):
        portrait = volunteer_portrait(orbit, setup.frame(220))
        conditions = setup.exposures(SEED, orbit.system)
        rng = generator(SEED, "noise", orbit.system)
        light = [see(image, one) for image, one in zip(portrait.light_njy, conditions, strict=True)]
        seen = [observe(image, one, rng)[0] for image, one in zip(light, conditions, strict=True)]
        noise = np.array([one.sky_noise_njy for one in conditions], dtype=np.float32)
        picture = colour_picture(np.stack(seen), noise, setup.bands)
        words = f"{orbit.system}  {orbit.closest_gyr:.2f} Gyr  won {orbit.score:.0%}"
        _put(sheet, picture, words, k // 5, k % 5, 2 * TILE_PX)
    sheet.save(out, optimize=True)
    print(out)


def _chosen(table: Path) -> list[tuple[Picture, str]]:
    """Return pictures and captions of the stamps to show, oldest last."""
    truth = SurveyTruth.read(table.with_name(f"{table.stem}.truth.csv"))
    visible = truth.column("visible").astype(bool)
    radius = np.where(visible, truth.column("radius_arcsec").astype(float), -1.0)
    largest = np.argsort(-radius)[:SHOWN]
    time = truth.column("time_gyr").astype(float)
    rows = largest[np.argsort(time[largest])]
    opened = StampTable.open(table)
    row_of = {name: k for k, name in enumerate(opened.columns("id")["id"].to_pylist())}
    found = []
    for k in rows:
        batch = opened.read(np.array([row_of[str(truth.column("id")[k])]]))
        picture = colour_picture(batch.flux_njy()[0], batch.noise_njy[0], opened.spec.bands)
        words = f"{truth.column('kind')[k]}  {time[k]:.2f} Gyr"
        found.append((picture, words))
    return found


def _put(
    sheet: Image.Image, picture: Picture, words: str, row: int, column: int, side: int = TILE_PX
) -> None:
    left, top = column * side, row * (side + LABEL_PX)
    tile = Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS)
    sheet.paste(tile, (left, top + LABEL_PX))
    ImageDraw.Draw(sheet).text((left + 3, top + 2), words, fill=(235, 235, 225))


def main() -> None:
    """Parse the options and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--survey", default="lovoccs")
    parser.add_argument("--size", type=int, default=240, help="side of a stamp, px")
    parser.add_argument("--orbits", type=Path, help="table of volunteers' orbits")
    parser.add_argument("--only-orbits", action="store_true")
    options = parser.parse_args()
    DOCS.mkdir(parents=True, exist_ok=True)
    if options.orbits:
        draw_orbits(DOCS / "simulated-orbits.png", options.orbits)
    if options.only_orbits:
        return
    with tempfile.TemporaryDirectory() as work:
        draw_kinds(DOCS / "simulated-kinds.png", options.survey, options.size, Path(work))


if __name__ == "__main__":
    main()
