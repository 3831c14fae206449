"""A recipe: one method, complete, read from TOML."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError

from strandline.errors import RecipeError
from strandline.recipe.encoder import EncoderSettings
from strandline.recipe.erasure import ErasureSettings
from strandline.recipe.mistakes import explain
from strandline.recipe.objective import BceSettings, HybridSettings, ObjectiveSettings
from strandline.recipe.section import Section
from strandline.recipe.seeing import InferenceSettings, ScalingSettings, ViewSettings
from strandline.recipe.shelf import Shelf
from strandline.recipe.training import HeadSettings, OptimiserSettings, SamplingSettings
from strandline.recipe.writing import toml_text

__all__ = ["Recipe", "recipe_names"]


_SHELF = Shelf(resources.files("strandline") / "recipes", "recipe", RecipeError)


class Recipe(Section):
    """One method, complete: what the resolved file beside a model holds.

    A TOML file may begin with ``extends = "NAME"``, the name of a recipe that ships: what it does
    not say itself is taken from that one. A resolved recipe has no such key.

    Attributes
    ----------
    name : str
        Of the method, e.g. ``brown2025-nnclr``.
    description : str
        One sentence for people.
    """

    name: Annotated[str, Field(min_length=1)]
    description: str = ""
    scaling: ScalingSettings = ScalingSettings()
    views: ViewSettings = ViewSettings()
    encoder: EncoderSettings = EncoderSettings()
    objective: ObjectiveSettings
    optimiser: OptimiserSettings = OptimiserSettings()
    head: HeadSettings = HeadSettings()
    sampling: SamplingSettings = SamplingSettings()
    inference: InferenceSettings = InferenceSettings()
    erasure: ErasureSettings = ErasureSettings()

    @property
    def supervised(self) -> bool:
        """Whether training needs labels alone."""
        return isinstance(self.objective, BceSettings)

    @property
    def hybrid(self) -> bool:
        """Whether pretraining takes labels beside unlabelled stamps."""
        return isinstance(self.objective, HybridSettings)

    @classmethod
    def load(cls, name_or_path: str | Path) -> Self:
        """Read a recipe that ships, by name, or a TOML file, by path.

        Raises
        ------
        RecipeError
            If there is none, it is not TOML, or a key or value is not allowed; names all of them.
        """
        return cls.parse(_SHELF.text(name_or_path), str(name_or_path))

    @classmethod
    def parse(cls, text: str, origin: str) -> Self:
        """Make a recipe from TOML; `origin` is what errors call it.

        Raises
        ------
        RecipeError
        """
        try:
            return cls.model_validate(_resolved(text, origin, ()))
        except ValidationError as error:
            raise RecipeError(explain(error, cls, origin)) from error

    def with_head(self, **settings: str | None) -> Self:
        """Return the same with other settings of the head, where they are not None.

        Raises
        ------
        RecipeError
            If a setting is not allowed.
        """
        values = self.model_dump()
        values["head"] |= {key: value for key, value in settings.items() if value is not None}
        try:
            return type(self).model_validate(values)
        except ValidationError as error:
            raise RecipeError(explain(error, type(self), self.name)) from error

    def to_toml(self) -> str:
        """Return the resolved recipe as TOML, defaults written out; `parse` reads it back."""
        return toml_text(self.model_dump(mode="json"))


def recipe_names() -> tuple[str, ...]:
    """Return the names of the recipes that ship."""
    return _SHELF.names()


def _resolved(text: str, origin: str, seen: tuple[str, ...]) -> dict[str, Any]:
    """Return what TOML says, laid over the recipe that it extends."""
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{origin}: is not valid TOML ({error}).") from error
    base = own.pop("extends", None)
    if base is None:
        return own
    if not isinstance(base, str) or base not in recipe_names():
        raise RecipeError(
            f"{origin}: extends: there is no recipe {base!r}; there are "
            f"{', '.join(recipe_names())}."
        )
    if base in seen:
        raise RecipeError(
            f"{origin}: extends: {' -> '.join([*seen, base])} goes round in a circle."
        )
    below = _resolved(_SHELF.shipped(base), base, (*seen, base))
    return _laid_over(below, own)


def _laid_over(below: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return `own` completed by `below`, section by section.

    A section of another kind than the one below replaces it as a whole.
    """
    result = dict(below)
    for key, value in own.items():
        under = below.get(key)
        result[key] = value
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            kind = under.get("kind")
            if value.get("kind", kind) == kind:
                result[key] = _laid_over(under, value)
    return result
