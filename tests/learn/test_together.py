"""Two processes with half of each batch train as one with all of it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from strandline.errors import OptionError
from strandline.learn import pretrain
from strandline.learn.canvas import Canvases, CanvasGeometry
from strandline.learn.model import Model
from strandline.learn.scaling import Scaling
from strandline.learn.together import JoinedNorm, gathered, joined_norms, place, share
from strandline.learn.views import Views, generators
from strandline.stamps import StampTable
from tests.learn.conftest import BANDS, MakeRecipe


@pytest.mark.parametrize("count", [1, 7, 8, 64])
@pytest.mark.parametrize("world", [1, 2, 3])
def test_shares_are_the_whole_in_order(count: int, world: int) -> None:
    shares = [share(count, rank, world) for rank in range(world)]
    taken = np.concatenate([np.arange(count)[part] for part in shares])
    assert taken.tolist() == list(range(count))
    sizes = [part.stop - part.start for part in shares]
    assert max(sizes) - min(sizes) <= 1
    assert sizes[0] == max(sizes)


@pytest.mark.parametrize("name", ["brown2025-nnclr", "strandline"])
def test_views_of_a_share_are_those_of_the_whole_batch(
    name: str, make_recipe: MakeRecipe, table: StampTable
) -> None:
    recipe = make_recipe(name, encoder={"input_px": 64})  # several chunks on the CPU
    geometry = CanvasGeometry.of(recipe)
    canvases = Canvases.from_batch(table.read(np.arange(75)), geometry)
    count = len(BANDS)
    scaling = Scaling(BANDS, "fits", 3.0, "image", (10.0,) * count, (0.0,) * count, (1.0,) * count)
    views = Views(recipe, scaling, geometry.reach)
    whole, present = views(canvases, *generators(3, "cpu"))
    for rank in range(2):
        part = share(75, rank, 2)
        seen, there = views(canvases.part(part), *generators(3, "cpu"), start=part.start, whole=75)
        torch.testing.assert_close(seen, whole[part], rtol=0, atol=1e-6)
        torch.testing.assert_close(there, present[part], rtol=0, atol=0)


def test_joined_norms_keep_names_and_weights_and_are_batch_norms_alone() -> None:
    network = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm2d(3)))
    kept = dict(network.state_dict())
    values = torch.randn(5, 2, 8, 8)
    other = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm2d(3)))
    other.load_state_dict(kept)
    joined_norms(other)
    assert isinstance(other[1], JoinedNorm)
    assert list(other.state_dict()) == list(kept)
    torch.testing.assert_close(other(values), network(values))
    torch.testing.assert_close(other[1].running_var, network[1].running_var)
    assert place() == (0, 1)
    assert gathered(values, 5) is values


@pytest.mark.filterwarnings("default")
@pytest.mark.timeout(600)  # two processes start anew and import torch
def test_two_processes_train_as_one(
    make_recipe: MakeRecipe, table: StampTable, tmp_path: Path
) -> None:
    # a step is too small to change which neighbour is the nearest: that would be another loss
    small = {"batch_size": 31, "learning_rate": 1e-7}  # shares of 16 and 15
    recipe = make_recipe("brown2025-nnclr", optimiser=small)
    models: list[Model] = [
        pretrain([table], recipe, tmp_path / str(devices), seed=1, devices=devices)
        for devices in (1, 2)
    ]
    one, two = (model.card["history"] for model in models)
    assert one["epoch"] == two["epoch"] == [1, 2]
    assert one["train_loss"][0] != one["train_loss"][1]
    for name in ("train_loss", "validation_uniformity", "validation_alignment"):
        np.testing.assert_allclose(two[name], one[name], rtol=1e-4, err_msg=name)
    states = (model.encoder.state_dict() for model in models)
    for (key, first), (_, second) in zip(*(state.items() for state in states), strict=True):
        torch.testing.assert_close(second, first, rtol=1e-3, atol=1e-5, msg=key)


def test_no_device_is_too_few(tmp_path: Path, table: StampTable) -> None:
    from strandline import api

    with pytest.raises(OptionError, match="at least 1"):
        api.pretrain([table.path], tmp_path / "a", devices=0)
