"""A head by itself: a class that a user named, on an encoder that stays as it is.

A light folder, ``head.safetensors`` and ``card.json``, which names the encoder. Loading reads
numbers and text and never runs code.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from strandline.errors import ModelError, OptionError
from strandline.files import write_aside
from strandline.learn.cards import card_text
from strandline.learn.headfiles import head_from
from strandline.learn.heads import Head
from strandline.learn.inputs import HeadInputs
from strandline.shapes import HARMONICS, HARMONICS_VERSION

__all__ = ["HEAD_FILES", "ClassHead", "check_class_name"]

_ARRAYS, _CARD = "head.safetensors", "card.json"
HEAD_FILES = (_ARRAYS,)
"""What marks a folder as such a head."""

_FORMAT = 1
_TAKEN = ("sky",)


def check_class_name(name: str) -> str:
    """Return the name of a class, which becomes the column ``probability_<name>``.

    Raises
    ------
    OptionError
        If it is no word of small letters, digits and underscores, or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or name in _TAKEN:
        raise OptionError(
            f"{name!r}: the name of a class is a word of small letters, digits and underscores, "
            f"e.g. polar_ring, and not {' or '.join(_TAKEN)}."
        )
    return name


@dataclass(frozen=True)
class ClassHead:
    """A head for one class.

    Attributes
    ----------
    name : str
        Of the class.
    head : Head
    inputs : HeadInputs
        What it looks at.
    encoder : str
        `strandline.learn.fingerprint.fingerprint` of the model that made the embedding.
    encoder_name : str
        Name or folder of that model, to find it by.
    features : int
        Width of the embedding.
    card : dict
        What else is known of it: examples, measures, date.
    harmonics : bool
        Whether harmonics of light stand behind the features, as in
        `strandline.explore.vectors.read_looks`.
    """

    name: str
    head: Head
    inputs: HeadInputs
    encoder: str
    encoder_name: str
    features: int
    card: dict[str, Any] = field(default_factory=dict)
    harmonics: bool = False

    def __post_init__(self) -> None:
        check_class_name(self.name)

    def probability(
        self, features: NDArray[np.float32], shapes: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Return the probability of the class on the balanced scale, shape (row,).

        Parameters
        ----------
        features : ndarray of float32, shape (row, feature)
            By the encoder, and harmonics behind them if the head looks at these; NaN gives NaN.
        shapes : ndarray of float32, shape (row, len(SHAPE_NAMES)), optional
            Needed if the head looks at them.
        """
        try:
            matrix = self.inputs.matrix(features, shapes)
        except ValueError as error:
            raise ModelError(f"The head {self.name}: {error}.") from error
        good = np.isfinite(matrix).all(axis=1)
        told = np.full(len(matrix), np.nan, dtype=np.float32)
        if good.any():
            told[good] = self.head.probability(matrix[good])
        return told

    def check(self, encoder: str, whose: str) -> None:
        """Check that an embedding is that which the head was fitted to.

        Raises
        ------
        ModelError
            If its fingerprint `encoder` is another; `whose` says whose it is.
        """
        if encoder != self.encoder:
            raise ModelError(
                f"The head {self.name} belongs to the encoder {self.encoder_name} (fingerprint "
                f"{self.encoder}); {whose} has fingerprint {encoder or 'unknown'}. Scores on "
                f"another embedding would mean nothing: strandline embed TABLE --model "
                f"{self.encoder_name}, or make the head again on this one."
            )

    def save(self, folder: str | Path) -> None:
        """Write it as a folder; an earlier head there is replaced.

        Raises
        ------
        OutputError
            If something else is there, or it cannot be written.
        """
        told = {
            "format": _FORMAT,
            "class": self.name,
            "encoder": {
                "fingerprint": self.encoder,
                "name": self.encoder_name,
                "features": self.features,
            },
            "harmonics": HARMONICS_VERSION if self.harmonics else False,
            "head_inputs": self.inputs.told(),
        }
        with write_aside(folder, marks=HEAD_FILES) as aside:
            aside.mkdir()
            arrays = {name: np.ascontiguousarray(a) for name, a in self.head.arrays().items()}
            save_file(arrays, aside / _ARRAYS)
            (aside / _CARD).write_text(card_text(told | self.card), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read it from its folder.

        Raises
        ------
        ModelError
            If it is no such folder, or damaged.
        """
        folder = Path(folder)
        for name in (_ARRAYS, _CARD):
            if not (folder / name).is_file():
                raise ModelError(
                    f"{folder}: is no head of a class ({name} is missing). Make one with: "
                    "strandline newclass TABLE --name CLASS --examples FILE --out FOLDER."
                )
        try:
            card = json.loads((folder / _CARD).read_text(encoding="utf-8"))
            if card.pop("format") > _FORMAT:
                raise ModelError(f"{folder}: is of a newer format. Use a newer strandline.")
            encoder, name = card.pop("encoder"), str(card.pop("class"))
            features = int(encoder["features"])
            seen = card.pop("harmonics", False)
            if seen and seen != HARMONICS_VERSION:
                raise ModelError(
                    f"{folder}: looks at harmonics of light as an earlier strandline measured "
                    "them. Make it again with: strandline newclass."
                )
            harmonics = bool(seen)
            width = features + HARMONICS * harmonics
            inputs = HeadInputs.read(card.pop("head_inputs"), width)
            head = head_from(_read_arrays(folder / _ARRAYS), inputs.width)
            return cls(
                name, head, inputs, str(encoder["fingerprint"]), str(encoder["name"]), features,
                card, harmonics,
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{folder}: is damaged ({type(error).__name__}: {error}). Make or copy it again."
            ) from error


def _read_arrays(path: Path) -> Mapping[str, NDArray[np.generic]]:
    try:
        arrays: dict[str, NDArray[np.generic]] = load_file(path)
    except SafetensorError as error:
        raise ValueError(str(error)) from error
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"head.{name} holds values that are not finite")
    return arrays
