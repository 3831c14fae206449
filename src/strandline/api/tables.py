"""Small joins that several commands share: which models, whose labels."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from strandline.errors import ModelError
from strandline.labels import LabelKeys, Labels, read_labels
from strandline.learn import Model, model_names
from strandline.progress import say
from strandline.stamps import StampTable, TableSpec

__all__ = ["SHIPPED", "choose_models", "load_models", "table_labels"]

SHIPPED = {
    "fits": ("survey-cnn", "survey-nnclr"),
    "picture": ("picture-cnn", "picture-nnclr"),
}
"""Models in the package, by kind of table; used where no model is named."""


def load_models(names: Sequence[str | Path]) -> dict[str, Model]:
    """Load models that are to give probabilities.

    Returns
    -------
    dict
        By short name (the folder's), in the order given.

    Raises
    ------
    ModelError
        If one cannot be loaded or is an encoder without a head.
    """
    models: dict[str, Model] = {}
    for name in names:
        short = base = Path(name).resolve().name
        count = 1
        while short in models:  # two folders may share their last name
            count += 1
            short = f"{base}_{count}"
        models[short] = Model.load(name)
        if not models[short].has_head:
            raise ModelError(
                f"{name}: is an encoder without a head and gives no probability. Train a head on "
                f"labels first: strandline train TABLE --labels FILE --encoder {name} --out NEW."
            )
    return models


def choose_models(
    names: Sequence[str | Path], spec: TableSpec, loaded: Mapping[str, Model] | None = None
) -> dict[str, Model]:
    """Load the named models, or those that ship for this kind of stamps, and say which.

    Parameters
    ----------
    names : sequence of str or path
    spec : TableSpec
        Of the stamps to be scored.
    loaded : mapping, optional
        What `load_models` returned for these names already.

    Returns
    -------
    dict
        As `load_models`.

    Raises
    ------
    ModelError
        If one cannot be loaded, has no head, or is of other bands or another kind of image.
    """
    usual = SHIPPED[spec.kind]
    if not names and not set(usual) <= set(model_names()):
        raise ModelError(
            f"No model ships with this installation for {spec.kind} input (looked for "
            f"{', '.join(usual)}). Name one with --model; strandline train makes one."
        )
    models = dict(loaded) if loaded else load_models(names or usual)
    for name, model in models.items():
        try:
            model.check(spec)
        except ModelError as error:
            raise ModelError(f"{name}: {error}") from error
    if not names:
        say(f"Using the models that ship for {spec.kind} input: {', '.join(models)}.")
    return models


def table_labels(table: StampTable, path: str | Path) -> Labels:
    """Read a label file, match it to the table and say what was used."""
    columns = table.columns("id", "source", "path")
    keys = LabelKeys(*(columns[name].to_pylist() for name in ("id", "source", "path")))
    labels = read_labels(path, keys)
    say(f"{path}: {labels.summary()}.")
    return labels
