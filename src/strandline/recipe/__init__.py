"""Recipes: everything that can be set in a method, typed, read from TOML; unknown keys fail."""

from strandline.recipe.encoder import EncoderSettings
from strandline.recipe.erasure import ErasureSettings
from strandline.recipe.method import Recipe, recipe_names
from strandline.recipe.objective import (
    BceSettings,
    ByolSettings,
    HybridSettings,
    NnclrSettings,
    ObjectiveSettings,
    SelfSupervisedSettings,
    SimclrSettings,
)
from strandline.recipe.seeing import (
    FaintChannel,
    InferenceSettings,
    ScalingSettings,
    ViewSettings,
)
from strandline.recipe.training import HeadSettings, OptimiserSettings, SamplingSettings

__all__ = [
    "BceSettings",
    "ByolSettings",
    "EncoderSettings",
    "ErasureSettings",
    "FaintChannel",
    "HeadSettings",
    "HybridSettings",
    "InferenceSettings",
    "NnclrSettings",
    "ObjectiveSettings",
    "OptimiserSettings",
    "Recipe",
    "SamplingSettings",
    "ScalingSettings",
    "SelfSupervisedSettings",
    "SimclrSettings",
    "ViewSettings",
    "recipe_names",
]
