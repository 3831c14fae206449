"""``erase``: a model whose features do not know nuisances."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from strandline.errors import OptionError
from strandline.files import check_target
from strandline.learn import MODEL_FILES, Model, erase_nuisances
from strandline.progress import say
from strandline.recipe import ErasureSettings
from strandline.stamps import StampTable

__all__ = ["erase"]

_USUAL = ("noise", "depth", "blur", "shift", "rotation")


def erase(
    tables: Sequence[str | Path],
    model: str | Path,
    out: str | Path,
    *,
    nuisances: Sequence[str] = (),
    count: int | None = None,
    seed: int = 0,
) -> Model:
    """Erase nuisances from the features of a model that is there, and write a new one.

    Parameters
    ----------
    tables : sequence of paths
        Stamp tables like those that it is to be used on; their ``train`` part is looked at. The
        response to a nuisance differs between surveys, and each table's own is erased. Unlike
        those of a training they may have different bands.
    model : str or path
        Is not changed. The new model has no head, since a head is of features as they were.
    out : path
        The new model's folder.
    nuisances : sequence of str, optional
        See `strandline.recipe.ErasureSettings`. By default those of the model's recipe, or all
        but field.
    count : int, optional
        Stamps to look at, instead of the recipe's number.
    seed : int

    Raises
    ------
    ModelError
        If the stamps of a table do not suit the model.
    OptionError
        If there is no such nuisance.
    TrainingError
        If the training part has too few stamps.
    """
    check_target(out, MODEL_FILES)
    opened, loaded = [StampTable.open(path) for path in tables], Model.load(model)
    for table in opened:
        loaded.check(table.spec)
    settings = _settings(loaded.recipe.erasure, nuisances, count)
    rows = [
        np.flatnonzero(np.asarray(table.columns("split")["split"].to_pylist()) == "train")
        for table in opened
    ]
    erased = erase_nuisances(loaded, opened, rows, settings, seed)
    if loaded.has_head:
        say(
            f"The head of {model} was fitted to features as they were and is left out. Train one "
            f"anew: strandline train TABLE --labels FILE --encoder {out} --out NEW."
        )
    erased.save(out)
    return erased


def _settings(own: ErasureSettings, nuisances: Sequence[str], count: int | None) -> ErasureSettings:
    values: dict[str, Any] = own.model_dump()
    values["nuisances"] = tuple(nuisances) or own.nuisances or _USUAL
    if count is not None:
        values["sample"] = count
    try:
        return ErasureSettings.model_validate(values)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise OptionError(
            f"{wrong['loc'][0]}: {wrong['msg']} (given: {wrong['input']!r})."
        ) from error
