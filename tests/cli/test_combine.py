"""Models of several members, as users make and name them; what ships; the sky's prevalence."""

from pathlib import Path

import numpy as np
import pytest

from strandline.classify import at_prevalence, read_catalogue
from strandline.learn import Ensemble
from tests.cli.conftest import World, said_and_done
from tests.conftest import Run


@pytest.fixture(scope="module")
def both(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both models of the small world with equal weights, in a folder."""
    out = tmp_path_factory.mktemp("both") / "both"
    models = {"nnclr": Ensemble.load(world.nnclr), "cnn": Ensemble.load(world.cnn)}
    Ensemble.equal({name: e.models[e.first] for name, e in models.items()}, "both").save(out)
    return out


def test_combine_makes_one_model_of_two(run: Run, world: World, tmp_path: Path) -> None:
    out = tmp_path / "pair"
    options = ("--table", world.table, "--labels", world.labels, "--out", out)
    ran = run("combine", world.nnclr, world.cnn, *options)
    assert ran.status == 0, ran.err
    assert "labels" in ran.err  # which were used
    assert "nnclr (" in ran.out
    made = Ensemble.load(out)
    assert list(made.members) == ["nnclr", "cnn"]
    assert {"combined_on", "description", "created"} <= made.card.keys()
    again = run("classify", world.table, "--model", out, "--out", tmp_path / "scores.parquet")
    assert again.status == 0, again.err


def test_classify_gives_the_whole_and_each_member_and_the_sky(
    run: Run, world: World, both: Path, tmp_path: Path
) -> None:
    out = tmp_path / "scores.parquet"
    ran = run("classify", world.table, "--model", both, "--prevalence", "0.02", "--out", out)
    assert ran.status == 0, ran.err
    assert "If 2 % of galaxies interact (assumed)" in ran.out
    found = read_catalogue(out)
    names = [name for name in found.column_names if name.startswith("probability")]
    assert names == ["probability", "probability_sky", "probability_nnclr", "probability_cnn"]
    whole, sky, nnclr, cnn = (found[name].to_numpy().astype(np.float64) for name in names)
    odds = [np.log(p / (1 - p)) for p in (whole, nnclr, cnn)]
    assert odds[0] == pytest.approx((odds[1] + odds[2]) / 2, abs=1e-4)
    assert sky == pytest.approx(at_prevalence(whole, 0.02), rel=1e-4)


def test_a_member_is_named_like_a_model(run: Run, world: World, both: Path, tmp_path: Path) -> None:
    scores: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = []
    for model in (both / "cnn", world.cnn):
        out = tmp_path / f"{len(scores)}.parquet"
        assert run("classify", world.table, "--model", model, "--out", out).status == 0
        scores.append(read_catalogue(out)["probability"].to_numpy())
    assert np.array_equal(scores[0], scores[1])


def test_without_a_model_what_ships_is_used_and_said(
    run: Run, world: World, tmp_path: Path
) -> None:
    out = tmp_path / "scores.parquet"
    ran = run("classify", world.table, "--prevalence", "estimate", "--out", out)
    assert ran.status == 0, ran.err
    assert "Using strandline-survey, which ships for calibrated images" in ran.err
    assert "the input has g r z" in ran.err
    assert "estimated from the scores" in ran.out
    assert {"probability_nnclr", "probability_cnn"} <= set(read_catalogue(out).column_names)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--table", "t.lance"), "both --table and --labels are needed"),
        ((), "1 model was given; name at least two"),
    ],
    ids=("half", "one"),
)
def test_what_cannot_be_combined_is_said(
    options: tuple[str, ...], words: str, run: Run, world: World, out: Path
) -> None:
    ran = run("combine", world.cnn, *options, "--out", out / "pair")
    said_and_done(ran, out, words)
    assert not (out / "pair").exists()


@pytest.mark.parametrize("share", ["0", "1.5", "some"])
def test_a_prevalence_that_is_no_share_is_refused(
    share: str, run: Run, world: World, out: Path
) -> None:
    options = ("--prevalence", share, "--out", out / "s.csv")
    ran = run("classify", world.table, "--model", world.cnn, *options)
    said_and_done(ran, out, f"prevalence is {share}", "the word estimate")


def test_evaluate_tells_whether_probabilities_hold(run: Run, world: World, tmp_path: Path) -> None:
    scores = tmp_path / "scores.csv"
    assert run("classify", world.table, "--model", world.nnclr, "--out", scores).status == 0
    ran = run("evaluate", scores, "--truth", world.labels, "--prevalence", "0.1")
    assert ran.status == 0, ran.err
    assert "calibration error, balanced" in ran.out
    assert "probabilities at a prevalence of 10 %" in ran.out
    sky = run("evaluate", scores, "--truth", world.labels, "--column", "probability_sky")
    assert sky.status == 0, sky.err
    assert "at a prevalence of" not in sky.out
