"""Recipes: what ships is valid, what is written is read back, what is wrong is named."""

from pathlib import Path

import pytest

from strandline.errors import RecipeError
from strandline.learn.shelf import find_model, member_names, model_names
from strandline.recipe import Recipe, SimclrSettings, recipe_names


def test_the_recipes_of_the_mission_ship() -> None:
    assert {"brown2025-cnn", "brown2025-nnclr"} <= set(recipe_names())


@pytest.mark.parametrize("name", recipe_names())
def test_a_shipped_recipe_bears_its_name_and_survives_writing(name: str) -> None:
    recipe = Recipe.load(name)
    assert recipe.name == name
    assert Recipe.parse(recipe.to_toml(), "copy") == recipe


def test_the_two_objectives_are_what_the_mission_names() -> None:
    cnn, nnclr = Recipe.load("brown2025-cnn"), Recipe.load("brown2025-nnclr")
    assert (cnn.encoder.kind, cnn.objective.kind, cnn.optimiser.kind) == ("cnn", "bce", "adam")
    assert (nnclr.encoder.kind, nnclr.objective.kind) == ("resnet", "nnclr")
    assert cnn.supervised
    assert not nnclr.supervised


def test_a_recipe_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("name = 'mine'\n[objective]\nkind = 'bce'\n[optimiser]\nepochs = 7\n")
    assert Recipe.load(path).optimiser.epochs == 7


def test_a_recipe_may_build_on_another() -> None:
    base = Recipe.load("brown2025-nnclr")
    made = Recipe.parse(
        "extends = 'brown2025-nnclr'\nname = 'mine'\n[views]\ngain = 0.4\n"
        "[optimiser]\nepochs = 3\n[objective]\nqueue = 99",
        "mine",
    )
    assert made.views == base.views.model_copy(update={"gain": 0.4})
    assert made.optimiser == base.optimiser.model_copy(update={"epochs": 3})
    assert made.objective == base.objective.model_copy(update={"queue": 99})
    assert (made.encoder, made.head) == (base.encoder, base.head)
    assert "extends" not in made.to_toml()
    assert Recipe.parse(made.to_toml(), "copy") == made


def test_a_section_of_another_kind_is_replaced_as_a_whole() -> None:
    made = Recipe.parse(
        "extends = 'brown2025-nnclr'\nname = 'mine'\n[objective]\nkind = 'simclr'", "mine"
    )
    assert made.objective == SimclrSettings()


@pytest.mark.parametrize("name", model_names())
def test_the_recipes_of_models_that_ship_still_parse(name: str) -> None:
    folder = find_model(name)
    for member in member_names(folder):
        made = Recipe.load(folder / member / "recipe.toml")
        assert Recipe.parse(made.to_toml(), member) == made


def test_strings_survive_writing() -> None:
    text = 'quotes " and \\ and é and \x7f and\ttab'
    recipe = Recipe.load("brown2025-cnn").model_copy(update={"description": text})
    assert Recipe.parse(recipe.to_toml(), "copy").description == text


def test_an_unknown_name_lists_those_that_ship() -> None:
    with pytest.raises(RecipeError, match="no recipe 'brown2024'; there are brown2025-cnn, "):
        Recipe.load("brown2024")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"mine\.toml: cannot be read"):
        Recipe.load(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "mine: is not valid TOML"),
        ("name = 'a'", "mine: objective: is missing"),
        ("[objective]\nkind = 'bce'", "mine: name: is missing"),
        (
            "name = 'a'\n[objective]\nkind = 'bce'\n[optimiser]\nlearnig_rate = 0.1",
            "optimiser.learnig_rate: unknown key; allowed here: kind, learning_rate",
        ),
        (
            "name = 'a'\n[objective]\nkind = 'nnclr'\nlabel_smoothing = 0.1",
            "objective.label_smoothing: unknown key; allowed here: kind, temperature",
        ),
        ("name = 'a'\n[objectiv]\nkind = 'bce'", "objectiv: unknown key; allowed here: name"),
        ("name = 'a'\n[objective]\nkind = 'moco'", "objective: .*'moco'.*'bce', 'nnclr'"),
        (
            "name = 'a'\n[objective]\nkind = 'hybrid'\n[objective.unlabelled]\nkind = 'byol'\n"
            "q = 1",
            "objective.unlabelled.q: unknown key; allowed here: kind, momentum, projection",
        ),
        (
            "name = 'a'\n[objective]\nkind = 'bce'\n[head.finetune]\nepochs = 0",
            r"head.finetune.epochs: .*\(given: 0\)",
        ),
        ("extends = 'brown2024'\nname = 'a'", "mine: extends: there is no recipe 'brown2024'"),
        (
            "name = 'a'\n[objective]\nkind = 'bce'\n[optimiser]\nepochs = 0",
            r"optimiser.epochs: .*greater than or equal to 1 \(given: 0\)",
        ),
        (
            "name = 'a'\n[objective]\nkind = 'bce'\n[views]\nscale = [2.0, 1.0]",
            "views: scale: the range 2.0 to 1.0 descends",
        ),
        (
            "name = 'a'\n[objective]\nkind = 'bce'\n[encoder]\ninput_px = 16\n"
            "widths = [4, 4, 4, 4]\nstem_stride = 2",
            "encoder: input_px: 16 px vanish in 5 halvings; give at least 32 px",
        ),
        (
            "name = 'a'\n[objective]\nkind = 'nnclr'\nprojection = [8, 4]\nprediction = [8]",
            "prediction: ends in 8, the projection in 4",
        ),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Recipe.parse(text, "mine")


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(RecipeError, match=r"scaling\.soft: unknown.*head\.folds: "):
        Recipe.parse(
            "name = 'a'\n[objective]\nkind = 'bce'\n[scaling]\nsoft = 1\n[head]\nfolds = 1", "mine"
        )
