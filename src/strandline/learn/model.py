"""A model: encoder, scaling and perhaps a head, as a folder on disk.

The folder holds ``weights.safetensors``, ``recipe.toml`` (resolved) and ``card.json``. Loading
reads numbers and text and never runs code.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from strandline.errors import ModelError, RecipeError
from strandline.files import write_aside
from strandline.learn.canvas import Canvases, CanvasGeometry
from strandline.learn.encoders import Encoder, make_encoder
from strandline.learn.geometry import dihedral
from strandline.learn.heads import Head
from strandline.learn.scaling import Scaling
from strandline.recipe import Recipe
from strandline.stamps import StampBatch, TableSpec

__all__ = ["MODEL_FILES", "Model", "model_names"]

_WEIGHTS, _RECIPE, _CARD = "weights.safetensors", "recipe.toml", "card.json"
MODEL_FILES = (_WEIGHTS, _RECIPE, _CARD)
_FORMAT = 1


class Model:
    """An encoder and perhaps a head, with all that is needed to score raw stamps.

    Parameters
    ----------
    recipe : Recipe
    scaling : Scaling
    encoder : Encoder
        Is put into evaluation mode, on the GPU if there is one.
    head : Head, optional
    card : mapping
        How the model was made: see `strandline.learn.cards`.

    Attributes
    ----------
    recipe, scaling, head, card
        As given.
    bands : tuple of str
        That the model knows. Stamps may lack some of them.
    kind : {"fits", "picture"}
    feature_count : int
    """

    def __init__(
        self,
        recipe: Recipe,
        scaling: Scaling,
        encoder: Encoder,
        head: Head | None = None,
        card: Mapping[str, Any] | None = None,
    ) -> None:
        self.recipe = recipe
        self.scaling = scaling
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.encoder = encoder.to(self.device).eval()
        self.head = head
        self.card: dict[str, Any] = dict(card or {})
        self.feature_count = encoder.feature_count

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that the model was trained on."""
        return self.scaling.bands

    @property
    def kind(self) -> Literal["fits", "picture"]:
        """What it was trained on."""
        return self.scaling.kind

    @property
    def has_head(self) -> bool:
        """Whether it gives probabilities."""
        return self.head is not None

    def summary(self) -> str:
        """Return one line for people."""
        weights = sum(parameter.numel() for parameter in self.encoder.parameters())
        parts = [
            self.recipe.name,
            f"bands {' '.join(self.bands)}",
            f"{self.feature_count} features",
            f"{weights / 1e3:.0f} k weights",
        ]
        found = self.card.get("validation", {})
        if found.get("auc") is not None:
            parts.append(f"validation AUC {found['auc']:.3f}")
        if not self.has_head:
            parts.append("no head yet: train one with strandline train --encoder")
        return ", ".join(parts)

    def check(self, spec: TableSpec) -> None:
        """Check that the stamps of a table can be given to this model.

        Raises
        ------
        ModelError
            If their kind is another, or no band is in common.
        """
        if spec.kind != self.kind:
            named = {"fits": "calibrated FITS images", "picture": "colour pictures"}
            raise ModelError(
                f"The model {self.recipe.name} was trained on {named[self.kind]}, the stamps were "
                f"cut from {named[spec.kind]}. Give a model trained on such stamps."
            )
        self._order(spec.bands)

    def _order(self, bands: tuple[str, ...]) -> list[int]:
        """Return where each of the model's bands is in `bands`; -1 for a missing one."""
        order = [bands.index(band) if band in bands else -1 for band in self.bands]
        if max(order) < 0:
            raise ModelError(
                f"The model {self.recipe.name} knows bands {', '.join(self.bands)}, the stamps "
                f"have {', '.join(bands)}: none in common. Give a model of such bands, or name "
                "the bands of the images when cutting stamps."
            )
        return order

    def prepare(self, batch: StampBatch, bands: tuple[str, ...]) -> tuple[Tensor, Tensor]:
        """Return what the encoder takes: raw stamps cropped, binned, stretched, standardised.

        Parameters
        ----------
        batch : StampBatch
        bands : tuple of str
            Of its band axis; others than the model's are left out, missing ones masked.

        Returns
        -------
        values : Tensor of float32, shape (row, band, y, x)
        present : Tensor of float32, shape (row, band)
        """
        order = self._order(bands)
        if order != list(range(len(bands))):
            batch = _reordered(batch, order)
        geometry = CanvasGeometry.centre(self.recipe)
        with torch.inference_mode():
            canvases = Canvases.from_batch(batch, geometry, self.device)
            return self.scaling(canvases.flux(), canvases.noise, canvases.bin_px)

    def encode(self, values: Tensor, present: Tensor) -> Tensor:
        """Return features, float32 (row, feature), of what `prepare` returned."""
        views = dihedral(values) if self.recipe.inference.dihedral else [values]
        with torch.inference_mode():
            features = [
                self.encoder(view.contiguous(memory_format=torch.channels_last), present)
                for view in views
            ]
            return torch.stack(features).mean(dim=0)

    def embed(self, batch: StampBatch, bands: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the features of raw stamps in memory, shape (row, feature).

        Parameters
        ----------
        batch : StampBatch
        bands : tuple of str
            Of its band axis.

        Raises
        ------
        ModelError
            If no band is in common.
        """
        if not len(batch.rows):
            return np.zeros((0, self.feature_count), dtype=np.float32)
        features: NDArray[np.float32] = self.encode(*self.prepare(batch, bands)).cpu().numpy()
        return features

    def probability(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how likely each galaxy interacts, shape (row,), on the balanced scale.

        Parameters
        ----------
        features : ndarray of float32, shape (row, feature)
            From `embed`.

        Raises
        ------
        ModelError
            If the model has no head.
        """
        if self.head is None:
            raise ModelError(
                f"The model {self.recipe.name} is an encoder without a head and gives no "
                "probability. Train a head on labels first: "
                "strandline train TABLE --labels FILE --encoder MODEL --out NEW."
            )
        return self.head.probability(features)

    def save(self, folder: str | Path, extra: Mapping[str, str] | None = None) -> None:
        """Write the model as a folder; nothing half-written is ever at `folder`.

        Parameters
        ----------
        folder : path
        extra : mapping of str to str, optional
            Further text files, by name.

        Raises
        ------
        OutputError
        """
        tensors = {
            f"encoder.{name}": value.detach().cpu().contiguous()
            for name, value in self.encoder.state_dict().items()
        }
        if self.head is not None:
            tensors |= {
                "head.mean": torch.tensor(self.head.mean),
                "head.std": torch.tensor(self.head.std),
                "head.weight": torch.tensor(self.head.weight),
                "head.bias": torch.tensor([self.head.bias], dtype=torch.float64),
            }
        card = {"format": _FORMAT} | self.card | {"scaling": asdict(self.scaling)}
        with write_aside(folder, marks=MODEL_FILES) as aside:
            aside.mkdir()
            try:
                save_file(tensors, aside / _WEIGHTS)
            except SafetensorError as error:
                raise OSError(str(error)) from error
            (aside / _RECIPE).write_text(self.recipe.to_toml(), encoding="utf-8")
            text = json.dumps(_plain(card), indent=1, ensure_ascii=False, allow_nan=False)
            (aside / _CARD).write_text(text + "\n", encoding="utf-8")
            for name, content in (extra or {}).items():
                (aside / name).write_text(content, encoding="utf-8")

    @classmethod
    def load(cls, name_or_folder: str | Path) -> Self:
        """Read a model from its folder, or one that ships by its name.

        Raises
        ------
        ModelError
            If there is none, or a file is missing, damaged or does not fit the others.
        """
        folder = _find(name_or_folder)
        for name in MODEL_FILES:
            if not (folder / name).is_file():
                raise ModelError(
                    f"{folder}: is not a complete model, {name} is missing. A model's folder "
                    f"holds {_WEIGHTS}, {_RECIPE} and {_CARD}; train or copy it again."
                )
        try:
            recipe = Recipe.load(folder / _RECIPE)
        except RecipeError as error:
            raise ModelError(f"The model's recipe cannot be used: {error}") from error
        card, scaling = _read_card(folder / _CARD)
        encoder, head = _read_weights(folder / _WEIGHTS, recipe, len(scaling.bands))
        return cls(recipe, scaling, encoder, head, card)


def model_names() -> tuple[str, ...]:
    """Return the names of the models that ship."""
    folder = resources.files("strandline") / "weights"
    if not folder.is_dir():
        return ()
    return tuple(sorted(e.name for e in folder.iterdir() if (e / _WEIGHTS).is_file()))


def _find(name_or_folder: str | Path) -> Path:
    folder = Path(name_or_folder)
    if folder.is_dir():
        return folder
    if folder.exists():
        raise ModelError(f"{folder}: is a file; a model is a folder with {_WEIGHTS} in it.")
    if str(name_or_folder) in model_names():
        return Path(str(resources.files("strandline"))) / "weights" / str(name_or_folder)
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


def _read_card(path: Path) -> tuple[dict[str, Any], Scaling]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        if card["format"] > _FORMAT:
            raise ModelError(
                f"{path}: was written in model format {card['format']}; this version of strandline "
                f"reads up to {_FORMAT}. Use a newer strandline."
            )
        kept = card.pop("scaling")
        scaling = Scaling(
            bands=tuple(str(band) for band in kept["bands"]),
            kind=kept["kind"],
            softening=float(kept["softening"]),
            noise=kept["noise"],
            noise_njy=tuple(float(value) for value in kept["noise_njy"]),
            mean=tuple(float(value) for value in kept["mean"]),
            std=tuple(float(value) for value in kept["std"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path}: is damaged ({type(error).__name__}: {error}). Train or copy the model again."
        ) from error
    if scaling.kind not in ("fits", "picture") or scaling.noise not in ("image", "table"):
        raise ModelError(f"{path}: is damaged (kind {scaling.kind!r}, noise {scaling.noise!r}).")
    lengths = {len(scaling.bands), len(scaling.noise_njy), len(scaling.mean), len(scaling.std)}
    if len(lengths) > 1 or lengths == {0}:
        raise ModelError(
            f"{path}: is damaged: for {len(scaling.bands)} bands it has {len(scaling.noise_njy)} "
            f"noise levels, {len(scaling.mean)} means and {len(scaling.std)} standard deviations. "
            "Train or copy the model again."
        )
    return card, scaling


def _read_weights(path: Path, recipe: Recipe, bands: int) -> tuple[Encoder, Head | None]:
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{path}: is damaged or cut short ({error}). Train or copy the model again."
        ) from error
    encoder = make_encoder(bands, recipe.encoder, seed=0)
    own = {
        name.removeprefix("encoder."): value
        for name, value in tensors.items()
        if name.startswith("encoder.")
    }
    try:
        encoder.load_state_dict(own)
    except RuntimeError as error:
        told = str(error).splitlines()
        raise ModelError(
            f"{path}: its weights do not fit {_RECIPE} beside it "
            f"({told[min(1, len(told) - 1)].strip()[:200]}). "
            "The two must come from the same training."
        ) from error
    for name, value in tensors.items():
        if not torch.isfinite(value).all():
            raise ModelError(
                f"{path}: {name} holds values that are not finite; the model is damaged or its "
                "training failed. Train or copy it again."
            )
    if "head.weight" not in tensors:
        return encoder, None
    missing = {f"head.{name}" for name in ("mean", "std", "weight", "bias")} - tensors.keys()
    if missing:
        raise ModelError(
            f"{path}: is damaged ({', '.join(sorted(missing))} is missing). "
            "Train or copy the model again."
        )
    head = Head(
        tensors["head.mean"].numpy(),
        tensors["head.std"].numpy(),
        tensors["head.weight"].numpy(),
        float(tensors["head.bias"][0]),
    )
    if {head.mean.shape, head.std.shape, head.weight.shape} != {(encoder.feature_count,)}:
        raise ModelError(
            f"{path}: mean, std and weight of the head have shapes {head.mean.shape}, "
            f"{head.std.shape}, {head.weight.shape}; the encoder gives {encoder.feature_count} "
            "features. The two must come from the same training."
        )
    return encoder, head


def _reordered(batch: StampBatch, order: list[int]) -> StampBatch:
    """Return `batch` with the bands in `order`; NaN for those at -1."""
    missing = np.asarray(order) < 0

    def pick(values: NDArray[Any]) -> NDArray[Any]:
        chosen = values[:, order]  # -1 takes the last band, overwritten next
        chosen[:, missing] = np.nan
        return chosen

    return replace(
        batch,
        pixels=pick(batch.pixels),
        unit_njy=pick(batch.unit_njy),
        noise_njy=pick(batch.noise_njy),
    )


def _plain(value: Any) -> Any:
    """Return `value` as JSON can hold it: numpy and tuples unwrapped, NaN as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
