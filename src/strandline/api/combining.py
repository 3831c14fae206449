"""``combine``: one model of several trained ones, each with a weight that labels tell."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from strandline import learn
from strandline.api.tables import load_models, table_labels
from strandline.errors import OptionError
from strandline.files import check_target
from strandline.learn import MODEL_FILES, Ensemble, Model
from strandline.stamps import StampTable

__all__ = ["combine"]


def combine(
    models: Mapping[str, str | Path] | Sequence[str | Path],
    out: str | Path,
    *,
    table: str | Path | None = None,
    labels: str | Path | None = None,
    description: str = "",
    seed: int = 0,
) -> Ensemble:
    """Make one model of several trained ones, and write it as a folder that holds them all.

    Parameters
    ----------
    models : mapping of str to path, or sequence of paths
        Folders of models with heads, or names of those that ship; by the names that the members
        shall have, by default the folders'. Embedding and map are those of the first.
    out : path
        The new model's folder; wherever a model is named, it can be.
    table : path, optional
        Stamp table whose validation part tells calibration and weights.
    labels : path, optional
        Of the table: CSV, see `strandline.labels.read_labels`. Labels of other parts of the table
        are not looked at. Without table and labels, or with too few of them, all members count
        alike.
    description : str
        For the card.
    seed : int

    Raises
    ------
    OptionError
        If only one of `table` and `labels` is given, or fewer than two models.
    ModelError
        If one has no head, or they do not go together or do not suit the table.
    """
    check_target(out, MODEL_FILES)
    if (table is None) != (labels is None):
        raise OptionError(
            "To weigh models by labels, both --table and --labels are needed; without either, all "
            "models count alike."
        )
    members = _members(models)
    if len(members) < 2:
        raise OptionError(f"{len(members)} model was given; name at least two to combine.")
    name = Path(out).resolve().name
    if table is None or labels is None:
        made = learn.combine(name, members, description=description, seed=seed)
    else:
        opened = StampTable.open(table)
        matched = table_labels(opened, labels)
        told = (matched.rows, matched.values)
        made = learn.combine(
            name, members, table=opened, labels=told, description=description, seed=seed
        )
    made.save(out)
    return made


def _members(models: Mapping[str, str | Path] | Sequence[str | Path]) -> dict[str, Model]:
    """Return the models by name; of one that has members itself, these."""
    if isinstance(models, Mapping):
        parts = {str(name): Ensemble.load(path) for name, path in models.items()}
    else:
        parts = load_models(models)
    return Ensemble.joined(parts).models if parts else {}
