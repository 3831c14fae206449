"""The report in a real browser: Debian's chromium, driven by playwright; no network."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from strandline.report import ReportInputs, write_report
from strandline.stamps import StampTable
from tests.report.conftest import embed, ranked, write_table
from tests.report.test_page import curves

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="needs playwright: pip install 'strandline[test]'"
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: make browser"),
]

Scheme = Literal["dark", "light"]
OpenReport = Callable[..., "Page"]


def wait_until(page: "Page", condition: str) -> None:
    """Wait until a JavaScript condition holds, five seconds at most.

    Playwright's own waiting evaluates text within the page, which the report's policy forbids.
    """
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came true: {condition}")


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_table(folder / "stamps.lance", [f"field-{k:04d}" for k in range(9)])
    table = StampTable.open(folder / "stamps.lance")
    embed(table, np.eye(9, 4, dtype=np.float32) + 0.1)
    inputs = ReportInputs("Nine galaxies", "strandline find", table, ranked(table), curves())
    write_report(inputs, folder / "report.html")
    return folder / "report.html"


@pytest.fixture
def open_report(browser: "Browser", report_file: Path) -> Iterator[OpenReport]:
    """Return a function that opens the report; errors and requests fail the test at its end."""
    complaints: list[str] = []
    asked_for: list[str] = []
    contexts = []

    def open_it(width: int = 1200, scheme: Scheme = "dark") -> "Page":
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("request", lambda asked: asked_for.append(asked.url))
        page.goto(report_file.as_uri())
        wait_until(page, "document.querySelector('#sky').width > 300")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked_for if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize(("width", "scheme"), [(1400, "dark"), (900, "light"), (390, "dark")])
def test_nothing_is_wider_than_the_window(
    open_report: OpenReport, width: int, scheme: Scheme
) -> None:
    page = open_report(width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#grid .card").first.click()
    assert page.locator("#dialog").evaluate("box => box.scrollWidth <= box.clientWidth")


def test_keys_lead_through_the_galaxies_and_back(open_report: OpenReport) -> None:
    page = open_report()
    page.locator("#grid .card").first.focus()
    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert page.locator("#dialog-title").inner_text().endswith("field-0006")  # the third in rank
    page.keyboard.press("Escape")
    wait_until(page, "document.activeElement.closest('li')?.dataset.k === '2'")


def test_a_neighbour_opens_at_a_click(open_report: OpenReport) -> None:
    page = open_report()
    page.locator("#grid .card").first.click()
    button = page.locator("#kin button").first
    name = button.locator("span").inner_text()
    button.click()
    assert page.locator("#dialog-title").inner_text().endswith(name)


def test_zooming_the_map_never_loses_all_galaxies_and_a_click_opens_one(
    open_report: OpenReport,
) -> None:
    page = open_report()
    page.locator("#sky").scroll_into_view_if_needed()
    for _ in range(6):
        page.locator("[data-zoom=in]").click()
    place = page.locator("#sky").bounding_box()
    assert place is not None
    spots = [(x, y) for x in np.arange(0.05, 1, 0.03) for y in np.arange(0.1, 1, 0.06)]
    for x, y in spots:
        page.mouse.move(place["x"] + x * place["width"], place["y"] + y * place["height"])
        if page.locator("#tip").is_visible():
            break
    name = page.locator("#tip span").inner_text()
    page.mouse.down()
    page.mouse.up()
    assert page.locator("#dialog-title").inner_text().endswith(name)


def test_the_threshold_moves_the_confusion(open_report: OpenReport) -> None:
    page = open_report()
    cells = page.locator("[data-confusion='0'] .cell b")
    before = [int(text) for text in cells.all_inner_texts()]
    page.locator("#threshold").fill("1")
    found, missed, false_alarms, rightly_not = (int(t) for t in cells.all_inner_texts())
    assert found <= before[0]
    assert found + missed == before[0] + before[1]
    assert false_alarms + rightly_not == before[2] + before[3]
    assert page.locator("#threshold-value").inner_text() == "1.00"
