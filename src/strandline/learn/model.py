"""A model: encoder, scaling and perhaps a head; raw stamps in, features and probabilities out."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from strandline.errors import ModelError
from strandline.learn.canvas import Canvases, CanvasGeometry
from strandline.learn.encoders import Encoder
from strandline.learn.erasure import Erasure
from strandline.learn.geometry import dihedral
from strandline.learn.heads import Head
from strandline.learn.inputs import HeadInputs
from strandline.learn.modelfiles import read_model, write_model
from strandline.learn.precision import fast_products
from strandline.learn.scaling import Scaling
from strandline.learn.views import Views, generators
from strandline.progress import say
from strandline.recipe import Recipe
from strandline.seeding import stable_seed
from strandline.shapes import SHAPES_VERSION
from strandline.stamps import StampBatch, TableSpec

__all__ = ["Model"]


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
    inputs : HeadInputs, optional
        What the head looks at; by default the embedding.
    erasure : Erasure, optional
        What the features are made to forget: the last layer, after the average over views.

    Attributes
    ----------
    recipe, scaling, head, card, inputs, erasure
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
        inputs: HeadInputs | None = None,
        erasure: Erasure | None = None,
    ) -> None:
        self.recipe = recipe
        self.scaling = scaling
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.encoder = encoder.to(self.device).eval()
        self.head = head
        self.card: dict[str, Any] = dict(card or {})
        self.feature_count = encoder.feature_count
        self.inputs = inputs or HeadInputs(encoder.feature_count)
        self.erasure = erasure
        self._augmented = 0  # batches seen at random so far
        self._told = False  # that its shapes are of another version

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

    @property
    def uses_shapes(self) -> bool:
        """Whether its head needs shape statistics."""
        return self.head is not None and bool(self.inputs.shapes)

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
        if self.erasure is not None:
            parts.append(f"{self.erasure.rank} directions of nuisances erased")
        if self.uses_shapes:
            parts.append("shapes beside" if self.inputs.embedding else "shapes only")
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
        if self.recipe.inference.augmented:
            return self._random_view(batch)
        geometry = CanvasGeometry.centre(self.recipe)
        with torch.inference_mode():
            canvases = Canvases.from_batch(batch, geometry, self.device)
            return self.scaling(canvases.flux(), canvases.noise, canvases.bin_px)

    def _random_view(self, batch: StampBatch) -> tuple[Tensor, Tensor]:
        """Return shifted and noisy views, other ones at each call: `InferenceSettings.augmented`.

        The first calls of a model see the same views whenever it is loaded.
        """
        self._augmented += 1
        upright = self.recipe.views.model_copy(update={"rotate": "none", "flip": False})
        recipe = self.recipe.model_copy(update={"views": upright})
        geometry = CanvasGeometry.of(recipe)
        views = Views(recipe, self.scaling, geometry.reach)
        seed = stable_seed(0, "inference", self._augmented)
        with torch.inference_mode():
            canvases = Canvases.from_batch(batch, geometry, self.device)
            return views(canvases, *generators(seed, self.device))

    def encode(self, values: Tensor, present: Tensor) -> Tensor:
        """Return features, float32 (row, feature), of what `prepare` returned."""
        views = dihedral(values, self.recipe.inference.orientations)
        with torch.inference_mode():
            with fast_products(self.device):
                features = [
                    self.encoder(view.contiguous(memory_format=torch.channels_last), present)
                    for view in views
                ]
            mean = torch.stack(features).float().mean(dim=0)
            return mean if self.erasure is None else self.erasure(mean)

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

    def probability(
        self, features: NDArray[np.float32], shapes: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Return how likely each galaxy interacts, shape (row,), on the balanced scale.

        Parameters and errors are those of `logit`.
        """
        odds = np.clip(self.logit(features, shapes), -80, 80)  # exp(80) still is a float
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)

    def logit(
        self, features: NDArray[np.float32], shapes: NDArray[np.float32] | None = None
    ) -> NDArray[np.float64]:
        """Return the log-odds that each galaxy interacts, shape (row,), on the balanced scale.

        Parameters
        ----------
        features : ndarray of float32, shape (row, feature)
            From `embed`.
        shapes : ndarray of float32, shape (row, len(SHAPE_NAMES)), optional
            From `strandline.shapes.ShapeReader` or `measure_shapes`; needed if `uses_shapes`.

        Raises
        ------
        ModelError
            If the model has no head, or shapes are needed and were not given.
        """
        if self.head is None:
            raise ModelError(
                f"The model {self.recipe.name} is an encoder without a head and gives no "
                "probability. Train a head on labels first: "
                "strandline train TABLE --labels FILE --encoder MODEL --out NEW."
            )
        self._tell_of_old_shapes()
        try:
            return self.head.logit(self.inputs.matrix(features, shapes))
        except ValueError as error:
            raise ModelError(f"The model {self.recipe.name}: {error}.") from error

    def _tell_of_old_shapes(self) -> None:
        """Say once if the head was fitted to shape statistics that are measured otherwise now."""
        if self.uses_shapes and self.inputs.version != SHAPES_VERSION and not self._told:
            self._told = True
            say(
                f"The model {self.recipe.name} has a head fitted to shape statistics of version "
                f"{self.inputs.version}; this strandline measures version {SHAPES_VERSION}, so "
                "that its probabilities may be off. Train the head again: "
                "strandline train TABLE --labels FILE --encoder MODEL --out NEW."
            )

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
        parts = (self.recipe, self.scaling, self.encoder, self.head, self.card, self.inputs)
        write_model(folder, *parts, self.erasure, extra)

    @classmethod
    def load(cls, name_or_folder: str | Path) -> Self:
        """Read a model from its folder, or one that ships by its name; of several, the first.

        Raises
        ------
        ModelError
            If there is none, or a file is missing, damaged or does not fit the others.
        """
        return cls(*read_model(name_or_folder))


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
