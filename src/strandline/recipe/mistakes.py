"""What is wrong with a recipe, said so that it can be mended."""

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

__all__ = ["explain"]


def explain(error: ValidationError, model: type[BaseModel], origin: str) -> str:
    """Return all mistakes in one line: the key, what is allowed, what was given.

    Parameters
    ----------
    error : ValidationError
        Of reading `model`.
    model : type of BaseModel
    origin : str
        What the recipe is called.
    """
    lines = []
    for problem in error.errors():
        place, owners = _place(problem["loc"], model)
        key = ".".join(place) or "the recipe"
        if problem["type"] == "extra_forbidden":
            lines.append(f"{key}: unknown key; allowed here: {', '.join(owners[0].model_fields)}")
        elif problem["type"] == "missing":
            lines.append(f"{key}: is missing")
        else:
            given = problem.get("input")
            shown = "" if isinstance(given, dict) else f" (given: {given!r})"
            lines.append(f"{key}: {problem['msg'].removeprefix('Value error, ')}{shown}")
    return f"{origin}: " + "; ".join(lines) + "."


def _place(
    location: Sequence[int | str], model: type[BaseModel]
) -> tuple[list[str], list[type[BaseModel]]]:
    """Return the keys that lead to a mistake, and the section (or sections) that it is in.

    A union puts the chosen kind into the location: objective.nnclr.queue.
    """
    place: list[str] = []
    owners, below = [model], [model]
    for step in location:
        tagged = [owner for owner in below if len(below) > 1 and _kind(owner) == step]
        if tagged:
            below = tagged
            continue
        place.append(str(step))
        owners = below
        fields = [owner.model_fields.get(str(step)) for owner in below]
        below = [inner for field in fields if field for inner in _models(field.annotation)]
        if not below:  # a value, perhaps within a list
            below = owners
    return place, owners


def _kind(model: type[BaseModel]) -> object:
    return model.model_fields["kind"].default if "kind" in model.model_fields else None


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [found for part in get_args(annotation) for found in _models(part)]
