"""A model as a folder on disk: ``weights.safetensors``, ``recipe.toml`` (resolved), ``card.json``.

Loading reads numbers and text and never runs code.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from strandline.errors import ModelError, RecipeError
from strandline.files import write_aside
from strandline.learn.encoders import Encoder, make_encoder
from strandline.learn.headfiles import head_from
from strandline.learn.heads import Head
from strandline.learn.inputs import HeadInputs
from strandline.learn.scaling import Scaling
from strandline.recipe import Recipe

__all__ = ["MODEL_FILES", "model_names", "read_model", "write_model"]

_WEIGHTS, _RECIPE, _CARD = "weights.safetensors", "recipe.toml", "card.json"
MODEL_FILES = (_WEIGHTS, _RECIPE, _CARD)
_FORMAT = 1


def write_model(
    folder: str | Path,
    recipe: Recipe,
    scaling: Scaling,
    encoder: Encoder,
    head: Head | None,
    card: Mapping[str, Any],
    inputs: HeadInputs,
    extra: Mapping[str, str] | None = None,
) -> None:
    """Write a model's folder; nothing half-written is ever there.

    Raises
    ------
    OutputError
    """
    tensors = {
        f"encoder.{name}": value.detach().cpu().contiguous()
        for name, value in encoder.state_dict().items()
    }
    if head is not None:
        arrays = head.arrays().items()
        tensors |= {f"head.{name}": torch.tensor(value) for name, value in arrays}
    told = {"format": _FORMAT} | dict(card) | {"scaling": asdict(scaling)}
    if inputs.shapes:
        told["head_inputs"] = inputs.told()
    with write_aside(folder, marks=MODEL_FILES) as aside:
        aside.mkdir()
        try:
            save_file(tensors, aside / _WEIGHTS)
        except SafetensorError as error:
            raise OSError(str(error)) from error
        (aside / _RECIPE).write_text(recipe.to_toml(), encoding="utf-8")
        text = json.dumps(_plain(told), indent=1, ensure_ascii=False, allow_nan=False)
        (aside / _CARD).write_text(text + "\n", encoding="utf-8")
        for name, content in (extra or {}).items():
            (aside / name).write_text(content, encoding="utf-8")


def read_model(
    name_or_folder: str | Path,
) -> tuple[Recipe, Scaling, Encoder, Head | None, dict[str, Any], HeadInputs]:
    """Read a model from its folder, or one that ships by its name.

    Raises
    ------
    ModelError
        If there is none, or a file is missing, damaged or does not fit the others.
    """
    folder = _find(name_or_folder)
    for name in MODEL_FILES:
        if not (folder / name).is_file():
            raise ModelError(
                f"{folder}: is not a complete model, {name} is missing. A model's folder "
                f"holds {_WEIGHTS}, {_RECIPE} and {_CARD}; train or copy it again."
            )
    try:
        recipe = Recipe.load(folder / _RECIPE)
    except RecipeError as error:
        raise ModelError(f"The model's recipe cannot be used: {error}") from error
    card, scaling = _read_card(folder / _CARD)
    encoder, arrays = _read_weights(folder / _WEIGHTS, recipe, len(scaling.bands))
    inputs = _read_inputs(folder / _CARD, card, encoder.feature_count)
    head = _read_head(folder / _WEIGHTS, arrays, inputs.width)
    return recipe, scaling, encoder, head, card, inputs


def model_names() -> tuple[str, ...]:
    """Return the names of the models that ship."""
    folder = resources.files("strandline") / "weights"
    if not folder.is_dir():
        return ()
    return tuple(sorted(e.name for e in folder.iterdir() if (e / _WEIGHTS).is_file()))


def _find(name_or_folder: str | Path) -> Path:
    folder = Path(name_or_folder)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ModelError(f"{folder}: is a file; a model is a folder with {_WEIGHTS} in it.")
    if str(name_or_folder) in model_names():
        return Path(str(resources.files("strandline"))) / "weights" / str(name_or_folder)
    shipped = ", ".join(model_names()) or "none"
    unfinished = folder.with_name(f".{folder.name}.training")
    hint = (
        f" An unfinished training of it is in {unfinished}: repeat the command that began it."
        if unfinished.is_dir()
        else ""
    )
    raise ModelError(
        f"{name_or_folder}: there is no such model folder, and no model of that name ships "
        f"(there are: {shipped}).{hint}"
    )


def _read_card(path: Path) -> tuple[dict[str, Any], Scaling]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if card["format"] > _FORMAT:
            raise ModelError(
                f"{path}: was written in model format {card['format']}; this version of strandline "
                f"reads up to {_FORMAT}. Use a newer strandline."
            )
        kept = card.pop("scaling")
        scaling = Scaling(
            bands=tuple(str(band) for band in kept["bands"]),
            kind=kept["kind"],
            softening=float(kept["softening"]),
            noise=kept["noise"],
            noise_njy=tuple(float(value) for value in kept["noise_njy"]),
            mean=tuple(float(value) for value in kept["mean"]),
            std=tuple(float(value) for value in kept["std"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path}: is damaged ({type(error).__name__}: {error}). Train or copy the model again."
        ) from error
    if scaling.kind not in ("fits", "picture") or scaling.noise not in ("image", "table"):
        raise ModelError(f"{path}: is damaged (kind {scaling.kind!r}, noise {scaling.noise!r}).")
    lengths = {len(scaling.bands), len(scaling.noise_njy), len(scaling.mean), len(scaling.std)}
    if len(lengths) > 1 or lengths == {0}:
        raise ModelError(
            f"{path}: is damaged: for {len(scaling.bands)} bands it has {len(scaling.noise_njy)} "
            f"noise levels, {len(scaling.mean)} means and {len(scaling.std)} standard deviations. "
            "Train or copy the model again."
        )
    return card, scaling


def _read_inputs(path: Path, card: dict[str, Any], features: int) -> HeadInputs:
    """Return what the head looks at: the embedding, unless the card says more."""
    told = card.pop("head_inputs", None)
    if told is None:
        return HeadInputs(features)
    try:
        return HeadInputs.read(told, features)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: cannot be used ({type(error).__name__}: {error}).") from error


def _read_weights(path: Path, recipe: Recipe, bands: int) -> tuple[Encoder, Mapping[str, Tensor]]:
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{path}: is damaged or cut short ({error}). Train or copy the model again."
        ) from error
    encoder = make_encoder(bands, recipe.encoder, seed=0)
    own = {
        name.removeprefix("encoder."): value
        for name, value in tensors.items()
        if name.startswith("encoder.")
    }
    try:
        encoder.load_state_dict(own)
    except RuntimeError as error:
        told = str(error).splitlines()
        raise ModelError(
            f"{path}: its weights do not fit {_RECIPE} beside it "
            f"({told[min(1, len(told) - 1)].strip()[:200]}). "
            "The two must come from the same training."
        ) from error
    for name, value in tensors.items():
        if not torch.isfinite(value).all():
            raise ModelError(
                f"{path}: {name} holds values that are not finite; the model is damaged or its "
                "training failed. Train or copy it again."
            )
    return encoder, tensors


def _read_head(path: Path, tensors: Mapping[str, Tensor], width: int) -> Head | None:
    arrays = {
        name.removeprefix("head."): value.numpy()
        for name, value in tensors.items()
        if name.startswith("head.")
    }
    if not arrays:
        return None
    try:
        return head_from(arrays, width)
    except ValueError as error:
        raise ModelError(
            f"{path}: is damaged or was put together of two ({error}). "
            "Train or copy the model again."
        ) from error


def _plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: numpy and tuples unwrapped, NaN as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
