"""Small joins that several commands share: which models, whose labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from strandline.errors import ModelError
from strandline.labels import LabelKeys, Labels, read_labels, shown_name
from strandline.learn import Ensemble, shipped_models
from strandline.progress import say
from strandline.stamps import StampTable, TableSpec

__all__ = ["Choice", "choose_models", "choose_shipped", "label_keys", "load_models", "table_labels"]

_KINDS = {"fits": "calibrated images", "picture": "colour pictures"}


@dataclass(frozen=True)
class Choice:
    """Models that score together, and why these.

    Attributes
    ----------
    models : Ensemble
    why : str
        A sentence for people.
    """

    models: Ensemble
    why: str


def load_models(names: Sequence[str | Path]) -> dict[str, Ensemble]:
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
    models: dict[str, Ensemble] = {}
    for name in names:
        short = base = Path(name).resolve().name
        count = 1
        while short in models:  # two folders may share their last name
            count += 1
            short = f"{base}_{count}"
        models[short] = Ensemble.load(name)
    return models


def choose_shipped(spec: TableSpec) -> tuple[str, str]:
    """Return the name of the model that ships for such stamps, and a sentence that says why.

    Of those for this kind of image it is the one that knows most of the bands.

    Raises
    ------
    ModelError
        If there is none, or none knows one of the bands.
    """
    of_kind = {
        name: facts.bands for name, facts in shipped_models().items() if facts.kind == spec.kind
    }
    if not of_kind:
        raise ModelError(
            f"No model ships with this installation for {_KINDS[spec.kind]}. Name one with "
            "--model; strandline train makes one."
        )
    name = max(of_kind, key=lambda name: len(set(of_kind[name]) & set(spec.bands)))
    known = of_kind[name]
    if not set(known) & set(spec.bands):
        told = "; ".join(f"{name} knows {' '.join(bands)}" for name, bands in of_kind.items())
        raise ModelError(
            f"No model that ships knows one of the bands {' '.join(spec.bands)} of these "
            f"{_KINDS[spec.kind]} ({told}). If bands have other names here, name them when cutting "
            "stamps; else train a model (strandline train) and name it with --model."
        )
    used = [band for band in spec.bands if band in known]
    why = f"{name}, which ships for {_KINDS[spec.kind]} in bands {' '.join(known)}; the input has "
    why += " ".join(used) if len(used) < len(known) else "them all"
    if unknown := [band for band in spec.bands if band not in known]:
        why += f", and {' '.join(unknown)}, not used"
    return name, f"{why}."


def choose_models(
    names: Sequence[str | Path], spec: TableSpec, loaded: dict[str, Ensemble] | None = None
) -> Choice:
    """Load the named models, or what ships for such stamps, and say which.

    Parameters
    ----------
    names : sequence of str or path
        Several count alike.
    spec : TableSpec
        Of the stamps to be scored.
    loaded : dict, optional
        What `load_models` returned for these names already.

    Raises
    ------
    ModelError
        If one cannot be loaded, has no head, or is of other bands or another kind of image.
    """
    if names:
        models = Ensemble.joined(loaded or load_models(names))
        why = f"{', '.join(models.members)}, as named."
        if len(models.members) > 1 and models.card:
            why = f"{models.name}, as named, with members {', '.join(models.members)}."
    else:
        name, why = choose_shipped(spec)
        models = Ensemble.load(name)
        say(f"Using {why}")
    models.check(spec)
    return Choice(models, why)


def label_keys(table: StampTable) -> LabelKeys:
    """Return what labels may name a table's galaxies by."""
    names = ("id", "source", "path", "ra", "dec")
    columns = table.columns(*names)
    return LabelKeys(*(columns[name].to_pylist() for name in names))


def table_labels(table: StampTable, source: str | Path) -> Labels:
    """Read a file or a store of labels, match it to the table and say what was used."""
    labels = read_labels(source, label_keys(table))
    say(f"{shown_name(source)}: {labels.summary()}.")
    return labels
