from pathlib import Path

import numpy as np
import pytest
import torch

from strandline import api
from strandline.errors import ModelError, OptionError, TableError
from strandline.learn.tracing import Traced, Tracer, making
from strandline.learn.tracing.network import TracingNet
from strandline.simulate import make_stamps

NOISE = np.ones((1, 2), dtype=np.float32)


def small() -> Tracer:
    return Tracer(TracingNet((4, 6)).half().float().eval(), {"widths": [4, 6], "level": 1.5})


def test_a_tracer_is_read_as_it_was_written(tmp_path: Path) -> None:
    tracer = small()
    tracer.save(tmp_path / "mine.safetensors")
    again = Tracer.load(tmp_path / "mine.safetensors")
    assert again.level == 1.5
    flux = np.random.default_rng(0).normal(size=(1, 2, 60, 60)).astype(np.float32)
    first, second = (one.trace(flux, NOISE, ("g", "r"), "fits")[0] for one in (tracer, again))
    assert np.allclose(first.chance, second.chance, atol=1e-5)
    assert first.chance.shape == first.share.shape == (60, 60)
    assert first.reach_px == pytest.approx(second.reach_px, rel=1e-3)
    assert list(first.reach_px) == sorted(first.reach_px)


def test_what_is_missing_says_nothing() -> None:
    flux = np.full((1, 2, 60, 60), np.nan, dtype=np.float32)
    for noise in (NOISE, np.full_like(NOISE, np.nan)):
        (told,) = small().trace(flux, noise, ("g", "r"), "fits")
        assert np.isfinite(told.chance).all()


def test_a_band_without_data_counts_nothing() -> None:
    flux = np.random.default_rng(0).normal(size=(1, 2, 60, 60)).astype(np.float32)
    flux[:, 0] = np.nan
    noise = np.array([[np.nan, 1.0]], dtype=np.float32)
    (told,) = small().trace(flux, noise, ("g", "r"), "fits")
    (alone,) = small().trace(flux[:, 1:], noise[:, 1:], ("r",), "fits")
    assert np.isfinite(told.chance).all()
    assert told.chance.shape == alone.chance.shape


def test_evidence_is_of_the_surest_pixels() -> None:
    chance = np.full((40, 40), 0.5, dtype=np.float32)
    chance[:20] = 0.9
    told = Traced(chance, chance, (0, 0, 0), (1, 1, 1), (1, 1, 1), 0.1)
    assert told.evidence(np.ones((40, 40), dtype=np.bool_)) == pytest.approx(np.log(9), rel=1e-3)
    few = np.zeros((40, 40), dtype=np.bool_)
    few[:2, :12] = True  # a tenth of what it takes
    assert told.evidence(few) == pytest.approx(np.log(9) / 10, rel=1e-3)
    assert len(told.outlines(0.8)) == 1
    assert told.outlines(0.95) == []


@pytest.mark.parametrize("content", [b"", b"no tracer", None])
def test_damaged_files_are_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"bad\.safetensors"):
        Tracer.load(path)


def test_weights_of_another_model_are_refused() -> None:
    other = next((Path(making.__file__).parents[2] / "weights").rglob("weights.safetensors"))
    with pytest.raises(ModelError, match="is not a tracer"):
        Tracer.load(other)


def test_a_tracer_is_trained_on_simulated_stamps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_FEWEST", 1)
    make_stamps(tmp_path / "sim.lance", count=40, size_px=64, bands=("g", "r"), features=True)
    out = tmp_path / "mine.safetensors"
    report = api.train_tracer([tmp_path / "sim.lance"], out, epochs=2)
    assert report.stamps < 40
    assert "false alarms" in report.summary()
    tracer = Tracer.load(out)
    assert tracer.level == report.level
    assert len(tracer.card["history"]["overlap"]) == 2
    assert tracer.card["training"]["tables"] == [{"name": "sim.lance", "stamps": 40}]
    further = tmp_path / "further.safetensors"
    api.train_tracer([tmp_path / "sim.lance"], further, epochs=1, start=out)
    again = Tracer.load(further)
    assert again.card["training"]["before"] == tracer.card["training"]
    first, last = (one.network.state_dict() for one in (tracer, again))
    assert (first["out.weight"] - last["out.weight"]).abs().max() < 0.1  # not begun anew
    assert (first["down.0.1.running_mean"] != last["down.0.1.running_mean"]).any()


def test_light_alone_is_learned_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "_FEWEST", 1)
    make_stamps(tmp_path / "sim.lance", count=40, size_px=64, bands=("g", "r"), features=True)
    start, out = tmp_path / "start.safetensors", tmp_path / "mine.safetensors"
    history = {"history": {"overlap": [0.5]}, "training": {}}
    Tracer(small().network, dict(small().card) | history).save(start)
    report = api.train_tracer([tmp_path / "sim.lance"], out, epochs=0, start=start)
    assert report.overlap == 0.5
    first, last = (Tracer.load(path).network.state_dict() for path in (start, out))
    changed = {name.split(".")[0] for name in first if not torch.equal(first[name], last[name])}
    assert changed == {"lights"}


def test_what_cannot_be_trained_on_is_named(tmp_path: Path) -> None:
    make_stamps(tmp_path / "bare.lance", count=2, size_px=64, bands=("r",))
    out = tmp_path / "mine.safetensors"
    with pytest.raises(TableError, match=r"bare\.features\.lance: there is no table.*--features"):
        api.train_tracer([tmp_path / "bare.lance"], out)
    make_stamps(tmp_path / "one.lance", count=2, size_px=64, bands=("r",), features=True)
    make_stamps(tmp_path / "two.lance", count=2, size_px=80, bands=("r",), features=True)
    with pytest.raises(TableError, match="64, 80 px"):
        api.train_tracer([tmp_path / "one.lance", tmp_path / "two.lance"], out)
    with pytest.raises(OptionError, match=r"ends with \.safetensors"):
        api.train_tracer([tmp_path / "one.lance"], tmp_path / "folder")
    with pytest.raises(OptionError, match="epochs is 0"):
        api.train_tracer([tmp_path / "one.lance"], out, epochs=0)
