"""The explorer in a real browser: Debian's chromium, driven by playwright; no network."""

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.csv
import pytest

from strandline.labels import LabelStore
from strandline.learn.classheads import ClassHead
from tests.app.conftest import COUNT, write_stamps

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="needs playwright: pip install 'strandline[test]'"
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WAIT_MS = 30_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),  # the first page waits for embedding, map and what is compiled
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium: make browser"),
]


@dataclass(frozen=True)
class Served:
    """The command as a user calls it, on a table that has nothing but stamps."""

    folder: Path
    address: str

    @property
    def labels(self) -> str:
        return f"sqlite:///{self.folder / 'labels.db'}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("explorer")
    write_stamps(folder / "stamps.lance")
    command = [sys.executable, "-m", "strandline", "explore", str(folder / "stamps.lance")]
    with subprocess.Popen([*command, "--port", "0"], stderr=subprocess.PIPE, text=True) as server:
        said = []
        assert server.stderr is not None
        for line in server.stderr:
            said.append(line)
            found = re.search(r"(http://localhost:\d+/) shows", line)
            if found:
                break
        else:
            pytest.fail(f"the explorer did not start: {''.join(said)}")
        yield Served(folder, found.group(1))
        server.terminate()
        server.stderr.close()


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: "Browser", served: Served) -> "Iterator[Page]":
    """A page that is there; errors and foreign requests fail the test at its end."""
    complaints: list[str] = []
    foreign: list[str] = []
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, accept_downloads=True, reduced_motion="reduce"
    )
    opened = context.new_page()
    opened.set_default_timeout(WAIT_MS)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    own = (served.address, served.address.replace("http", "ws"), "data:", "blob:")
    opened.on("request", lambda r: None if r.url.startswith(own) else foreign.append(r.url))
    opened.goto(served.address)
    opened.locator(".card img[src]").first.wait_for()
    yield opened
    context.close()
    assert complaints == []
    assert foreign == []


def heading(page: "Page", text: str) -> None:
    """Wait until a list of this title is shown."""
    page.locator("h1", has_text=text).wait_for()


def show(page: "Page", kind: str, text: str) -> None:
    page.locator(f"nav [data-kind={kind}]").click()
    heading(page, text)


def sign(page: "Page", name: str) -> None:
    page.locator(".person").fill(name)
    page.locator(".person").press("Enter")
    page.locator("h1").click()
    page.wait_for_timeout(300)


def drag(page: "Page", corners: list[tuple[float, float]]) -> None:
    """Draw on the map, in shares of its sides."""
    box = page.locator(".mapbox").bounding_box()
    assert box is not None
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=6)
    page.mouse.up()


def number(page: "Page") -> int:
    return int(page.locator(".number").inner_text().split()[0].replace(",", ""))


def stored(page: "Page") -> None:
    page.locator(".state", has_text="all stored").wait_for()


def test_it_loads_and_fits_the_window(page: "Page") -> None:
    assert number(page) == COUNT
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    assert page.locator(".mapbox canvas").count() > 0
    assert page.locator(".facts").count() == 0


def test_a_lasso_opens_a_gallery_that_survives_zooming(page: "Page") -> None:
    everything = [(0.02, 0.02), (0.93, 0.02), (0.93, 0.98), (0.02, 0.98), (0.02, 0.02)]
    drag(page, everything)
    heading(page, "Selected on the map")
    assert number(page) >= COUNT - 2
    for _ in range(3):
        page.mouse.wheel(0, -240)
    page.wait_for_timeout(600)
    drag(page, [(0.3, 0.3), (0.6, 0.3), (0.6, 0.6), (0.3, 0.6), (0.3, 0.3)])
    page.wait_for_function(f"""() => {{
      const find = (root) => root.querySelector(".number") ?? Array.from(root.querySelectorAll("*"))
        .filter((one) => one.shadowRoot).map((one) => find(one.shadowRoot)).find((one) => one);
      return parseInt(find(document).textContent) < {COUNT - 2};
    }}""")
    inside = number(page)
    page.mouse.wheel(0, 480)
    page.wait_for_timeout(600)
    assert number(page) == inside
    page.locator(".mapbar button", has_text="Clear").click()
    heading(page, "All galaxies")


