"""Pretraining with labels and training on an encoder, as the command line calls them."""

from pathlib import Path

import pytest

from strandline import api, cli
from strandline.errors import LabelError, RecipeError
from strandline.learn import Model
from strandline.stamps import StampTable
from tests.learn.conftest import _galaxies, _small, _write_table


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tables, labels of the second, and a small hybrid recipe."""
    folder = tmp_path_factory.mktemp("world")
    images, values = _galaxies(60)
    _write_table(folder / "simulated.lance", images)
    _write_table(folder / "sky.lance", _galaxies(40, seed=3)[0])
    lines = [f"galaxy-{row},{value}" for row, value in enumerate(values.tolist())]
    (folder / "labels.csv").write_text("\n".join(["id,label", *lines]) + "\n")
    recipe = _small("strandline", optimiser={"epochs": 1, "batch_size": 16})
    (folder / "hybrid.toml").write_text(recipe.to_toml())
    return folder


def test_labels_go_with_the_tables_in_their_order(world: Path, tmp_path: Path) -> None:
    tables = [str(world / name) for name in ("simulated.lance", "sky.lance")]
    options = ["--labels", str(world / "labels.csv"), "--recipe", str(world / "hybrid.toml")]
    with pytest.raises(SystemExit) as ended:
        cli.main(["pretrain", *tables, *options, "--out", str(tmp_path / "model")])
    assert ended.value.code == 0
    model = Model.load(tmp_path / "model")
    assert model.has_head
    assert model.card["training"]["images"] == 36 + 24
    assert model.card["validation"]["labels"] == 12


def test_more_label_files_than_tables_are_refused(world: Path, tmp_path: Path) -> None:
    labels = [world / "labels.csv"] * 2
    with pytest.raises(LabelError, match="2 label files were given for 1 stamp tables"):
        api.pretrain(
            [world / "sky.lance"], tmp_path / "m", labels=labels, recipe=world / "hybrid.toml"
        )


def test_the_kind_of_head_can_be_named(world: Path, tmp_path: Path) -> None:
    table, labels = world / "simulated.lance", world / "labels.csv"
    api.pretrain([table], tmp_path / "e", labels=[labels], recipe=world / "hybrid.toml")
    made = api.train(table, labels, tmp_path / "knn", encoder=tmp_path / "e", head="knn")
    assert made.card["head"]["kind"] == "knn"
    assert len(StampTable.open(table)) == 60
    with pytest.raises(RecipeError, match=r"head\.kind: .*'finetune' or 'best' \(given: 'svm'\)"):
        api.train(table, labels, tmp_path / "m", encoder=tmp_path / "e", head="svm")
