"""Where models are: in a folder of the user's, or in the package by name; and their members.

A model's folder holds weights, recipe and card. A folder of several models, its *members*, holds
one such folder for each and a card of the whole that names them.
"""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from strandline.errors import ModelError

__all__ = [
    "CARD",
    "MODEL_FILES",
    "RECIPE",
    "WEIGHTS",
    "Shipped",
    "find_member",
    "find_model",
    "member_names",
    "model_names",
    "read_card",
    "shipped_members",
    "shipped_models",
]

WEIGHTS, RECIPE, CARD = "weights.safetensors", "recipe.toml", "card.json"
MODEL_FILES = (WEIGHTS, RECIPE, CARD)


def model_names() -> tuple[str, ...]:
    """Return the names of the models that ship."""
    folder = resources.files("strandline") / "weights"
    if not folder.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in folder.iterdir() if (entry / CARD).is_file()))


@dataclass(frozen=True)
class Shipped:
    """What a shipped model takes, by its card: kind of image, and bands."""

    kind: str
    bands: tuple[str, ...]


def shipped_models() -> dict[str, Shipped]:
    """Return the models that ship, by name, without loading their weights."""
    return {name: _takes(find_model(name)) for name in model_names()}


def _takes(folder: Path) -> Shipped:
    card = read_card(folder / CARD)
    return Shipped(str(card["kind"]), tuple(str(band) for band in card["bands"]))


def shipped_members() -> tuple[str, ...]:
    """Return the single models that ship, members as ``strandline-survey/nnclr``."""
    found: list[str] = []
    for name in model_names():
        members = member_names(find_model(name))
        found += [f"{name}/{member}" for member in members] or [name]
    return tuple(found)


def find_model(name_or_folder: str | Path) -> Path:
    """Return the folder of a model, of one that ships by its name, or of its member.

    ``strandline-survey`` ships; ``strandline-survey/nnclr`` is a member of it.

    Raises
    ------
    ModelError
        If there is none.
    """
    folder = Path(name_or_folder)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ModelError(f"{folder}: is a file; a model is a folder with {WEIGHTS} in it.")
    name, _, member = str(name_or_folder).partition("/")
    if name in model_names():
        whole = Path(str(resources.files("strandline"))) / "weights" / name
        if member in ("", *member_names(whole)):
            return whole / member
        raise ModelError(
            f"{name_or_folder}: the model {name} has no such member (it has "
            f"{', '.join(member_names(whole)) or 'none'})."
        )
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


def find_member(name_or_folder: str | Path) -> Path:
    """Return the folder of a single model; of several members, that of the first.

    Raises
    ------
    ModelError
        If there is none.
    """
    folder = find_model(name_or_folder)
    members = member_names(folder)
    return folder / members[0] if members else folder


def member_names(folder: Path) -> tuple[str, ...]:
    """Return the members that a folder's card names, in its order; none of a single model.

    Raises
    ------
    ModelError
        If the card cannot be read or names something else than folders beside it.
    """
    if (folder / WEIGHTS).is_file() or not (folder / CARD).is_file():
        return ()
    members = read_card(folder / CARD).get("members", ())
    try:
        names = [str(member["name"]) for member in members]
    except (KeyError, TypeError) as error:
        raise ModelError(f"{folder / CARD}: is damaged ({type(error).__name__}).") from error
    for name in names:
        if Path(name).name != name or not (folder / name).is_dir():
            raise ModelError(
                f"{folder / CARD}: names a member {name!r}, which is no folder beside it. "
                "Combine or copy the model again."
            )
    return tuple(names)


def read_card(path: Path) -> dict[str, Any]:
    """Return a card as it stands.

    Raises
    ------
    ModelError
    """
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path}: is damaged ({type(error).__name__}: {error}). Train or copy the model again."
        ) from error
    if not isinstance(card, dict):
        raise ModelError(f"{path}: is damaged (no entries). Train or copy the model again.")
    return card