def test_the_pointer_shows_the_stamp(page: "Page") -> None:
    box = page.locator(".mapbox").bounding_box()
    assert box is not None
    for k in range(200):  # somewhere on the map there is a galaxy
        x, y = 0.05 + 0.85 * (k % 20) / 20, 0.05 + 0.9 * (k // 20) / 10
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(40)
        if page.locator(".tip").is_visible():
            break
    tip = page.locator(".tip")
    tip.wait_for()
    assert tip.locator("b").inner_text().startswith("g-")
    assert str(tip.locator("img").get_attribute("src")).startswith("data:image/webp")


def other_than(element: "Locator", attribute: str, before: str) -> None:
    """Wait until an attribute is another one, however busy the machine."""
    sync_api.expect(element).not_to_have_attribute(attribute, before, timeout=WAIT_MS)


def test_the_page_of_a_galaxy_in_all_its_views(page: "Page") -> None:
    page.locator(".card").first.click()
    sheet = page.locator(".sheet")
    sheet.locator(".kin button").nth(19).wait_for()
    assert sheet.locator("[data-part=probability] .bar").count() == 3
    links = {link.inner_text(): link for link in sheet.locator(".links a").all()}
    assert set(links) == {"Aladin Lite", "Legacy Survey", "SIMBAD", "NED"}
    assert all(link.get_attribute("rel") == "noopener noreferrer" for link in links.values())
    main = sheet.locator(".main img")
    seen = [main.get_attribute("src") or ""]
    for button in sheet.locator(".strip button").all()[1:]:  # the first is shown already
        button.click()
        other_than(main, "src", seen[-1])
        assert button.get_attribute("class") == "on"
        seen.append(main.get_attribute("src") or "")
    assert len(set(seen)) == sheet.locator(".strip button").count()
    sheet.locator(".strip button").first.click()
    other_than(main, "src", seen[-1])
    before = main.get_attribute("src") or ""
    sheet.locator("[data-slider=brightness]").fill("1")
    other_than(main, "src", before)
    name = sheet.locator("h2").inner_text()
    sheet.locator(".kin button").first.click()
    sync_api.expect(sheet.locator("h2")).not_to_have_text(name, timeout=WAIT_MS)
    page.keyboard.press("Escape")
    assert not sheet.is_visible()


def test_labels_by_keys_are_stored_and_undone_and_the_head_learns(
    page: "Page", served: Served
) -> None:
    sign(page, "ann")
    before = int(page.locator(".learning").get_attribute("data-labels") or 0)
    for k in range(20):
        page.keyboard.press("n" if k % 2 else "y")
    stored(page)
    with LabelStore(served.labels, create=False) as store:
        mine = [vote for vote in store.votes("interacting").to_pylist() if vote["person"] == "ann"]
    assert [vote["value"] for vote in mine] == ["yes", "no"] * 10
    assert len({vote["id"] for vote in mine}) == 20
    assert before == 0
    page.locator(".learning .curve").wait_for()
    assert page.locator(".learning").get_attribute("data-labels") in ("10", "20")
    page.keyboard.press("z")
    page.locator(".toast", has_text="Taken back: interacting").wait_for()
    with LabelStore(served.labels, create=False) as store:
        assert len(store.current("interacting")) == 19
        assert len(store.votes("interacting")) == 20
    page.keyboard.press("t")
    page.locator(".card.here .said", has_text="tail").wait_for()
    page.keyboard.press("o")
    page.locator(".single img[src]").first.wait_for()
    words = page.locator(".single .words b").inner_text()
    page.keyboard.press("u")
    stored(page)
    assert page.locator(".single .words b").inner_text() != words
    page.keyboard.press("o")
    show(page, "head", "Most like interacting")


def test_what_others_say_is_shown_beside_ones_own_vote(page: "Page") -> None:
    sign(page, "bob")
    page.locator(".card").first.click()
    vote = page.locator(".vote[data-class=shell]")
    vote.locator("button", has_text="yes").click()
    stored(page)
    page.keyboard.press("Escape")
    sign(page, "cyd")
    page.locator(".card").first.click()
    vote.locator("button", has_text="no").click()
    vote.locator("em", has_text="disagreement").wait_for()
    assert vote.locator(".others i").all_inner_texts() == ["bob"]
    page.keyboard.press("Escape")
    page.locator(".choose").select_option("shell")
    show(page, "disputed", "Disputed: shell")
    assert number(page) == 1


def test_names_and_notes_never_become_markup(page: "Page") -> None:
    evil = '<img src=x onerror="window.evil=1"><script>window.evil=1</script>'
    sign(page, evil)
    page.locator(".card").nth(3).click()
    page.locator(".notes textarea").fill(evil)
    page.locator(".notes button").click()
    page.locator(".note p").wait_for()
    assert page.locator(".note p").inner_text() == evil
    page.keyboard.press("Escape")
    page.locator(".card").nth(3).click()
    page.locator(".vote[data-class=stream] button", has_text="yes").click()
    stored(page)
    page.wait_for_timeout(300)
    assert page.evaluate("window.evil") is None
    assert page.locator(".sheet script").count() == 0


def test_search_by_examples_and_by_a_picture(page: "Page", served: Served) -> None:
    page.locator(".card").first.click()
    name = page.locator(".sheet h2").inner_text()
    page.locator(".sheet [data-does=similar]").click()
    heading(page, f"Like {name}")
    for k in range(3):
        page.locator(".card").nth(k).click(modifiers=["Shift"])
    page.locator(".basket [data-does=similar]").click()
    heading(page, "Like 3 galaxies")
    source = page.locator(".card img").first.get_attribute("src")
    assert source is not None
    content = page.evaluate(
        """async (uri) => {
          const image = new Image();
          image.src = uri;
          await image.decode();
          const canvas = document.createElement("canvas");
          canvas.width = image.width;
          canvas.height = image.height;
          canvas.getContext("2d").drawImage(image, 0, 0);
          return canvas.toDataURL("image/png").split(",")[1];
        }""",
        source,
    )
    import base64

    file = {"name": "mine.png", "mimeType": "image/png", "buffer": base64.b64decode(content)}
    page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    heading(page, "Like the picture mine.png")
    page.locator(".note", has_text="first guess").wait_for()
    bad = {"name": "bad.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.locator("input[type=file]").set_input_files(bad)  # type: ignore[arg-type]
    page.locator(".toast.bad", has_text="no picture that can be read").wait_for()


def test_a_new_class_from_examples_becomes_a_head(page: "Page", served: Served) -> None:
    sign(page, "dan")
    for k in range(5):
        page.locator(".card").nth(k).click(modifiers=["Shift"])
    page.locator(".basket [data-does=classname]").fill("odd ring")
    page.locator(".basket form button").click()
    heading(page, "Most like odd ring")
    page.locator("[data-does=savehead]").click()
    page.locator(".toast code", has_text="strandline classify").wait_for()
    assert ClassHead.load(served.folder / "heads" / "odd_ring").name == "odd_ring"


def test_the_dull_sinks(page: "Page") -> None:
    sign(page, "eve")
    show(page, "unexpected", "The unexpected")
    first = page.locator(".card").first.get_attribute("title")
    page.keyboard.press("d")
    page.locator(".card.dull").wait_for()
    show(page, "ranking", "All galaxies")
    show(page, "unexpected", "The unexpected")
    page.locator(".note", has_text="Corrected by").wait_for()
    assert page.locator(".card").first.get_attribute("title") != first


def test_a_list_is_saved_as_a_file(page: "Page") -> None:
    with page.expect_download() as waiting:
        page.locator(".save").select_option("csv")
    download = waiting.value
    assert download.suggested_filename == "strandline-ranking.csv"
    table = pyarrow.csv.read_csv(io.BytesIO(Path(download.path()).read_bytes()))
    assert len(table) == COUNT
    assert {"rank", "id", "ra", "dec", "probability", "label"} <= set(table.column_names)


@pytest.mark.parametrize("width", [1024, 700])
def test_nothing_is_wider_than_a_small_window(
    browser: "Browser", served: Served, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(served.address)
    page.locator(".card img[src]").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".card").first.click()
    page.locator(".kin button").first.wait_for()
    wide = "box => box.scrollWidth - box.clientWidth"
    assert page.locator(".veil .sheet").first.evaluate(wide) <= 1
    context.close()
