"""Draw what a network sees of faint light: ``python scripts/draw_faint_inputs.py``.

``docs/images/faint_inputs.png``: simulated galaxies in columns, one for each of five kinds of
interaction and one that is undisturbed; in rows the colour picture, the stretched r band and the
channels of `strandline.learn.faint`. Shown is, of 40 stamps of each kind, the feature closest to
26 mag per square arcsecond among those longer than 10 arcsec.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from strandline.learn.canvas import Canvases, CanvasGeometry
from strandline.learn.faint import faint_light
from strandline.learn.stretch import asinh
from strandline.recipe import FaintChannel
from strandline.report import colour_picture
from strandline.simulate import SurveyTruth, make_stamps
from strandline.stamps import StampTable

OUT = Path(__file__).parents[1] / "docs" / "images" / "faint_inputs.png"
KINDS = ("tails", "stream", "shells", "jellyfish", "remnant")
MADE = 40
SHORTEST_ARCSEC = 10
BRIGHTNESS = 26.0  # mag / arcsec2
SEED = 21
GEOMETRY = CanvasGeometry(reach=0.9, side_px=80)  # as the recipe strandline sees stamps
SOFTENING = 3.0  # of a band, as in that recipe
CHANNELS: tuple[FaintChannel, ...] = ("deep", "smooth", "residual", "asymmetric")
LOWEST, HIGHEST = (-1.5, -1.5, -2.0, -0.2), (4.1, 4.1, 3.0, 3.0)  # black and white
TILE_PX, LABEL_PX, MARGIN_PX = 180, 16, 78

Picture = NDArray[np.uint8]


def stamp_of(table: Path, *, undisturbed: bool = False) -> tuple[StampTable, int, str]:
    """Return a table, the row to show and words about it."""
    opened = StampTable.open(table)
    truth = SurveyTruth.read(table.with_name(f"{table.stem}.truth.csv"))
    rows = {name: row for row, name in enumerate(opened.columns("id")["id"].to_pylist())}
    ids = truth.column("id")
    inside = np.array([name in rows for name in ids])
    if undisturbed:
        radius = np.where(inside, truth.column("radius_arcsec").astype(float), 0.0)
        chosen = int(np.argmin(np.abs(radius - 3.0)))
        return opened, rows[str(ids[chosen])], "undisturbed"
    brightness = truth.column("feature_sb").astype(float)
    long = truth.column("length_arcsec").astype(float) > SHORTEST_ARCSEC
    good = inside & long & truth.column("visible").astype(bool)
    chosen = int(np.argmin(np.where(good, np.abs(brightness - BRIGHTNESS), np.inf)))
    words = f"{truth.column('kind')[chosen]}  {brightness[chosen]:.1f} mag / sq. arcsec"
    return opened, rows[str(ids[chosen])], words


def pictures(table: StampTable, row: int) -> Iterator[Picture]:
    """Yield the pictures of one column, top down."""
    batch = table.read(np.array([row]))
    size = batch.pixels.shape[-1]
    edge = round(size * (1 - GEOMETRY.reach) / 2)
    flux = batch.flux_njy()[0][:, edge : size - edge, edge : size - edge]
    yield colour_picture(flux, batch.noise_njy[0], table.spec.bands)
    canvases = Canvases.from_batch(batch, GEOMETRY)
    sigma = canvases.noise / max(1.0, canvases.bin_px)
    band = table.spec.bands.index("r")
    yield _grey(asinh(canvases.flux()[0, band] / (SOFTENING * sigma[0, band])).numpy(), -0.5, 5.0)
    seen = faint_light(canvases.flux(), sigma, table.spec.bands, "fits", CHANNELS)[0]
    for image, low, high in zip(seen.numpy(), LOWEST, HIGHEST, strict=True):
        yield _grey(image, low, high)


def _grey(image: NDArray[np.float32], low: float, high: float) -> Picture:
    scaled = np.nan_to_num((image - low) / (high - low)).clip(0, 1)
    grey: Picture = (255 * scaled).round().astype(np.uint8)
    return grey


def draw(out: Path, survey: str, work: Path) -> None:
    """Draw the figure."""
    names = ("colour", f"r / {SOFTENING:g} sigma", *CHANNELS)
    width = MARGIN_PX + (len(KINDS) + 1) * TILE_PX
    sheet = Image.new("RGB", (width, LABEL_PX + len(names) * TILE_PX))
    pen = ImageDraw.Draw(sheet)
    for line, name in enumerate(names):
        pen.text((4, LABEL_PX + (line + 0.5) * TILE_PX - 6), name, fill=(235, 235, 225))
    for column, kind in enumerate((*KINDS, None)):
        path = work / f"{kind}.lance"
        make_stamps(
            path,
            survey=survey,
            count=MADE,
            interacting_fraction=0.0 if kind is None else 1.0,
            kinds=None if kind is None else [kind],
            seed=SEED + column,
        )
        table, row, words = stamp_of(path, undisturbed=kind is None)
        left = MARGIN_PX + column * TILE_PX
        pen.text((left + 3, 2), words, fill=(235, 235, 225))
        for line, picture in enumerate(pictures(table, row)):
            tile = Image.fromarray(picture).resize((TILE_PX - 2, TILE_PX - 2))
            sheet.paste(tile.convert("RGB"), (left, LABEL_PX + line * TILE_PX))
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, optimize=True)
    print(out)


def main() -> None:
    """Parse the options and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--survey", default="lovoccs")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        draw(options.out, options.survey, Path(work))


if __name__ == "__main__":
    main()
