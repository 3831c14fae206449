"""Heads of classes that were made on the page, in a folder of their own."""

from pathlib import Path

from strandline.app.retraining import Trained
from strandline.app.sky import Sky
from strandline.errors import OptionError
from strandline.explore.vectors import table_encoder
from strandline.learn.cards import describe_tables, made_now
from strandline.learn.classheads import ClassHead, check_class_name

__all__ = ["head_name", "save_head"]


def head_name(label_class: str) -> str:
    """Return the name of a class as a column and a folder may bear it: ``polar ring`` is
    ``polar_ring``.

    Raises
    ------
    OptionError
        If there is none; no folder can be reached by it but one beside the others.
    """  # noqa: D205
    return check_class_name(label_class.strip().lower().replace(" ", "_"))


def save_head(sky: Sky, trained: Trained, folder: Path) -> Path:
    """Write the head of a class, as ``strandline classify --head`` reads it; return its folder.

    Raises
    ------
    OptionError
        If it has learned nothing yet.
    """
    fit = trained.progress.latest
    if fit is None:
        raise OptionError(f"{trained.label_class}: has no head yet; three examples are needed.")
    name = head_name(trained.label_class)
    encoder, encoder_name = table_encoder(sky.table, "embedding")
    labels, examples = int(trained.progress.labels[-1]), int(trained.progress.examples[-1])
    card = {
        "examples": examples,
        "not_examples": labels - examples,
        "auc_left_out": fit.auc,
        "training": {"tables": describe_tables([sky.table])},
        "seed": sky.seed,
        **made_now(),
    }
    head = ClassHead(
        name, fit.head, sky.head_inputs, encoder, encoder_name, sky.features, card,
        sky.has_harmonics,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    head.save(folder / name)
    return folder / name
