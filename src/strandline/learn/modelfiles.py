"""A model as a folder on disk: ``weights.safetensors``, ``recipe.toml`` (resolved), ``card.json``.

Loading reads numbers and text and never runs code.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from strandline.errors import ModelError, RecipeError
from strandline.files import write_aside
from strandline.learn.cards import card_text
from strandline.learn.encoders import Encoder, make_encoder
from strandline.learn.erasure import Erasure
from strandline.learn.headfiles import head_from
from strandline.learn.heads import Head
from strandline.learn.inputs import HeadInputs
from strandline.learn.scaling import Scaling
from strandline.learn.shelf import CARD, MODEL_FILES, RECIPE, WEIGHTS, find_member
from strandline.recipe import FaintChannel, Recipe

__all__ = ["read_model", "write_model"]

_FORMAT = 1


def write_model(
    folder: str | Path,
    recipe: Recipe,
    scaling: Scaling,
    encoder: Encoder,
    head: Head | None,
    card: Mapping[str, Any],
    inputs: HeadInputs,
    erasure: Erasure | None = None,
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
    if erasure is not None:
        kept = erasure.arrays().items()
        tensors |= {f"erasure.{name}": torch.tensor(value) for name, value in kept}
    told = {"format": _FORMAT} | dict(card) | {"scaling": asdict(scaling)}
    if inputs.shapes:
        told["head_inputs"] = inputs.told()
    with write_aside(folder, marks=MODEL_FILES) as aside:
        aside.mkdir()
        try:
            save_file(tensors, aside / WEIGHTS)
        except SafetensorError as error:
            raise OSError(str(error)) from error
        (aside / RECIPE).write_text(recipe.to_toml(), encoding="utf-8")
        (aside / CARD).write_text(card_text(told), encoding="utf-8")
        for name, content in (extra or {}).items():
            (aside / name).write_text(content, encoding="utf-8")


def read_model(
    name_or_folder: str | Path,
) -> tuple[Recipe, Scaling, Encoder, Head | None, dict[str, Any], HeadInputs, Erasure | None]:
    """Read a model from its folder, or one that ships by its name; of several members, the first.

    Raises
    ------
    ModelError
        If there is none, or a file is missing, damaged or does not fit the others.
    """
    folder = find_member(name_or_folder)
    for name in MODEL_FILES:
        if not (folder / name).is_file():
            raise ModelError(
                f"{folder}: is not a complete model, {name} is missing. A model's folder "
                f"holds {WEIGHTS}, {RECIPE} and {CARD}; train or copy it again."
            )
    try:
        recipe = Recipe.load(folder / RECIPE)
    except RecipeError as error:
        raise ModelError(f"The model's recipe cannot be used: {error}") from error
    card, scaling = _read_card(folder / CARD)
    encoder, arrays = _read_weights(folder / WEIGHTS, recipe, scaling.channel_count)
    inputs = _read_inputs(folder / CARD, card, encoder.feature_count)
    head = _read_head(folder / WEIGHTS, arrays, inputs.width)
    erasure = _read_erasure(folder / WEIGHTS, arrays, encoder.feature_count)
    return recipe, scaling, encoder, head, card, inputs, erasure


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
            faint=tuple(kept.get("faint", ())),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path}: is damaged ({type(error).__name__}: {error}). Train or copy the model again."
        ) from error
    if scaling.kind not in ("fits", "picture") or scaling.noise not in ("image", "table"):
        raise ModelError(f"{path}: is damaged (kind {scaling.kind!r}, noise {scaling.noise!r}).")
    unknown = [name for name in scaling.faint if name not in get_args(FaintChannel)]
    if unknown:
        raise ModelError(
            f"{path}: this version of strandline knows no channel {unknown[0]!r} (it knows "
            f"{', '.join(get_args(FaintChannel))}). Use a newer strandline."
        )
    of_bands = {len(scaling.bands), len(scaling.noise_njy)}
    of_channels = {scaling.channel_count, len(scaling.mean), len(scaling.std)}
    if len(of_bands) > 1 or len(of_channels) > 1 or of_bands == {0}:
        raise ModelError(
            f"{path}: is damaged: for {len(scaling.bands)} bands and {len(scaling.faint)} other "
            f"channels it has {len(scaling.noise_njy)} noise levels, {len(scaling.mean)} means and "
            f"{len(scaling.std)} standard deviations. Train or copy the model again."
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


def _read_weights(
    path: Path, recipe: Recipe, channels: int
) -> tuple[Encoder, Mapping[str, Tensor]]:
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{path}: is damaged or cut short ({error}). Train or copy the model again."
        ) from error
    encoder = make_encoder(channels, recipe.encoder, seed=0)
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
            f"{path}: its weights do not fit {RECIPE} beside it "
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
    arrays = _arrays(tensors, "head.")
    if not arrays:
        return None
    try:
        return head_from(arrays, width)
    except ValueError as error:
        raise _damaged(path, error) from error


def _read_erasure(path: Path, tensors: Mapping[str, Tensor], width: int) -> Erasure | None:
    arrays = _arrays(tensors, "erasure.")
    if not arrays:
        return None
    try:
        return Erasure.of(arrays, width)
    except ValueError as error:
        raise _damaged(path, error) from error


def _arrays(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(prefix): value.numpy()
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _damaged(path: Path, error: ValueError) -> ModelError:
    return ModelError(
        f"{path}: is damaged or was put together of two ({error}). Train or copy the model again."
    )
