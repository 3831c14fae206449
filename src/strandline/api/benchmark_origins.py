"""What a benchmark's contestants saw before the labels of the draws, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from strandline.stamps import StampTable

__all__ = ["card_origin", "pretrained_on"]


def pretrained_on(tables: Sequence[StampTable]) -> str:
    """Return what self-supervision sees of tables."""
    counts = [table.columns("split")["split"].to_pylist().count("train") for table in tables]
    told = [f"{count:,} of {table.path.name}" for count, table in zip(counts, tables, strict=True)]
    return f"images to train on, without labels: {', '.join(told)}"


def card_origin(card: Mapping[str, Any]) -> str:
    """Return what the card of a model says of its training, its encoder's first."""
    members = card.get("members")
    if members:
        return "; ".join(
            f"{member['name']}: {_training(member.get('training', {}))}" for member in members
        )
    own = _training(card.get("training", {}))
    encoder = card.get("encoder")
    if not encoder:
        # cards did not always count the labels that pretraining learned from
        untold = "head" in card and not card.get("training", {}).get("labels")
        return f"{own}, and labels of them" if untold else own
    return f"encoder: {_training(encoder.get('training', {}))}; head: {own}"


def _training(training: Mapping[str, Any]) -> str:
    tables = [
        f"{table['name']} ({table['stamps']:,} stamps)" for table in training.get("tables", ())
    ]
    told = ", ".join(tables) or "tables that its card does not name"
    labels = training.get("labels")
    return f"{told}, {sum(labels.values()):,} labels" if labels else told
