"""Recipes: everything that can be set in a method, typed, read from TOML; unknown keys fail."""

import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from strandline.errors import RecipeError

__all__ = [
    "BceSettings",
    "EncoderSettings",
    "HeadSettings",
    "InferenceSettings",
    "NnclrSettings",
    "OptimiserSettings",
    "Recipe",
    "SamplingSettings",
    "ScalingSettings",
    "ViewSettings",
    "recipe_names",
]

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Sizes = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScalingSettings(_Section):
    """The stretch: asinh(flux / (softening x sky noise)), then standardised; see `learn.scaling`.

    Pictures are stretched already and are only standardised.
    """

    softening: Positive = 3.0  #: in units of the sky noise of a binned pixel
    noise: Literal["image", "table"] = "image"  #: each stamp's own noise, or the table's median


class ViewSettings(_Section):
    """The random views of a stamp that training sees; every draw is per image."""

    scale: tuple[Positive, Positive] = (0.8, 1.25)  #: range of the field, times `inference.field`
    shift: Fraction = 0.05  #: largest shift of the centre, as a fraction of the field's side
    rotate: Literal["none", "quarter", "free"] = "free"
    flip: bool = True
    noise: tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]] = (0.0, 1.0)
    """Range of the strength of the noise added before the stretch, in the stamp's own sky noise."""
    gain: Annotated[float, Field(ge=0, le=1)] = 0.1  #: ln flux factor of all bands, 1 sigma
    colour: Annotated[float, Field(ge=0, le=1)] = 0.05  #: ln flux factor of each band, 1 sigma
    grey: Fraction = 0.0  #: probability that all bands show the mean of the bands
    band_dropout: Fraction = 0.05  #: probability that a band is taken away; one always stays
    erase: Fraction = 0.0  #: probability that a rectangle is masked
    oversample: Annotated[float, Field(ge=1, le=4)] = 1.5
    """Pixels that views are made from per pixel of the encoder's input, along one axis."""

    @model_validator(mode="after")
    def _ranges_ascend(self) -> Self:
        for name in ("scale", "noise"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: the range {low} to {high} descends")
        return self


class EncoderSettings(_Section):
    """The network that turns a stamp into features."""

    kind: Literal["cnn", "resnet"] = "resnet"
    input_px: Annotated[int, Field(ge=16)] = 64  #: side of the binned stamp that it sees
    widths: Sizes = (32, 64, 128, 256)  #: channels of each stage
    blocks: Annotated[int, Field(ge=1)] = 1  #: residual blocks in each stage (resnet)
    stem_px: Annotated[int, Field(ge=1)] = 5  #: side of the first kernel
    stem_stride: Annotated[int, Field(ge=1)] = 2
    features: Annotated[int, Field(ge=2)] = 128  #: width of the linear layer (cnn)
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0  #: on the features (cnn)

    @model_validator(mode="after")
    def _stages_fit(self) -> Self:
        halvings = len(self.widths) + (self.stem_stride > 1)
        if self.input_px < 2**halvings:
            raise ValueError(
                f"input_px: {self.input_px} px vanish in {halvings} halvings; "
                f"give at least {2**halvings} px or fewer widths"
            )
        return self


class BceSettings(_Section):
    """Supervised: sigmoid and binary cross-entropy."""

    kind: Literal["bce"] = "bce"
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0


class NnclrSettings(_Section):
    """Self-supervised: nearest neighbours as positives (Dwibedi et al. 2021, arXiv:2104.14548)."""

    kind: Literal["nnclr"] = "nnclr"
    temperature: Positive = 0.1
    queue: Annotated[int, Field(ge=2)] = 4096
    """Length of the support set; training shortens it to half the number of images."""
    projection: Sizes = (256, 256, 128)
    prediction: Sizes = (512, 128)

    @model_validator(mode="after")
    def _ends_meet(self) -> Self:
        if self.projection[-1] != self.prediction[-1]:
            raise ValueError(
                f"prediction: ends in {self.prediction[-1]}, the projection in "
                f"{self.projection[-1]}; the two must be equal"
            )
        return self


class OptimiserSettings(_Section):
    """How the weights are found."""

    kind: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.0  #: on weights, not on biases and norms
    epochs: Annotated[int, Field(ge=1)] = 50
    batch_size: Annotated[int, Field(ge=4)] = 128
    warmup: Fraction = 0.05  #: part of the steps in which the learning rate rises
    schedule: Literal["cosine", "constant"] = "cosine"
    average: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay per step of a running average of the weights, which is what is kept; 0 for none."""


class HeadSettings(_Section):
    """A linear classifier on the features of a frozen encoder."""

    kind: Literal["lda", "logistic"] = "lda"
    """Linear discriminant with Ledoit-Wolf shrinkage, or penalised logistic regression."""
    strengths: Annotated[tuple[Positive, ...], Field(min_length=1)] = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
    """Of logistic regression: candidates of the inverse penalty C; cross-validation chooses."""
    folds: Annotated[int, Field(ge=2)] = 5


class SamplingSettings(_Section):
    """Which images are in a batch and how they are kept."""

    balanced: bool = True  #: supervised: both classes equally often
    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Part of the labels taken for validation where the table's own split leaves none."""
    cache_mb: Annotated[float, Field(ge=0)] = 1000.0
    """Binned stamps are kept in memory up to this size, and read again each epoch beyond it."""


class InferenceSettings(_Section):
    """How a stamp is seen once training is over."""

    field: Annotated[float, Field(gt=0, le=1)] = 0.75  #: central part of the stamp's side
    dihedral: bool = True  #: average the features over the 8 flips and quarter turns


class Recipe(_Section):
    """One method, complete: what the resolved file beside a model holds.

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
    objective: Annotated[BceSettings | NnclrSettings, Field(discriminator="kind")]
    optimiser: OptimiserSettings = OptimiserSettings()
    head: HeadSettings = HeadSettings()
    sampling: SamplingSettings = SamplingSettings()
    inference: InferenceSettings = InferenceSettings()

    @property
    def supervised(self) -> bool:
        """Whether training needs labels."""
        return isinstance(self.objective, BceSettings)

    @classmethod
    def load(cls, name_or_path: str | Path) -> Self:
        """Read a recipe that ships, by name, or a TOML file, by path.

        Raises
        ------
        RecipeError
            If there is none, it is not TOML, or a key or value is not allowed; names all of them.
        """
        path = Path(name_or_path)
        if path.suffix == ".toml" or path.parent != Path():
            try:
                return cls.parse(path.read_text(encoding="utf-8"), str(path))
            except (OSError, UnicodeDecodeError) as error:
                raise RecipeError(f"{path}: cannot be read as a recipe ({error}).") from error
        shipped = resources.files("strandline") / "recipes" / f"{name_or_path}.toml"
        if not shipped.is_file():
            raise RecipeError(
                f"There is no recipe {str(name_or_path)!r}; there are {', '.join(recipe_names())}. "
                "A recipe of your own is given as the path of a .toml file."
            )
        return cls.parse(shipped.read_text(encoding="utf-8"), str(name_or_path))

    @classmethod
    def parse(cls, text: str, origin: str) -> Self:
        """Make a recipe from TOML; `origin` is what errors call it.

        Raises
        ------
        RecipeError
        """
        try:
            return cls.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise RecipeError(f"{origin}: is not valid TOML ({error}).") from error
        except ValidationError as error:
            raise RecipeError(_explain(error, origin)) from error

    def to_toml(self) -> str:
        """Return the resolved recipe as TOML, defaults written out; `parse` reads it back."""
        values = self.model_dump(mode="json")
        lines = [f"{key} = {_toml(value)}" for key, value in values.items() if not _is_table(value)]
        for section, content in values.items():
            if _is_table(content):
                lines += ["", f"[{section}]"]
                lines += [f"{key} = {_toml(value)}" for key, value in content.items()]
        return "\n".join(lines) + "\n"


def recipe_names() -> tuple[str, ...]:
    """Return the names of the recipes that ship."""
    folder = resources.files("strandline") / "recipes"
    return tuple(
        sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))
    )


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _toml(value: object) -> str:
    if isinstance(value, str | bool | int):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    raise TypeError(f"no TOML for {type(value).__name__}")


def _explain(error: ValidationError, origin: str) -> str:
    lines = []
    for problem in error.errors():
        # a discriminated union puts the chosen kind into the path: objective.nnclr.queue
        place = [str(part) for part in problem["loc"] if part not in ("bce", "nnclr")]
        key = ".".join(place) or "the recipe"
        if problem["type"] == "extra_forbidden":
            lines.append(f"{key}: unknown key; allowed here: {', '.join(_allowed(problem['loc']))}")
        elif problem["type"] == "missing":
            lines.append(f"{key}: is missing")
        else:
            given = problem.get("input")
            shown = "" if isinstance(given, dict) else f" (given: {given!r})"
            lines.append(f"{key}: {problem['msg'].removeprefix('Value error, ')}{shown}")
    return f"{origin}: " + "; ".join(lines) + "."


def _allowed(place: tuple[int | str, ...]) -> list[str]:
    sections: dict[str, type[_Section]] = {
        "scaling": ScalingSettings,
        "views": ViewSettings,
        "encoder": EncoderSettings,
        "optimiser": OptimiserSettings,
        "head": HeadSettings,
        "sampling": SamplingSettings,
        "inference": InferenceSettings,
    }
    kinds: dict[str, type[_Section]] = {"bce": BceSettings, "nnclr": NnclrSettings}
    if len(place) == 1:
        return list(Recipe.model_fields)
    owner = kinds.get(str(place[1])) if place[0] == "objective" else sections.get(str(place[0]))
    return list(owner.model_fields) if owner else list(Recipe.model_fields)
