"""Draw the pictures of docs/explorer.md: the explorer in a browser, on a simulated table.

    strandline simulate sim.lance --stamps 300 --seed 1
    python scripts/draw_explorer.py sim.lance --labels sim.labels.csv --out docs/images

A person labels by the known answers, so that there is something to see. Needs chromium.
"""

import argparse
import csv
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Page

_SIZE = (1440, 900)
_LABELS, _PICKED = 60, (1, 3, 4, 6, 9)
_LEAST_MS, _QUALITY = 1800, 84


@contextmanager
def _served(table: Path, labels: Path) -> Iterator[str]:
    """Give the address of an explorer of the table."""
    command = [sys.executable, "-m", "strandline", "explore", str(table), "--port", "0"]
    command += ["--labels", f"sqlite:///{labels}"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        for line in server.stderr:
            found = re.search(r"(http://localhost:\d+/) shows", line)
            if found:
                yield found.group(1)
                break
        else:
            sys.exit("the explorer did not start")
        server.terminate()


class _Drawing:
    def __init__(self, page: "Page", out: Path) -> None:
        self.page = page
        self.out = out

    def list(self, kind: str, title: str) -> None:
        """Show a list."""
        self.page.locator(f"nav [data-kind={kind}]").click()
        self.page.locator("h1", has_text=title).wait_for()

    def shoot(self, name: str) -> None:
        """Write what is seen once it is calm."""
        self.page.mouse.move(5, 5)
        self.page.wait_for_timeout(_LEAST_MS)
        self.page.evaluate("document.activeElement?.blur()")
        self.page.screenshot(path=self.out / f"explorer-{name}.jpg", type="jpeg", quality=_QUALITY)

    def lasso(self) -> None:
        """Draw a lasso around the right half of the map."""
        box = self.page.locator(".mapbox").bounding_box()
        assert box is not None
        spots = [(0.52, 0.42), (0.94, 0.45), (0.95, 0.95), (0.6, 0.96), (0.5, 0.7), (0.52, 0.42)]
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in spots]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*place, steps=8)
        self.page.mouse.up()
        self.page.locator("h1", has_text="Selected on the map").wait_for()

    def label(self, truth: dict[str, str]) -> None:
        """Label the queue by the known answers."""
        self.list("queue", "To label")
        for _ in range(_LABELS):
            name = str(self.page.locator(".card.here").get_attribute("title")).split(" · ")[0]
            self.page.keyboard.press("y" if truth.get(name) == "1" else "n")
            self.page.wait_for_timeout(50)
        self.page.locator(".state", has_text="all stored").wait_for()
        self.page.locator(f".learning[data-labels='{_LABELS}']").wait_for()


def _draw(page: "Page", out: Path, truth: dict[str, str]) -> None:
    drawing = _Drawing(page, out)
    page.locator(".card img[src]").first.wait_for()
    drawing.lasso()
    drawing.shoot("map")
    page.locator(".mapbar button", has_text="Clear").click()
    page.locator("h1", has_text="All galaxies").wait_for()
    page.locator(".card").nth(2).click()
    page.locator(".kin button").nth(19).wait_for()
    drawing.shoot("galaxy")
    page.keyboard.press("Escape")
    drawing.label(truth)
    page.locator(".mapbar select").select_option("head")
    drawing.list("head", "Most like")
    drawing.shoot("learned")
    drawing.list("queue", "To label")
    page.keyboard.press("o")
    page.locator(".single img[src]").first.wait_for()
    drawing.shoot("one-by-one")
    page.keyboard.press("o")
    drawing.list("unexpected", "The unexpected")
    drawing.shoot("unexpected")


def main() -> None:
    """Draw them all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("table", type=Path)
    parser.add_argument("--labels", type=Path, required=True, help="id,label: the known answers")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    given = parser.parse_args()
    with given.labels.open(encoding="utf-8") as file:
        truth = {row["id"]: row["label"] for row in csv.DictReader(file)}
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    width, height = _SIZE
    with (
        tempfile.TemporaryDirectory() as folder,
        _served(given.table, Path(folder) / "labels.db") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(90_000)
        page.goto(address)
        page.locator(".card img[src]").first.wait_for()
        page.locator(".person").fill("ann")
        page.locator(".person").press("Enter")
        page.locator("h1").click()
        _draw(page, given.out, truth)
        browser.close()


if __name__ == "__main__":
    main()
