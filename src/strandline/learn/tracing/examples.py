"""Examples to train a tracer on: what it sees of simulated stamps, and the features' light."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from strandline.errors import TableError
from strandline.learn.faint import in_noise
from strandline.learn.stretch import asinh
from strandline.learn.tracing.planes import binned, planes_of
from strandline.progress import track
from strandline.stamps import StampBatch, StampTable

__all__ = ["Examples", "features_table"]

_AT_ONCE = 64
_LIGHT_STEPS, _COLOUR_STEPS, _FEATURE_STEPS = 4.0, 40.0, 8.0  # to 1, of what is kept as bytes


@dataclass(frozen=True)
class Examples:
    """Planes of stamps and their features' light, as bytes.

    Attributes
    ----------
    light, colour : Tensor of int8, shape (image, y, x)
        Stretched; see `strandline.learn.tracing.planes`.
    feature : Tensor of uint8, shape (image, y, x)
        Light of the feature, stretched, in the same unit.
    """

    light: Tensor
    colour: Tensor
    feature: Tensor

    @classmethod
    def of(cls, planes: Tensor, feature: Tensor) -> Self:
        """Keep planes and features' light (in sigma) as bytes."""
        return cls(
            (asinh(planes[:, 0]) * _LIGHT_STEPS).round().clamp(-127, 127).to(torch.int8),
            (planes[:, 1] * _COLOUR_STEPS).round().clamp(-127, 127).to(torch.int8),
            (asinh(feature) * _FEATURE_STEPS).round().clamp(0, 255).to(torch.uint8),
        )

    @classmethod
    def read(cls, table: StampTable, rows: NDArray[np.int64]) -> Self:
        """Read rows of a table and of the one with its features' light.

        Raises
        ------
        TableError
            If that is missing, or belongs to other stamps.
        """
        path = features_table(table.path)
        if not path.exists():
            raise TableError(
                f"{path}: there is no table with the features' light of {table.path}. Make both "
                "with: strandline simulate OUT --stamps N --features."
            )
        lights = StampTable.open(path)
        if lights.spec != table.spec or lights.columns("id") != table.columns("id"):
            raise TableError(f"{path}: does not hold the features' light of {table.path}.")
        parts = list(_parts(table, lights, rows))
        return cls(*(torch.cat([getattr(part, name) for part in parts]) for name in cls.names()))

    @staticmethod
    def names() -> tuple[str, str, str]:
        """Return the attributes."""
        return ("light", "colour", "feature")

    def __len__(self) -> int:
        return len(self.light)

    def to(self, device: torch.device) -> "Examples":
        """Return the same on a device."""
        return Examples(*(getattr(self, name).to(device) for name in self.names()))

    def batch(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Return planes, shape (image, 2, y, x), and features' light (sigma), (image, y, x)."""
        light = (self.light[index].float() / _LIGHT_STEPS).sinh()
        colour = self.colour[index].float() / _COLOUR_STEPS
        feature = (self.feature[index].float() / _FEATURE_STEPS).sinh()
        return torch.stack([light, colour], dim=1), feature


def features_table(table: Path) -> Path:
    """Return where the features' light of a simulated table is."""
    return table.with_name(f"{table.with_suffix('').name}.features.lance")


def _usable(batch: StampBatch) -> tuple[Tensor, Tensor]:
    sigma = torch.from_numpy(batch.noise_njy)
    return torch.from_numpy(batch.flux_njy()), sigma.where(sigma > 0, torch.inf)


def _parts(table: StampTable, lights: StampTable, rows: NDArray[np.int64]) -> Iterator[Examples]:
    pairs = zip(
        table.batches(_AT_ONCE, rows=rows), lights.batches(_AT_ONCE, rows=rows), strict=True
    )
    with track(f"Reading {table.path.name}", len(rows), "stamps") as advance:
        for batch, light in pairs:
            flux, sigma = _usable(batch)
            planes = planes_of(flux, sigma, table.spec.bands, table.spec.kind)
            told = torch.from_numpy(light.flux_njy())
            told = told.where(torch.isfinite(flux), torch.nan)  # what is missing has no feature
            feature = binned(*in_noise(told, sigma, table.spec.bands, table.spec.kind))
            yield Examples.of(planes.nan_to_num_(0.0), feature.nan_to_num_(0.0))
            advance(len(batch.rows))
