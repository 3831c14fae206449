"""Several models that score together: their log-odds calibrated, weighted and added."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from strandline.errors import ModelError
from strandline.files import write_aside
from strandline.learn.cards import card_text
from strandline.learn.model import Model
from strandline.learn.shelf import CARD, MODEL_FILES, find_model, member_names, read_card
from strandline.stamps import TableSpec

__all__ = ["Ensemble", "Member"]

_FORMAT = 1
_TAKEN = "sky"

Odds = Mapping[str, NDArray[np.float64]]
"""Log-odds, shape (row,), by member."""


@dataclass(frozen=True)
class Member:
    """A model, and what is made of its log-odds.

    Attributes
    ----------
    model : Model
        With a head.
    scale, offset : float
        Calibration: scale * log-odds + offset is on the balanced scale.
    weight : float
        Of the calibrated log-odds in the sum of all.
    """

    model: Model
    scale: float = 1.0
    offset: float = 0.0
    weight: float = 1.0

    def calibrated(self, odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return its log-odds on the balanced scale."""
        return self.scale * odds + self.offset


@dataclass(frozen=True)
class Ensemble:
    """Models whose log-odds are added: sum of weight * (scale * log-odds + offset), + bias.

    A single model is an ensemble of one, so that whatever scores galaxies knows only this.

    Attributes
    ----------
    name : str
    members : dict of Member
        By name, in order; embedding and map are those of the first.
    bias : float
    card : dict
        What is known of the whole; empty for models that were only named together.
    """

    name: str
    members: dict[str, Member]
    bias: float = 0.0
    card: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.members:
            raise ModelError("No model was given to score with.")
        for name, member in self.members.items():
            if not member.model.has_head:
                raise ModelError(
                    f"{name}: is an encoder without a head and gives no probability. Train a head "
                    f"on labels first: strandline train TABLE --labels FILE --encoder {name} "
                    "--out NEW."
                )
        if _TAKEN in self.members:
            raise ModelError(
                f"{_TAKEN}: probability_{_TAKEN} is a column of its own in catalogues; give the "
                "model's folder another name."
            )
        kinds = {name: member.model.kind for name, member in self.members.items()}
        if len(set(kinds.values())) > 1:
            told = ", ".join(f"{name} of {kind} images" for name, kind in kinds.items())
            raise ModelError(f"Models of different kinds of images cannot score together: {told}.")

    @classmethod
    def equal(cls, models: Mapping[str, Model], name: str = "") -> Self:
        """Return models with equal rights: the average of their log-odds."""
        weight = 1 / max(len(models), 1)
        members = {short: Member(model, weight=weight) for short, model in models.items()}
        return cls(name or ", ".join(models), members)

    @classmethod
    def joined(cls, parts: Mapping[str, "Ensemble"]) -> Self:
        """Return ensembles with equal rights as one, which averages the log-odds of each.

        A single one stays as it is. A member of several is called ``part-member``.
        """
        if len(parts) == 1:
            only = next(iter(parts.values()))
            return cls(only.name, only.members, only.bias, only.card)
        members: dict[str, Member] = {}
        for name, part in parts.items():
            for short, one in part.members.items():
                called = name if len(part.members) == 1 else f"{name}-{short}"
                weight = one.weight / len(parts)
                members[called] = Member(one.model, one.scale, one.offset, weight)
        bias = sum(part.bias for part in parts.values()) / max(len(parts), 1)
        return cls(", ".join(parts), members, bias)

    @property
    def models(self) -> dict[str, Model]:
        """The members' models."""
        return {name: member.model for name, member in self.members.items()}

    @property
    def first(self) -> str:
        """Name of the member whose embedding stands for all."""
        return next(iter(self.members))

    @property
    def kind(self) -> Literal["fits", "picture"]:
        """What its members were trained on."""
        return self.members[self.first].model.kind

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that some member knows."""
        every = (band for model in self.models.values() for band in model.bands)
        return tuple(dict.fromkeys(every))

    @property
    def uses_shapes(self) -> bool:
        """Whether some member needs shape statistics."""
        return any(model.uses_shapes for model in self.models.values())

    def check(self, spec: TableSpec) -> None:
        """Check that stamps can be given to all members.

        Raises
        ------
        ModelError
            If they are of another kind, or have no band in common with one; names it.
        """
        for name, model in self.models.items():
            try:
                model.check(spec)
            except ModelError as error:
                raise ModelError(f"{name}: {error}") from error

    def combine(self, odds: Odds) -> NDArray[np.float32]:
        """Return the probability of all together, shape (row,), on the balanced scale.

        Parameters
        ----------
        odds : mapping of ndarray of float64, shape (row,)
            Log-odds by `Model.logit`, by member.
        """
        terms = [one.weight * one.calibrated(odds[name]) for name, one in self.members.items()]
        return _probability(np.sum(terms, axis=0) + self.bias)

    def each(self, odds: Odds) -> dict[str, NDArray[np.float32]]:
        """Return each member's own calibrated probability, shape (row,)."""
        return {
            name: _probability(one.calibrated(odds[name])) for name, one in self.members.items()
        }

    def summary(self) -> str:
        """Return one line for people."""
        if len(self.members) == 1:
            return self.members[self.first].model.summary()
        total = sum(abs(member.weight) for member in self.members.values())
        shares = [
            f"{name} ({abs(member.weight) / total:.0%})" for name, member in self.members.items()
        ]
        found = self.card.get("validation", {})
        told = f", validation AUC {found['auc']:.3f}" if found.get("auc") is not None else ""
        return f"{', '.join(shares)}; bands {' '.join(self.bands)}{told}"

    def save(self, folder: str | Path) -> None:
        """Write a folder with one of each member, and a card of the whole beside them.

        Raises
        ------
        OutputError
        """
        members = [
            {
                "name": name,
                "recipe": one.model.recipe.name,
                "weight": one.weight,
                "scale": one.scale,
                "offset": one.offset,
                "validation": one.model.card.get("validation", {}),
                "training": one.model.card.get("training", {}),
            }
            for name, one in self.members.items()
        ]
        told = {"format": _FORMAT, "kind": self.kind, "bands": self.bands} | self.card
        told |= {"members": members, "bias": self.bias}
        with write_aside(folder, marks=MODEL_FILES) as aside:
            aside.mkdir()
            for name, one in self.members.items():
                one.model.save(aside / name)
            (aside / CARD).write_text(card_text(told), encoding="utf-8")

    @classmethod
    def load(cls, name_or_folder: str | Path) -> Self:
        """Read a model of one or several members, by its folder or by the name it ships under.

        Raises
        ------
        ModelError
            If there is none, one has no head, or a file is missing, damaged or does not fit.
        """
        folder = find_model(name_or_folder)
        name = folder.resolve().name
        if not member_names(folder):
            model = Model.load(folder)
            if not model.has_head:
                raise ModelError(
                    f"{name_or_folder}: is an encoder without a head and gives no probability. "
                    "Train a head on labels first: strandline train TABLE --labels FILE --encoder "
                    f"{name_or_folder} --out NEW."
                )
            return cls(name, {name: Member(model)})
        card = read_card(folder / CARD)
        members, bias = _read_members(folder, card)
        return cls(name, members, bias, card)


def _read_members(folder: Path, card: dict[str, Any]) -> tuple[dict[str, Member], float]:
    path = folder / CARD
    try:
        if card["format"] > _FORMAT:
            raise ModelError(
                f"{path}: was written in model format {card['format']}; this version of strandline "
                f"reads up to {_FORMAT}. Use a newer strandline."
            )
        told = {
            str(one["name"]): [float(one[key]) for key in ("scale", "offset", "weight")]
            for one in card.pop("members")
        }
        bias = float(card.pop("bias"))
    except (KeyError, ValueError, TypeError) as error:
        raise ModelError(
            f"{path}: is damaged ({type(error).__name__}: {error}). Combine or copy it again."
        ) from error
    if not np.isfinite([bias, *(value for values in told.values() for value in values)]).all():
        raise ModelError(f"{path}: is damaged (weights that are not finite).")
    return {name: Member(Model.load(folder / name), *values) for name, values in told.items()}, bias


def _probability(odds: NDArray[np.float64]) -> NDArray[np.float32]:
    clipped = np.clip(odds, -80, 80)  # exp(80) still is a float
    return np.asarray(1 / (1 + np.exp(-clipped)), dtype=np.float32)
