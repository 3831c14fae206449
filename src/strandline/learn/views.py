"""Random views of stamps: what an interacting galaxy may look like and still be the same galaxy.

Every draw is made for each image of its own. The order is that of nature: turned, shifted and
scaled, dimmed or reddened, blurred by the air, laid on a sky, then noise in flux, then what is
masked, and only then the stretch.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import torch
from torch import Generator, Tensor

from strandline.learn.canvas import Canvases
from strandline.learn.draws import Draws, draw
from strandline.learn.geometry import resample
from strandline.learn.nuisances import (
    blurred,
    extinction,
    inside_discs,
    inside_rectangles,
    kept_noise,
    plane,
)
from strandline.learn.scaling import Scaling
from strandline.recipe import Recipe, ViewSettings

__all__ = ["Views", "generators"]

# pixels of a band viewed at once on the CPU: what passes between the steps stays in the cache
_CHUNK = 32 * 64**2
_PICTURE_UNIT = 255.0  # counts; code that reads pictures divides by it


def generators(seed: int, device: torch.device | str) -> tuple[Generator, Generator]:
    """Return the generator of the draws for each image (CPU) and that of the noise (`device`)."""
    return (
        torch.Generator().manual_seed(seed),
        torch.Generator(device).manual_seed(seed ^ 0x5EED),
    )


class Views:
    """Makes random views of canvases for one recipe.

    Parameters
    ----------
    recipe : Recipe
    scaling : Scaling
        The stretch that ends each view.
    reach : float
        Part of the stamp's side that the canvases hold (`CanvasGeometry.reach`).
    """

    def __init__(self, recipe: Recipe, scaling: Scaling, reach: float) -> None:
        self._settings: ViewSettings = recipe.views
        self._output_px = recipe.encoder.view_px
        self._field = recipe.inference.field / reach
        self._scaling = scaling
        self._extinction = extinction(scaling.bands, picture=scaling.kind == "picture")

    def __call__(
        self,
        canvases: Canvases,
        draws: Generator,
        noise: Generator,
        *,
        start: int = 0,
        whole: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return one random view of each image.

        Parameters
        ----------
        canvases : Canvases
        draws, noise : Generator
            See `generators`; the same seeds give the same views.
        start, whole : int, optional
            Where these images stand in a batch, and how many it has: they then get the views that
            they would get in the whole batch.

        Returns
        -------
        values : Tensor of float32, shape (image, channel, y, x)
            Stretched and standardised.
        present : Tensor of float32, shape (image, channel)
        """
        count = len(canvases) if whole is None else whole
        drawn = draw(self._settings, self._field, self._extinction, count, draws)
        drawn = drawn.to(canvases.pixels.device)
        device = canvases.pixels.device.type
        step = max(1, count)
        if device == "cpu":
            step = max(1, _CHUNK // self._output_px**2)
        chunks = [slice(k, min(k + step, count)) for k in range(0, count, step)]
        end = start + len(canvases)
        bands = canvases.pixels.shape[1]
        with torch.autocast(device, enabled=False), ThreadPoolExecutor(1) as ahead:
            # torch draws in one thread only: meanwhile the other cores see to the chunk before
            added = ahead.map(partial(self._noise, bands, generator=noise), chunks)
            parts = []
            for chunk, noise_of_chunk in zip(chunks, added, strict=True):
                first, last = max(chunk.start, start), min(chunk.stop, end)
                if first < last:
                    own = canvases.part(slice(first - start, last - start))
                    if noise_of_chunk is not None:
                        noise_of_chunk = noise_of_chunk[first - chunk.start : last - chunk.start]
                    parts.append(self._view(own, drawn.part(slice(first, last)), noise_of_chunk))
        return torch.cat([values for values, _ in parts]), torch.cat([seen for _, seen in parts])

    def _noise(self, bands: int, chunk: slice, generator: Generator) -> Tensor | None:
        """Return normal deviates for the views of a chunk, or None if the recipe adds no noise."""
        if not self._settings.noise[1] and not self._settings.blur_px[1]:
            return None
        shape = (chunk.stop - chunk.start, bands, self._output_px, self._output_px)
        return torch.randn(shape, generator=generator, device=generator.device)

    def _view(
        self, canvases: Canvases, drawn: Draws, added: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        chosen, side_px = self._settings, self._output_px
        flux = resample(canvases.pixels.float(), drawn.maps, side_px)
        flux *= (canvases.unit * drawn.factor)[:, :, None, None]
        if chosen.grey:
            mean = torch.nanmean(flux, dim=1, keepdim=True)
            flux = torch.where(drawn.grey[:, None, None, None], mean.expand_as(flux), flux)
        sky = self._scaling.sigma(canvases.noise)
        # stamp pixels along the side of a pixel of a view that is not zoomed
        bin_px = canvases.bin_px * self._field * canvases.pixels.shape[-1] / side_px
        # and the sky noise of a pixel of each view, over that of a stamp pixel
        lower = 1 / (bin_px * drawn.zoom).clamp(min=1.0)
        lost = torch.zeros_like(drawn.strength)  # variance that the blur smooths away
        if chosen.blur_px[1]:
            widest = chosen.blur_px[1]
            flux = blurred(flux, drawn.fwhm_px, widest)
            lost = 1 - kept_noise(drawn.fwhm_px, widest).square()
        if chosen.sky_gradient:
            slopes = drawn.slopes * (sky * lower[:, None])[:, :, None]
            flux = flux + plane(slopes, side_px)
        late = chosen.noise_after_stretch_njy > 0
        more = torch.zeros_like(drawn.strength) if late else drawn.strength.square()
        if added is not None:
            sigma = sky * (torch.sqrt(more + lost) * lower)[:, None]
            flux = torch.addcmul(flux, added, sigma[:, :, None, None])
        flux = self._masked(flux, drawn)
        # a survey would measure the noise that is now there, old and new
        total = sky * torch.sqrt(1 + more)[:, None]
        values, present = self._scaling(flux, total, bin_px, drawn.zoom)
        if late and added is not None:
            # upon the bands, which come first
            values[:, : sky.shape[1]] += (
                added * self._late_sigma(sky, drawn.strength)[:, :, None, None]
            )
        return values, present

    def _masked(self, flux: Tensor, drawn: Draws) -> Tensor:
        flux.masked_fill_(drawn.dropped[:, :, None, None], torch.nan)
        if self._settings.erase:
            erased = inside_rectangles(drawn.erased, self._output_px)
            flux.masked_fill_(erased[:, None], torch.nan)
        if self._settings.mask:
            masked = inside_discs(drawn.masked, self._output_px)
            flux.masked_fill_(masked[:, None], torch.nan)
        return flux

    def _late_sigma(self, sky: Tensor, strength: Tensor) -> Tensor:
        picture = self._scaling.kind == "picture"
        unit = _PICTURE_UNIT if picture else self._settings.noise_after_stretch_njy
        return sky * strength[:, None] / unit
