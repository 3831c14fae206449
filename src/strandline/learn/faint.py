"""Inputs that give faint light weight over the nucleus: channels of all bands together.

A stretch against the noise of one band leaves a tail of two sigma where noise is as large, and most
of its range to the nucleus. The channels here add up what the bands have in common, in units of
its own noise, with a stretch that is logarithmic from one sigma on:

- ``deep``: the sum of the bands, best in signal to noise for the spectrum of a usual galaxy; above
  30 sigma it saturates, so that its whole range is for what lies below.
- ``smooth``: the same smoothed by a Gaussian of 3 pixels FWHM, in units of the noise that is left;
  it saturates at 30 of those, about 7 of a pixel.
- ``residual``: the stretched sum less that of a smooth symmetric galaxy (`learn.host`).
- ``asymmetric``: the stretched sum where it is brighter than its half turn about the galaxy's
  centre: light without a counterpart on the other side. Not negative.

They need no band in particular: whichever are there are added up. Where a pixel is missing in all
of them it is missing here too.

The sky of pictures is not at zero and their noise is not that of a survey: level and noise are
taken from the border of each picture, median and scaled median absolute deviation, for each colour
and again for each channel, since compression and resampling make the noise of neighbours alike.
"""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from strandline.learn.host import Ellipses, fit_ellipses, host_light, turned
from strandline.learn.stretch import asinh
from strandline.recipe import FaintChannel

__all__ = ["faint_light", "in_noise", "summed"]

_SATURATION = 30.0  # sigma
_FWHM_PX = 3.0
_FWHM_PER_SIGMA = 2.3548
_REACH = 6.0  # sigma of the Gaussian
_BORDER = 1 / 12  # of a picture's side
_MAD_TO_SIGMA = 1.4826
_LEAST_NOISE = 0.5  # counts: pictures are rounded to 1, and black skies have no noise at all
_LEAST_SEEN = 0.5

# Flux per frequency of a usual galaxy at redshift 0.1 over that in r: u - g 1.2, g - r 0.75,
# r - i 0.33 and so on, between the red sequence and the blue cloud; a band not named counts as r
_SPECTRUM = {"u": 0.17, "g": 0.5, "r": 1.0, "i": 1.35, "z": 1.65, "y": 1.8, "vis": 1.2}
_SPECTRUM |= {"j": 2.0, "h": 2.3, "k": 2.2}


def faint_light(
    flux: Tensor,
    sigma: Tensor,
    bands: Sequence[str],
    kind: Literal["fits", "picture"],
    channels: Sequence[FaintChannel],
) -> Tensor:
    """Return channels of all bands together, stretched.

    Parameters
    ----------
    flux : Tensor of float32, shape (image, band, y, x)
        nJy (counts for pictures); NaN where missing.
    sigma : Tensor of float32, shape (image, band)
        Sky noise of one of these pixels; not looked at for pictures.
    bands : sequence of str
        Names of the band axis.
    kind : {"fits", "picture"}
    channels : sequence of str

    Returns
    -------
    Tensor of float32, shape (image, channel, y, x)
        NaN where no band has a pixel.
    """
    picture = kind == "picture"
    total, seen = in_noise(flux, sigma, bands, kind)
    light = asinh(total)
    found: dict[str, Tensor] = {}
    if "deep" in channels:
        found["deep"] = light.clamp(max=math.asinh(_SATURATION))
    if "smooth" in channels:
        smooth = _smoothed(total, seen)
        if picture:
            smooth = _against_border(smooth[:, None])[:, 0]
        found["smooth"] = asinh(smooth).clamp_(max=math.asinh(_SATURATION))
    if "residual" in channels or "asymmetric" in channels:
        ellipses: Ellipses = fit_ellipses(light)
        if "residual" in channels:
            found["residual"] = light - host_light(light, seen, ellipses)
        if "asymmetric" in channels:
            opposite, there = turned(light, ellipses), turned(seen, ellipses)
            found["asymmetric"] = (light - opposite).clamp_(min=0.0) * (there > _LEAST_SEEN)
    result = torch.stack([found[channel] for channel in channels], dim=1)
    lost = seen == 0
    if lost.any():
        result.masked_fill_(lost[:, None], torch.nan)
    return result


