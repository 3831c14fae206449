"""Random views of stamps: what an interacting galaxy may look like and still be the same galaxy.

Every draw is made for each image of its own. The order is that of nature: turned, shifted and
scaled, dimmed or reddened, then noise in flux, and only then the stretch.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import torch
from torch import Generator, Tensor

from strandline.learn.canvas import Canvases
from strandline.learn.geometry import resample
from strandline.learn.scaling import Scaling
from strandline.recipe import Recipe, ViewSettings

__all__ = ["Views", "generators"]

_CHUNK = 32  # images viewed at once on the CPU: what passes between the steps stays in the cache


def generators(seed: int, device: torch.device | str) -> tuple[Generator, Generator]:
    """Return the generator of the draws for each image (CPU) and that of the noise (`device`)."""
    return (
        torch.Generator().manual_seed(seed),
        torch.Generator(device).manual_seed(seed ^ 0x5EED),
    )


@dataclass(frozen=True)
class _Draws:
    """What was drawn for each image; shapes (image, ...), float32."""

    maps: Tensor  # (image, 2, 3), from view to canvas coordinates
    zoom: Tensor  # (image,), side of the view over that of the plain field
    factor: Tensor  # (image, band), on the flux
    strength: Tensor  # (image,), of the noise
    dropped: Tensor  # (image, band), bool
    grey: Tensor  # (image,), bool
    erased: Tensor  # (image, 4): x0, x1, y0, y1 in 0..1

    def part(self, chunk: slice) -> "_Draws":
        return _Draws(*(getattr(self, name)[chunk] for name in self.__dataclass_fields__))

    def to(self, device: torch.device) -> "_Draws":
        return _Draws(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


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
        self._output_px = recipe.encoder.input_px
        self._field = recipe.inference.field / reach
        self._scaling = scaling

    def __call__(
        self, canvases: Canvases, draws: Generator, noise: Generator
    ) -> tuple[Tensor, Tensor]:
        """Return one random view of each image.

        Parameters
        ----------
        canvases : Canvases
        draws, noise : Generator
            See `generators`; the same seeds give the same views.

        Returns
        -------
        values : Tensor of float32, shape (image, band, y, x)
            Stretched and standardised.
        present : Tensor of float32, shape (image, band)
        """
        drawn = self._draw(len(canvases), canvases.pixels.shape[1], draws)
        drawn = drawn.to(canvases.pixels.device)
        device = canvases.pixels.device.type
        step = _CHUNK if device == "cpu" else max(1, len(canvases))
        chunks = [slice(start, start + step) for start in range(0, len(canvases), step)]
        with torch.autocast(device, enabled=False), ThreadPoolExecutor(1) as ahead:
            # torch draws in one thread only: meanwhile the other cores see to the chunk before
            added = ahead.map(partial(self._noise, canvases, generator=noise), chunks)
            parts = [
                self._view(canvases.part(chunk), drawn.part(chunk), noise_of_chunk)
                for chunk, noise_of_chunk in zip(chunks, added, strict=True)
            ]
        return torch.cat([values for values, _ in parts]), torch.cat([seen for _, seen in parts])

    def _noise(self, canvases: Canvases, chunk: slice, generator: Generator) -> Tensor | None:
        """Return normal deviates for the views of a chunk, or None if the recipe adds no noise."""
        if not self._settings.noise[1]:
            return None
        count, bands = canvases.pixels[chunk].shape[:2]
        shape = (count, bands, self._output_px, self._output_px)
        return torch.randn(shape, generator=generator, device=generator.device)

    def _draw(self, count: int, bands: int, generator: Generator) -> _Draws:
        chosen = self._settings

        def uniform(low: float, high: float, *shape: int) -> Tensor:
            return low + (high - low) * torch.rand((count, *shape), generator=generator)

        def normal(sigma: float, *shape: int) -> Tensor:
            return sigma * torch.randn((count, *shape), generator=generator)

        zoom = torch.exp(uniform(math.log(chosen.scale[0]), math.log(chosen.scale[1])))
        turn = uniform(0.0, 2 * math.pi)
        if chosen.rotate != "free":
            quarters = 4 if chosen.rotate == "quarter" else 1
            turn = (turn / (2 * math.pi) * quarters).floor() * (math.pi / 2)
        mirror = torch.where(uniform(0.0, 1.0) < (0.5 if chosen.flip else 0.0), -1.0, 1.0)
        shift = uniform(-2 * chosen.shift, 2 * chosen.shift, 2)
        dropped = uniform(0.0, 1.0, bands) < chosen.band_dropout
        spared = torch.randint(bands, (count, 1), generator=generator)
        dropped.scatter_(1, spared, value=False)
        return _Draws(
            maps=self._maps(zoom, turn, mirror, shift),
            zoom=zoom,
            factor=torch.exp(normal(chosen.gain, 1) + normal(chosen.colour, bands)),
            strength=uniform(*chosen.noise),
            dropped=dropped,
            grey=uniform(0.0, 1.0) < chosen.grey,
            erased=_rectangles(uniform(0.0, 1.0, 5), chosen.erase),
        )

    def _maps(self, zoom: Tensor, turn: Tensor, mirror: Tensor, shift: Tensor) -> Tensor:
        cosine, sine = turn.cos(), turn.sin()
        # u (view) -> canvas: mirror x, turn, scale to the field, shift
        linear = torch.stack([cosine * mirror, -sine, sine * mirror, cosine], dim=1)
        linear = linear.reshape(-1, 2, 2) * (self._field * zoom)[:, None, None]
        return torch.cat([linear, (self._field * shift)[:, :, None]], dim=2)

    def _view(
        self, canvases: Canvases, drawn: _Draws, added: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        flux = resample(canvases.pixels.float(), drawn.maps, self._output_px)
        flux *= (canvases.unit * drawn.factor)[:, :, None, None]
        if self._settings.grey:
            mean = torch.nanmean(flux, dim=1, keepdim=True)
            flux = torch.where(drawn.grey[:, None, None, None], mean.expand_as(flux), flux)
        sky = self._scaling.sigma(canvases.noise)
        # stamp pixels along the side of a pixel of a view that is not zoomed
        bin_px = canvases.bin_px * self._field * canvases.pixels.shape[-1] / self._output_px
        if added is not None:
            sigma = sky * (drawn.strength / (bin_px * drawn.zoom).clamp(min=1.0))[:, None]
            flux = torch.addcmul(flux, added, sigma[:, :, None, None])
        flux.masked_fill_(drawn.dropped[:, :, None, None], torch.nan)
        if self._settings.erase:
            flux.masked_fill_(_inside(drawn.erased, self._output_px)[:, None], torch.nan)
        # a survey would measure the noise that is now there, old and new
        total = sky * torch.sqrt(1 + drawn.strength.square())[:, None]
        return self._scaling(flux, total, bin_px)


def _rectangles(uniform: Tensor, probability: float) -> Tensor:
    """Return corners x0, x1, y0, y1 in 0..1 of what is erased; x0 = x1 for nothing.

    Sides are 10 to 35 % of the view's.
    """
    sides = 0.1 + 0.25 * uniform[:, 1:3]
    low = uniform[:, 3:5] * (1 - sides)
    sides = torch.where(uniform[:, :1] < probability, sides, 0.0)
    return torch.stack([low[:, 0], low[:, 0] + sides[:, 0], low[:, 1], low[:, 1] + sides[:, 1]], 1)


def _inside(erased: Tensor, side_px: int) -> Tensor:
    """Return which pixels lie in the rectangles, shape (image, y, x)."""
    centres = (torch.arange(side_px, device=erased.device) + 0.5) / side_px
    x = (centres > erased[:, 0:1]) & (centres < erased[:, 1:2])
    y = (centres > erased[:, 2:3]) & (centres < erased[:, 3:4])
    return y[:, :, None] & x[:, None, :]
