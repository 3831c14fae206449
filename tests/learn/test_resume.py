"""Interrupted and resumed equals uninterrupted, bit for bit; another training is refused."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from strandline.errors import TrainingError
from strandline.learn import Model, fitting, pretrain, train
from strandline.progress import Progress
from strandline.recipe import Recipe
from strandline.stamps import StampTable

Make = Callable[..., Recipe]
Labels = NDArray[np.int64]
Go = Callable[[Path], Model]
FILES = ("weights.safetensors", "recipe.toml", "metrics.csv")


def interrupt_after(images: int) -> Callable[..., AbstractContextManager[Progress]]:
    """Return a stand-in for `track` that presses Ctrl-C once `images` are done."""

    @contextmanager
    def track(task: str, total: int | None, unit: str = "stamps") -> Iterator[Progress]:
        count = 0

        def advance(done: int = 1, note: str = "") -> None:
            nonlocal count
            count += done
            if count > images:
                signal.raise_signal(signal.SIGINT)

        yield advance

    return track


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["supervised", "self-supervised", "byol", "hybrid"])
def go(request: pytest.FixtureRequest, make_recipe: Make, table: StampTable, values: Labels) -> Go:
    """Train for four epochs, with everything that could carry state switched on."""
    optimiser: dict[str, Any] = {"epochs": 4, "average": 0.9, "kind": "adam"}
    if request.param == "supervised":
        recipe = make_recipe("brown2025-cnn", optimiser=optimiser, encoder={"dropout": 0.3})
        return lambda out: train(table, np.arange(160), values, recipe, out, seed=5)
    if request.param == "hybrid":
        recipe = make_recipe("strandline", optimiser=optimiser, objective={"contrast": 0.3})
        labels = [(np.arange(0, 160, 2), values[::2])]
        return lambda out: pretrain([table], recipe, out, labels=labels, seed=5)
    name = "byol" if request.param == "byol" else "brown2025-nnclr"
    recipe = make_recipe(name, optimiser=optimiser)
    return lambda out: pretrain([table], recipe, out, seed=5)


def interrupted(go: Go, out: Path, monkeypatch: pytest.MonkeyPatch, images: int) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(fitting, "track", interrupt_after(images))
        with pytest.raises(KeyboardInterrupt):
            go(out)


def test_resumed_equals_uninterrupted(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    go(tmp_path / "whole")
    out = tmp_path / "pieces"
    handler = signal.getsignal(signal.SIGINT)
    interrupted(go, out, monkeypatch, 300)  # in the second or third epoch
    assert signal.getsignal(signal.SIGINT) is handler
    assert "Interrupted. The same command goes on after epoch" in capsys.readouterr().err
    assert not out.exists()
    assert (tmp_path / ".pieces.training" / "last.ckpt").is_file()
    interrupted(go, out, monkeypatch, 60)  # and again, later
    go(out)
    assert "goes on after epoch" in capsys.readouterr().err
    for name in FILES:
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    one, other = Model.load(out).card, Model.load(tmp_path / "whole").card
    assert one["history"] == other["history"]
    assert one.get("validation_scores") == other.get("validation_scores")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pieces", "whole"]


def test_interrupted_in_the_first_epoch_begins_anew(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(go, tmp_path / "out", monkeypatch, 0)
    assert "Interrupted. The same command starts anew." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_existing_model_stays_until_the_new_one_is_whole(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "model"
    out.mkdir()
    (out / "mine.txt").write_text("precious")
    interrupted(go, out, monkeypatch, 300)
    assert (out / "mine.txt").read_text() == "precious"


def test_a_checkpoint_of_another_training_is_refused(
    cnn: Recipe,
    table: StampTable,
    values: Labels,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    rows = np.arange(160)
    interrupted(lambda out: train(table, rows, values, cnn, out), out, monkeypatch, 250)
    with pytest.raises(TrainingError, match=r"\.out\.training: holds .* seed was 0, now 1"):
        train(table, rows, values, cnn, out, seed=1)
    with pytest.raises(TrainingError, match=r"optimiser\.epochs was 2, now 9"):
        train(table, rows, values, cnn, out, epochs=9)
    with pytest.raises(TrainingError, match=r"labels was 128 \(.*\), now 120 \("):
        train(table, rows[:150], values[:150], cnn, out)


def test_a_damaged_checkpoint_is_said_so(
    go: Go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(go, tmp_path / "out", monkeypatch, 300)
    checkpoint = tmp_path / ".out.training" / "last.ckpt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(TrainingError, match=r"last\.ckpt: the checkpoint .* is damaged .* Remove"):
        go(tmp_path / "out")