def in_noise(
    flux: Tensor, sigma: Tensor, bands: Sequence[str], kind: Literal["fits", "picture"]
) -> tuple[Tensor, Tensor]:
    """Return all bands together in units of the noise of a pixel, and where any is there.

    Parameters are those of `faint_light`, what is returned that of `summed`.
    """
    if kind == "fits":
        return summed(flux, sigma, sigma.new_tensor([_spectrum(band) for band in bands]))
    level = _against_border(flux, _LEAST_NOISE)
    total, seen = summed(level, torch.ones_like(sigma), sigma.new_ones(len(bands)))
    total = _against_border(total[:, None].where(seen[:, None] > 0, torch.nan))[:, 0]
    return total.nan_to_num_(0.0), seen


def summed(flux: Tensor, sigma: Tensor, spectrum: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sum of the bands of best signal to noise, in units of its noise.

    Each band counts by its expected flux over its variance; where a pixel of a band is missing,
    the others make up the sum, which is then noisier and is given in units of that noise.

    Parameters
    ----------
    flux : Tensor, shape (image, band, y, x)
        NaN where missing.
    sigma : Tensor, shape (image, band)
        Noise of a pixel.
    spectrum : Tensor, shape (band,)
        Expected flux, in any unit.

    Returns
    -------
    total : Tensor, shape (image, y, x)
        0 where all bands are missing.
    seen : Tensor, shape (image, y, x)
        1 where any band is there, else 0.
    """
    signal = spectrum / sigma  # expected signal to noise, the weight of a band in units of noise
    # at most 1, so that squares stay in the range of float32 whatever the unit of flux
    signal = signal / signal.amax(dim=1, keepdim=True)
    weight = signal / sigma
    power = signal.square()
    count, bands, height, width = flux.shape
    total = torch.bmm(weight[:, None], flux.reshape(count, bands, -1))[:, 0]
    total /= power.sum(dim=1, keepdim=True).sqrt()
    seen = torch.ones_like(total)
    broken = ~torch.isfinite(total.sum(dim=1))
    if broken.any():
        some = flux[broken].reshape(-1, bands, height * width)
        there = torch.isfinite(some)
        kept = torch.bmm(power[broken][:, None], there.float())[:, 0]
        part = torch.bmm(weight[broken][:, None], some.masked_fill(~there, 0.0))[:, 0]
        # bands of no expected signal add next to nothing
        total[broken] = torch.where(kept > 0, part / kept.sqrt(), 0.0)
        seen[broken] = (kept > 0).float()
    return total.reshape(count, height, width), seen.reshape(count, height, width)


def _smoothed(total: Tensor, seen: Tensor) -> Tensor:
    """Return images of unit noise smoothed by a Gaussian, in units of the noise that is left.

    Parameters
    ----------
    total, seen : Tensor, shape (image, y, x)
        As from `summed`.
    """
    side = total.shape[-1]
    place = torch.arange(side, device=total.device, dtype=torch.float32)
    away = (place[:, None] - place) * (_FWHM_PER_SIGMA / _FWHM_PX)
    taps = torch.exp(-0.5 * away.square())  # (to, from); symmetric
    taps.masked_fill_(away.abs() > _REACH, 0.0)  # no denormal numbers, twenty times as slow
    # white noise adds up in squares; edges and missing pixels leave fewer of them
    left = (taps.square() @ seen @ taps.square()).sqrt_()
    return (taps @ total @ taps) / left.clamp_(min=1e-6)


def _against_border(images: Tensor, least: float = 1e-3) -> Tensor:
    """Return images less the level of their border, in units of its noise, at least `least`.

    Parameters
    ----------
    images : Tensor, shape (image, channel, y, x)
        NaN where missing; an image without a border is missing as a whole.
    """
    side = images.shape[-1]
    width = max(1, round(_BORDER * side))
    rows = torch.cat([images[:, :, :width], images[:, :, -width:]], dim=2).flatten(2)
    inner = images[:, :, width:-width]
    columns = torch.cat([inner[..., :width], inner[..., -width:]], dim=3).flatten(2)
    border = torch.cat([rows, columns], dim=2)
    level = border.nanmedian(dim=2, keepdim=True).values
    spread = (border - level).abs_().nanmedian(dim=2, keepdim=True).values
    noise = (_MAD_TO_SIGMA * spread).clamp_(min=least)
    return (images - level[..., None]) / noise[..., None]


def _spectrum(band: str) -> float:
    """Return the expected flux in a band; a name after ``_`` or ``-`` is not looked at."""
    return _SPECTRUM.get(band.lower().replace("-", "_").split("_")[0], 1.0)
