import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from strandline.report.curves import completeness_figure, measure, roc_area, roc_figure
from strandline.report.figures import Frame, axes, curve, nice_ticks, svg
from strandline.report.inputs import Curve, History
from strandline.report.training import history_panels
from strandline.seeding import generator


def scores(n: int = 200, name: str = "cnn", note: str = "on the test part") -> Curve:
    rng = generator(1, name)
    truth = (rng.random(n) < 0.3).astype(np.int64)
    return Curve(name, truth, np.clip(rng.normal(0.3 + 0.3 * truth, 0.15), 0, 1), note)


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path)]


def test_data_fall_where_the_frame_says() -> None:
    frame = Frame((0, 10), (0, 1), width=200, height=100, left=40, right=10, top=10, bottom=20)
    drawn = points(str(curve(frame, [0, 10], [0, 1], "s1")))
    assert drawn == [(40, 80), (190, 10)]


def test_a_curve_breaks_where_nothing_was_measured() -> None:
    frame = Frame((0, 4), (0, 1))
    path = str(curve(frame, [0, 1, 2, 3, 4], [0, 1, np.nan, 1, 0], "s1"))
    assert path.count("M") == 2
    assert len(points(path)) == 4


@pytest.mark.parametrize(
    ("low", "high"), [(0, 1), (1, 12), (0.0613, 0.1121), (-3, 2), (1e-6, 3e-6), (0, 4e5)]
)
def test_ticks_are_few_round_and_inside(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    assert 2 <= len(ticks) <= 9
    assert min(ticks) >= low - 1e-12
    assert max(ticks) <= high * (1 + 1e-9)
    assert all(len(f"{tick:g}") <= 7 for tick in ticks)


def test_figures_are_valid_xml_whatever_the_names() -> None:
    frame = Frame((0, 1), (0, 1))
    bad = '<script>"&'
    tree = ET.fromstring(str(svg(frame, bad, [axes(frame, [0, 1], [0, 1], bad, bad)])))
    assert tree.get("aria-label") == bad
    assert [text.text for text in tree.iter("text")].count(bad) == 2


def test_the_roc_curve_and_its_ring_are_those_of_the_scores() -> None:
    one = scores()
    measured = measure((one,))
    tree = ET.fromstring(str(roc_figure(measured)))
    x0, x1, y0, y1 = roc_area()
    ring = next(c for c in tree.iter("circle") if "now" in (c.get("class") or ""))
    picked = one.score >= 0.5
    false = np.mean(picked[one.truth == 0])
    true = np.mean(picked[one.truth == 1])
    assert float(ring.get("cx") or 0) == pytest.approx(x0 + false * (x1 - x0), abs=0.06)
    assert float(ring.get("cy") or 0) == pytest.approx(y0 + true * (y1 - y0), abs=0.06)
    line = next(p for p in tree.iter("path") if p.get("class") == "curve s1")
    drawn = points(line.get("d") or "")
    for x, y in drawn[:: len(drawn) // 7]:
        # some threshold gives this point
        rates = [
            (np.mean(one.score[one.truth == 0] >= t), np.mean(one.score[one.truth == 1] >= t))
            for t in [*one.score, np.inf]
        ]
        assert any(
            abs(x0 + f * (x1 - x0) - x) < 0.06 and abs(y0 + t * (y1 - y0) - y) < 0.06
            for f, t in rates
        )


def test_counts_at_every_threshold_are_those_of_a_plain_count() -> None:
    one = scores()
    counts = measure((one,))[0].counts()
    for step in range(101):
        threshold = step / 100
        assert counts["true"][step] == np.sum((one.score >= threshold) & (one.truth == 1))
        assert counts["false"][step] == np.sum((one.score >= threshold) & (one.truth == 0))


def test_completeness_is_marked_at_the_reference_contaminations() -> None:
    measured = measure((scores(), scores(name="nnclr")))
    tree = ET.fromstring(str(completeness_figure(measured)))
    titles = [title.text or "" for title in tree.iter("title")]
    assert len(titles) == 6
    found = measured[1].evaluation
    assert found is not None
    assert f"nnclr: completeness {found.completeness['0.1']:.2f} at contamination 0.1" in titles


def test_a_truth_of_one_class_gives_a_reason_instead_of_a_curve() -> None:
    one = measure((Curve("cnn", np.ones(5, np.int64), np.linspace(0, 1, 5), "here"),))[0]
    assert one.evaluation is None
    assert "only with both" in one.problem


def test_training_and_validation_of_a_quantity_share_a_figure() -> None:
    history = History(
        "cnn",
        [1, 2, 3],
        {
            "train_loss": [0.7, 0.5, 0.4],
            "validation_loss": [0.8, 0.6, float("nan")],
            "validation_auc": [0.6, 0.7, 0.81],
            "never_measured": [float("nan")] * 3,
        },
    )
    panels = history_panels(history)
    assert [panel.title for panel in panels] == ["loss", "AUC"]
    assert panels[0].parts == (("training", "0.4", 1), ("validation", "0.6", 2))
    assert len(re.findall(r'class="curve', str(panels[0].figure))) == 2


def test_one_epoch_and_a_constant_are_drawn() -> None:
    panels = history_panels(History("cnn", [1], {"loss": [0.5]}))
    panels += history_panels(History("cnn", [1, 2], {"loss": [0.0, 0.0]}))
    for panel in panels:
        assert "nan" not in str(panel.figure)
