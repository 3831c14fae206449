"""A trained tracer: one file with its weights and what there is to know of them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from strandline.errors import ModelError
from strandline.files import write_aside
from strandline.learn.precision import fast_products
from strandline.learn.tracing.lights import APERTURES, CLEAR, SUMMED
from strandline.learn.tracing.network import TracingNet
from strandline.learn.tracing.planes import GRID, fitting_bin, planes_of

__all__ = ["LEAST_CHANCE", "SHIPPED_TRACER", "TOGETHER", "Traced", "Tracer"]

SHIPPED_TRACER = "features.safetensors"
"""In the package's ``weights/``."""


LEAST_CHANCE = APERTURES[SUMMED][0]
"""Pixels of less are not counted when a feature's light is added up."""

TOGETHER = 4
"""Stamps that the network sees at once, always: numbers depend on that in their last digits."""

_EVIDENT_PX = 240  # of a stamp: so many of an outline's surest pixels tell


@dataclass(frozen=True)
class Traced:
    """What a tracer says of a stamp.

    Attributes
    ----------
    chance : ndarray of float32, shape (y, x)
        Probability that a pixel is one of the brightest that hold 80 % of a feature's light.
    share : ndarray of float32, shape (y, x)
        Of a pixel's light, that belongs to a feature.
    reach_px : tuple of float
        Distance from the galaxy within which 97 % of the light is; 16th percentile, median and
        84th of what it may be.
    whole : tuple of float
        Light of the features on the stamp, of which some is too faint for the maps, over what
        `share` of the light where `chance` is at least 0.1 adds up to; likewise.
    clear : tuple of float
        Light of the features on `clear_mask`, over what `share` of it adds up to; likewise.
    turn_rad : float
        1-sigma error of the direction in which the maps see the features.
    """

    chance: NDArray[np.float32]
    share: NDArray[np.float32]
    reach_px: tuple[float, float, float]
    whole: tuple[float, float, float]
    clear: tuple[float, float, float]
    turn_rad: float

    def outlines(self, chance: float = 0.5, least_px: int = 20) -> list[NDArray[np.bool_]]:
        """Return connected pixels of at least that chance, as masks of shape (y, x)."""
        labels, count = ndimage.label(self.chance > chance, structure=np.ones((3, 3)))
        areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
        return [labels == number + 1 for number in np.flatnonzero(areas >= least_px)]

    @property
    def clear_mask(self) -> NDArray[np.bool_]:
        """Where features may be and most of the light is theirs, shape (y, x)."""
        chance, share = APERTURES[CLEAR]
        return np.asarray((self.chance > chance) & (self.share > share))

    def evidence(self, mask: NDArray[np.bool_]) -> float:
        """Return how sure it is that an outline, shape (y, x), shows a feature.

        The mean log-odds of its 240 surest pixels; what an outline lacks of them counts 0.
        """
        chance = np.clip(self.chance[mask], 1e-4, 1 - 1e-4)
        odds = np.sort(np.log(chance / (1 - chance)))[-_EVIDENT_PX:]
        return float(odds.sum() / _EVIDENT_PX)


