"""From flux to what a network sees: asinh against the sky noise, standardised for each channel.

Channels are the bands, and after them those of `learn.faint` that the recipe asks for.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from strandline.errors import TrainingError
from strandline.learn.canvas import Canvases
from strandline.learn.faint import faint_light
from strandline.learn.stretch import asinh
from strandline.recipe import FaintChannel, ScalingSettings

__all__ = ["Scaling"]


@dataclass(frozen=True)
class Scaling:
    """The stretch of one model; measured once on its training table and kept with it.

    Attributes
    ----------
    bands : tuple of str
    kind : {"fits", "picture"}
        Pictures are stretched already and are only standardised.
    softening : float
        Flux at which the stretch turns from linear to logarithmic, in units of the sky noise of
        a binned pixel.
    noise : {"image", "table"}
        Whether that is each stamp's own noise or the training table's.
    noise_njy : tuple of float
        Median sky noise of a stamp pixel over the training table, per band, nJy. Also stands in
        for a stamp whose own noise is unknown.
    mean, std : tuple of float
        Of the stretched values of the training table, per channel.
    faint : tuple of str
        Channels after the bands; see `strandline.learn.faint`.
    """

    bands: tuple[str, ...]
    kind: Literal["fits", "picture"]
    softening: float
    noise: Literal["image", "table"]
    noise_njy: tuple[float, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    faint: tuple[FaintChannel, ...] = ()

    @property
    def channel_count(self) -> int:
        """How many channels a network sees."""
        return len(self.bands) + len(self.faint)

    @classmethod
    def measure(
        cls,
        samples: Iterable[Canvases],
        noise_njy: NDArray[np.float32],
        bands: tuple[str, ...],
        kind: Literal["fits", "picture"],
        settings: ScalingSettings,
    ) -> Self:
        """Measure the scaling on a training table.

        Parameters
        ----------
        samples : iterable of Canvases
            Stamps as inference sees them; each is used once.
        noise_njy : ndarray of float32, shape (row, band)
            Sky noise of all training stamps.
        bands, kind
            Of the table.
        settings : ScalingSettings
            From the recipe.

        Raises
        ------
        TrainingError
            If a band holds no pixel at all.

        Notes
        -----
        Without `ScalingSettings.standardise` calibrated images keep mean 0 and std 1.
        """
        channels = len(bands) + len(settings.faint)
        plain = cls(
            bands,
            kind,
            settings.softening,
            settings.noise,
            noise_njy=tuple(_median_noise(noise_njy).tolist()),
            mean=(0.0,) * channels,
            std=(1.0,) * channels,
            faint=settings.faint,
        )
        # two running sums in float64: 10^9 pixels of values around 1 lose nothing
        sums = torch.zeros((3, channels), dtype=torch.float64)
        for canvases in samples:
            stretched = plain.stretch(canvases.flux(), canvases.noise, canvases.bin_px).double()
            seen = torch.isfinite(stretched)
            kept = torch.where(seen, stretched, 0.0)
            parts = (seen.double(), kept, kept.square())
            sums += torch.stack([part.sum(dim=(0, 2, 3)) for part in parts])
        count, total, square = sums
        empty = [band for band, n in zip(bands, count.tolist(), strict=False) if n == 0]
        if empty:
            raise TrainingError(
                f"Band {', '.join(empty)} has no pixel in the training stamps; cut the table "
                "again without it."
            )
        if not settings.standardise and kind == "fits":
            return plain
        mean = total / count
        std = (square / count - mean.square()).clamp(min=0).sqrt()
        std = torch.where(std > 0, std, 1.0)  # a constant band carries nothing; keep it finite
        return replace(plain, mean=tuple(mean.tolist()), std=tuple(std.tolist()))

    def sigma(self, noise: Tensor) -> Tensor:
        """Return `noise` with the training table's where a stamp's own is unknown.

        Parameters
        ----------
        noise : Tensor, shape (image, band)
            nJy per stamp pixel; NaN or not positive where unknown.
        """
        reference = noise.new_tensor(self.noise_njy).expand_as(noise)
        return torch.where(noise > 0, noise, reference)  # NaN > 0 is False

    def stretch(
        self, flux: Tensor, noise: Tensor, bin_px: float, zoom: Tensor | None = None
    ) -> Tensor:
        """Return all channels, not standardised.

        Of a band asinh(flux / (softening x noise)), of pictures the colours as they are.

        Parameters
        ----------
        flux : Tensor of float32, shape (image, band, y, x)
            nJy.
        noise : Tensor of float32, shape (image, band)
            Sky noise of a stamp pixel, nJy.
        bin_px : float
            Stamp pixels along the side of a pixel of `flux`.
        zoom : Tensor, shape (image,), optional
            Of views, times `bin_px`. Faint light is given in units of the noise that is there;
            bands in that of a view without zoom, which all of a survey's galaxies are seen at.

        Returns
        -------
        Tensor of float32, shape (image, channel, y, x)
            NaN where missing.
        """
        own = self.noise == "image"
        sigma = self.sigma(noise) if own else noise.new_tensor(self.noise_njy).expand_as(noise)
        bands = flux
        if self.kind != "picture":
            gain = max(1.0, bin_px) / (self.softening * sigma)  # noise is lower by the binning
            bands = asinh(flux * gain[:, :, None, None])
        if not self.faint:
            return bands
        side = bin_px * (noise.new_ones(len(noise)) if zoom is None else zoom)
        left = sigma / side.clamp(min=1.0)[:, None]
        return torch.cat([bands, faint_light(flux, left, self.bands, self.kind, self.faint)], dim=1)

    def __call__(
        self, flux: Tensor, noise: Tensor, bin_px: float, zoom: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return standardised values and which channels are there.

        Parameters
        ----------
        flux, noise, bin_px, zoom
            As for `stretch`.

        Returns
        -------
        values : Tensor of float32, shape (image, channel, y, x)
            0 where a pixel is missing.
        present : Tensor of float32, shape (image, channel)
            1 where the channel has at least one pixel, else 0.
        """
        mean = flux.new_tensor(self.mean)[:, None, None]
        std = flux.new_tensor(self.std)[:, None, None]
        values = self.stretch(flux, noise, bin_px, zoom).sub(mean).div_(std)
        present = torch.ones(values.shape[:2], device=values.device)
        broken = ~torch.isfinite(values.sum(dim=(1, 2, 3)))  # faster than pixel by pixel
        if broken.any():
            seen = torch.isfinite(values[broken])
            present[broken] = seen.flatten(2).any(dim=2).float()
            values[broken] = torch.where(seen, values[broken], 0.0)
        return values, present


def _median_noise(noise_njy: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the median positive noise of each band; 1 for a band that has none."""
    known = np.where(noise_njy > 0, noise_njy.astype(np.float64), np.nan)
    result = np.ones(noise_njy.shape[1])
    for band, column in enumerate(known.T):
        if np.isfinite(column).any():
            result[band] = np.nanmedian(column)
    return result
