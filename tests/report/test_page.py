import base64
import hashlib
import io
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from strandline.errors import TableError
from strandline.flags import StampFlag
from strandline.report import Curve, History, ReportInputs, write_report
from strandline.seeding import generator
from strandline.stamps import StampTable, TableSpec
from tests.report.conftest import MakeInputs, embed

VOID = {"meta", "img", "input", "br", "link"}
MALICIOUS = "</script><script>alert('x')</script>\"<img src=x onerror=alert(1)>"


@dataclass
class Page(HTMLParser):
    """The elements of a page and the text in each kind of element."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self) -> str:
        shown = (text for tag, text in self.texts if tag not in ("script", "style"))
        return re.sub(r"\s+", " ", " ".join(shown))

    def script(self, which: int) -> str:
        return [text for tag, text in self.texts if tag == "script"][which]

    def data(self) -> dict[str, Any]:
        found = json.loads(self.script(0))
        assert isinstance(found, dict)
        return found


def report(inputs: ReportInputs, folder: Path) -> tuple[Page, str]:
    out = folder / "report.html"
    write_report(inputs, out)
    html = out.read_text(encoding="utf-8")
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page, html


def picture(uri: str) -> Image.Image:
    start = "data:image/webp;base64,"
    assert uri.startswith(start)
    return Image.open(io.BytesIO(base64.b64decode(uri.removeprefix(start))))


def curves(n: int = 80) -> tuple[Curve, ...]:
    rng = generator(2, "curves")
    truth = (rng.random(n) < 0.3).astype(np.int64)
    note = "on blocks of sky kept for testing"
    return tuple(
        Curve(name, truth, np.clip(rng.normal(0.3 + 0.3 * truth, 0.2), 0, 1), note)
        for name in ("cnn", "nnclr")
    )


def test_the_page_is_whole_and_needs_nothing_from_outside(
    make_inputs: MakeInputs, tmp_path: Path
) -> None:
    history = (History("cnn", [1, 2], {"train_loss": [1.0, 0.5]}),)
    page, html = report(make_inputs(7, curves=curves(), history=history), tmp_path)
    for tag, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes), tag
        assert tag != "link"
        assert attributes.get("src", "data:").startswith("data:")
        assert attributes.get("href", "#").startswith("#")
    without_data = re.sub(r"data:image/webp;base64,[A-Za-z0-9+/=]+", "", html)
    urls = set(re.findall(r"https?://[^\s\"'<>)]+", without_data))
    assert urls <= {"http://www.w3.org/2000/svg"}  # a name, which nothing fetches
    assert "@import" not in html
    assert "url(" not in html


def test_only_the_reports_own_script_may_run(make_inputs: MakeInputs, tmp_path: Path) -> None:
    page, _ = report(make_inputs(3), tmp_path)
    assert len(page.all("script")) == 2
    assert page.all("script")[0]["type"] == "application/json"
    digest = base64.b64encode(hashlib.sha256(page.script(1).encode()).digest()).decode()
    policy = next(m["content"] for m in page.all("meta") if "http-equiv" in m)
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_every_element_that_the_script_asks_for_exists(
    make_inputs: MakeInputs, tmp_path: Path
) -> None:
    inputs = make_inputs(7, curves=curves())
    label = pa.array([1, 0, None, 1, 0, 0, 0])
    inputs = ReportInputs(
        **(vars(inputs) | {"catalogue": inputs.catalogue.append_column("label", label)})
    )
    page, _ = report(inputs, tmp_path)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    asked = set(re.findall(r"\$\(\"([\w-]+)\"\)", page.script(1)))
    assert len(asked) > 20
    assert asked <= set(ids)
    anchors = {a["href"][1:] for a in page.all("a")}
    assert anchors <= set(ids)


def test_names_from_files_cannot_become_markup(make_inputs: MakeInputs, tmp_path: Path) -> None:
    inputs = make_inputs(
        3,
        ids=[MALICIOUS, "b", "c\u2028d"],
        title=MALICIOUS,
        command=MALICIOUS,
        notes=((MALICIOUS, MALICIOUS),),
        skipped=((MALICIOUS, MALICIOUS),),
        cards=({"name": MALICIOUS, MALICIOUS: [MALICIOUS]},),
        curves=tuple(Curve(MALICIOUS, c.truth, c.score, MALICIOUS) for c in curves()),
        history=(History(MALICIOUS, [1, 2], {MALICIOUS: [1.0, 2.0]}),),
    )
    page, html = report(inputs, tmp_path)
    assert len(page.all("script")) == 2
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert page.data()["galaxies"]["id"] == ["c\u2028d", "b", MALICIOUS]
    assert "\u2028" not in page.script(0)
    assert "alert('x')" in page.text()


def test_the_gallery_ranks_and_pictures_every_galaxy_of_a_small_run(
    make_inputs: MakeInputs, tmp_path: Path
) -> None:
    inputs = make_inputs(7)
    page, _ = report(inputs, tmp_path)
    assert "7 galaxies in 2 tiles, those most likely to interact first." in page.text()
    data = page.data()
    assert data["galaxies"]["id"] == inputs.catalogue["id"].to_pylist()
    assert data["galaxies"]["rank"] == [1, 2, 3, 4, 5, 6, 7]
    colour = [image for image in page.all("img") if image.get("class") == "colour"]
    faint = [image for image in page.all("img") if image.get("class") == "faint"]
    assert len(colour) == len(faint) == 7
    assert picture(colour[0]["src"]).size == (64, 64)
    # faint light is dark on white, colour bright on black
    assert np.asarray(picture(faint[0]["src"]).convert("L")).mean() > 200
    assert np.asarray(picture(colour[0]["src"]).convert("L")).mean() < 80
    assert data["hideable"] & StampFlag.EDGE
    assert data["galaxies"]["flags"][2] == StampFlag.EDGE


def test_stamps_are_shown_north_up_and_pictures_as_they_came(
    make_inputs: MakeInputs, tmp_path: Path
) -> None:
    """A stamp's first row is at the bottom of the sky, a picture's at its top."""
    page, _ = report(make_inputs(1), tmp_path)  # a galaxy with a tail at larger y
    image = next(i for i in page.all("img") if i.get("class") == "faint")
    grey = np.asarray(picture(image["src"]).convert("L")).astype(float)
    assert grey[12:18, 26:38].mean() < grey[46:52, 26:38].mean() - 20
    page, _ = report(picture_inputs(tmp_path / "pictures.lance"), tmp_path)
    image = next(i for i in page.all("img") if i.get("class") == "colour")
    colour = np.asarray(picture(image["src"]).convert("RGB")).astype(int)
    assert colour[8, 32, 0] > 170  # red above
    assert colour[56, 32, 2] > 170  # blue below


def picture_inputs(path: Path, n: int = 2) -> ReportInputs:
    rgb = np.zeros((n, 3, 64, 64), np.float16)
    rgb[:, 0, :32], rgb[:, 2, 32:] = 200, 200
    with StampTable.writer(path, TableSpec(("r", "g", "b"), 64, "picture")) as writer:
        nan = np.full(n, np.nan)
        names = [f"{k}.jpg" for k in range(n)]
        flags = np.full(n, int(StampFlag.UNCALIBRATED | StampFlag.NO_WCS))
        noise = {f"noise_{band}": nan for band in "rgb"}
        columns = {"id": names, "tile": names, "source": names, "flags": flags} | noise
        writer.append(columns, rgb, np.ones((n, 3), np.float32))  # type: ignore[arg-type]
    table = StampTable.open(path)
    catalogue = table.columns().append_column("row", pa.array(np.arange(n)))
    catalogue = catalogue.append_column("probability", pa.array(np.linspace(0.9, 0.1, n)))
    return ReportInputs("Pictures", "strandline find pictures", table, catalogue)


def test_a_report_on_pictures_says_nothing_of_magnitudes_or_sky(tmp_path: Path) -> None:
    page, _ = report(picture_inputs(tmp_path / "pictures.lance"), tmp_path)
    assert "2 pictures, those most likely to interact first." in page.text()
    facts = page.data()["galaxies"]
    assert facts["flags"] == [0, 0]
    assert facts["ra"] == facts["scale"] == [None, None]
    assert facts["sky"] == ["", ""]
    assert "arcsec" not in page.text()


def test_the_map_holds_every_galaxy_and_a_sheet_of_small_pictures(
    make_inputs: MakeInputs, tmp_path: Path
) -> None:
    page, _ = report(make_inputs(7), tmp_path)
    data = page.data()
    assert sorted(data["map"]["order"]) == list(range(7))
    assert all(0 <= x <= 1 for x in data["map"]["x"])
    sheet = next(i for i in page.all("img") if i.get("id") == "sheet-colour")
    assert picture(sheet["src"]).size == (data["columns"] * data["cell"], 3 * data["cell"])
    inputs = make_inputs(5)
    flat = inputs.catalogue.drop_columns(["map_x", "map_y"])
    page, _ = report(ReportInputs(**(vars(inputs) | {"catalogue": flat})), tmp_path)
    assert page.data()["map"] is None
    assert not page.all("canvas")


def test_each_galaxy_has_its_neighbours_with_a_picture(
    make_inputs: MakeInputs, tmp_path: Path
) -> None:
    inputs = make_inputs(7)
    vectors = generator(5, "vectors").normal(size=(7, 3)).astype(np.float32)
    embed(inputs.table, vectors)
    page, _ = report(inputs, tmp_path)
    rows = inputs.catalogue["row"].to_numpy()
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    for k, kin in enumerate(page.data()["kin"]):
        likeness = unit[rows] @ unit[rows[k]]
        assert kin == [j for j in np.argsort(-likeness).tolist() if j != k]


def test_with_a_truth_the_numbers_are_this_runs(make_inputs: MakeInputs, tmp_path: Path) -> None:
    inputs = make_inputs(4, curves=curves())
    labelled = inputs.catalogue.append_column("label", pa.array([1, None, 0, 0]))
    page, _ = report(ReportInputs(**(vars(inputs) | {"catalogue": labelled})), tmp_path)
    text = page.text()
    assert "it is known whether they interact" in text
    assert re.search(r"Measured on 80 galaxies, \d+ of them interacting, on blocks of sky", text)
    assert "AUC, cnn" in text
    assert page.data()["galaxies"]["label"] == [1, None, 0, 0]


def test_without_a_truth_the_models_own_validation_is_labelled_as_such(
    make_inputs: MakeInputs, tmp_path: Path
) -> None:
    own = tuple(
        Curve(c.name, c.truth, c.score, "on the validation galaxies of its own training")
        for c in curves()
    )
    text = report(make_inputs(4, curves=own), tmp_path)[0].text()
    assert "Nobody has said which of these galaxies interact" in text
    assert "on the validation galaxies of its own training" in text
    assert "AUC, cnn" not in text  # not among the key numbers of this run
    text = report(make_inputs(3), tmp_path)[0].text()
    assert "ROC" not in text


def test_how_it_was_made_names_models_tiles_and_what_was_skipped(
    make_inputs: MakeInputs, tmp_path: Path
) -> None:
    card = {
        "name": "cnn",
        "trained_on": {"galaxies": 812},
        "validation_scores": {"truth": [0, 1] * 50, "score": [0.5] * 100},
        "long": list(range(1000)),
    }
    page, html = report(make_inputs(7, cards=(card,)), tmp_path)
    text = page.text()
    for part in (
        "strandline find images --out run",
        "Model cnn",
        "galaxies 812",
        "1,000 values",
        "41 % of pixels exactly zero, treated as missing",
        "images/broken.fits",
        "is truncated",
        "seed 3",
        "at the edge 1",
        "balanced scale",
        "numpy",
    ):
        assert part in re.sub(r"\s+", " ", text), part
    assert "0.5, 0.5" not in html


def test_no_galaxy_at_all_still_gives_a_page(make_inputs: MakeInputs, tmp_path: Path) -> None:
    inputs = make_inputs(3)
    none = inputs.catalogue.slice(0, 0)
    page, _ = report(ReportInputs(**(vars(inputs) | {"catalogue": none})), tmp_path)
    assert "No galaxy was found" in page.text()
    assert "images/broken.fits" in page.text()


def test_a_failure_leaves_the_old_report(make_inputs: MakeInputs, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    out.write_text("old", encoding="utf-8")
    inputs = make_inputs(3)
    bad = inputs.catalogue.drop_columns("probability")
    with pytest.raises(TableError, match="no column 'probability'"):
        write_report(ReportInputs(**(vars(inputs) | {"catalogue": bad})), out)
    assert out.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.glob("*.html*")] == ["report.html"]


def test_the_size_of_the_file_is_bounded(make_inputs: MakeInputs, tmp_path: Path) -> None:
    _, html = report(make_inputs(200), tmp_path)
    # 120 pairs of 64 px and 200 small ones; 12 kB a pair is generous for noise at quality 85
    assert len(html) < 120 * 12_000 + 200 * 3_000 + 150_000
    assert html.count('class="colour"') == 120