@dataclass(frozen=True)
class Tracer:
    """A network that traces features, and its card.

    Attributes
    ----------
    network : TracingNet
    card : mapping
        Plain JSON: what it was trained on and how good it was.
    digest : str
        SHA-256 of the file that it was read from: other weights are another tracer.
    """

    network: TracingNet
    card: Mapping[str, Any]
    digest: str = ""

    @classmethod
    def load(cls, path: str | Path | None = None) -> Self:
        """Load a tracer from its file, by default the one that ships.

        Raises
        ------
        ModelError
            If the file is missing, damaged or something else.
        """
        shipped = resources.files("strandline") / "weights" / SHIPPED_TRACER
        file = Path(str(shipped)) if path is None else Path(path)
        if not file.is_file():
            raise ModelError(
                f"{file}: there is no such tracer. Train one: strandline train-tracer."
            )
        try:
            with safe_open(str(file), framework="pt") as opened:
                card = json.loads((opened.metadata() or {})["card"])
                weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
            network = TracingNet(card["widths"])
            network.load_state_dict({name: told.float() for name, told in weights.items()})
        except (SafetensorError, KeyError, ValueError, RuntimeError, TypeError) as error:
            raise ModelError(f"{file}: is not a tracer, or is damaged ({error}).") from error
        network.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(network, card, hashlib.sha256(file.read_bytes()).hexdigest())

    def save(self, path: str | Path) -> None:
        """Write weights (as float16) and card into one file."""
        weights = {
            name: told.half().contiguous() if told.is_floating_point() else told.contiguous()
            for name, told in self.network.state_dict().items()
        }
        with write_aside(Path(path)) as aside:
            save_file(weights, str(aside), metadata={"card": json.dumps(dict(self.card))})

    @property
    def level(self) -> float:
        """Evidence above which an outline is taken for a feature; see `Traced.evidence`."""
        return float(self.card["level"])

    def trace(
        self,
        flux: NDArray[np.float32],
        noise: NDArray[np.float32],
        bands: Sequence[str],
        kind: Literal["fits", "picture"],
    ) -> list[Traced]:
        """Return what the network says of the features of the galaxies in the middle of stamps.

        Parameters
        ----------
        flux : ndarray of float32, shape (image, band, y, x)
            nJy (counts for pictures); NaN where missing.
        noise : ndarray of float32, shape (image, band)
            Of a pixel.
        bands : sequence of str
            Blue to red.
        kind : {"fits", "picture"}
        """
        out: list[Traced] = []
        for first in range(0, len(flux), TOGETHER):
            number = np.minimum(np.arange(first, first + TOGETHER), len(flux) - 1)
            told = self._trace_together(flux[number], noise[number], bands, kind)
            out += told[: len(flux) - first]
        return out

    def _trace_together(
        self,
        flux: NDArray[np.float32],
        noise: NDArray[np.float32],
        bands: Sequence[str],
        kind: Literal["fits", "picture"],
    ) -> list[Traced]:
        device = next(self.network.parameters()).device
        sigma = torch.from_numpy(np.where(noise > 0, noise, np.inf).astype(np.float32))
        with torch.inference_mode():
            bin_px = fitting_bin(flux.shape[-1])
            planes = planes_of(
                torch.from_numpy(flux).to(device), sigma.to(device), bands, kind, bin_px
            ).nan_to_num_(0.0)
            inner, pad = _within_grid(planes.shape[-1])
            planes = functional.pad(planes, pad)
            with fast_products(device):
                told = self.network(planes)
            maps = functional.interpolate(
                told.maps.sigmoid()[..., inner, inner],
                size=flux.shape[-2:],
                mode="bilinear",
                align_corners=False,
            ).cpu()
            summed = told.sums[:, (SUMMED, CLEAR), 0].clamp(min=1e-6)
            light = told.light.sort(dim=2).values.expm1().clamp(min=0.0) / summed[:, :, None]
            whole, clear = light.cpu().unbind(dim=1)
            reach = (bin_px * told.reach.sort(dim=1).values.expm1().clamp(min=0.0)).cpu()
            turn = told.turn.exp().clamp(max=np.pi).cpu()
        return [
            Traced(
                chance=maps[k, 0].numpy(),
                share=maps[k, 1].numpy(),
                reach_px=_interval(reach[k]),
                whole=_interval(whole[k]),
                clear=_interval(clear[k]),
                turn_rad=float(turn[k]),
            )
            for k in range(len(flux))
        ]


def _within_grid(side: int) -> tuple[slice, tuple[int, int, int, int]]:
    """Return where a smaller grid lies in that of the training, and how it is padded to it."""
    before = max(GRID - side, 0) // 2
    after = max(GRID - side, 0) - before
    return slice(before, before + side), (before, after, before, after)


def _interval(told: Tensor) -> tuple[float, float, float]:
    low, middle, high = told.tolist()
    return low, middle, high
