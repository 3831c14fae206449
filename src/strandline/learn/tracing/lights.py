"""How much light features have: told from what the maps add up to, each number with an interval.

Sums of faint pixels are biased, and so is what a map of shares says of a whole feature. Here two
numbers are corrected by what is known of the stamp: the whole light, and the part of it that is
clear, where features have most of the light. The rest of a feature lies on a host that is several
times brighter, of which it must be told apart to a few per cent.
"""

from typing import cast

import torch
from torch import Tensor, nn

__all__ = ["APERTURES", "CLEAR", "QUANTILES", "SUMMED", "LightHead", "aperture_sums"]

QUANTILES = (0.16, 0.5, 0.84)
"""What an interval of 1 sigma and its middle are."""

APERTURES = ((0.1, 0.0), (0.5, 0.0), (0.5, 0.3), (0.1, 0.5))
"""Over which light is added up: where chance and share are larger than these."""

SUMMED, CLEAR = 0, 3
"""Of these, what the whole and what the clear light are told from."""

_HIDDEN = 128
_DROPPED = 0.3
_SCALE = 0.2  # logarithms of areas and light are of the order of 5


def aperture_sums(maps: Tensor, light: Tensor) -> Tensor:
    """Return features' light, all light and pixels of each aperture, shape (image, aperture, 3).

    Parameters
    ----------
    maps : Tensor, shape (image, 2, y, x)
        Logits of the chance and of the share.
    light : Tensor, shape (image, y, x)
    """
    chance, share = maps.sigmoid().unbind(dim=1)
    everything = light.clamp(min=0.0)
    columns = torch.stack([share * everything, everything, torch.ones_like(light)], dim=1)
    sums = [
        (columns * ((chance > least) & (share > part))[:, None]).sum(dim=(2, 3))
        for least, part in APERTURES
    ]
    return torch.stack(sums, dim=1)


class LightHead(nn.Module):
    """From what is known of a stamp to its features' light.

    Parameters
    ----------
    facts : int
        Numbers by which the network describes a stamp.
    """

    def __init__(self, facts: int) -> None:
        super().__init__()
        inputs = facts + 3 * len(APERTURES)
        self.layers = nn.Sequential(
            nn.BatchNorm1d(inputs, affine=False),
            nn.Dropout(_DROPPED),
            nn.Linear(inputs, _HIDDEN),
            nn.ReLU(),
            nn.Dropout(_DROPPED),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, 2 * len(QUANTILES)),
        )

    def forward(self, facts: Tensor, sums: Tensor) -> Tensor:
        """Return quantiles of the whole and the clear light, shape (image, 2, quantile).

        Parameters
        ----------
        facts : Tensor, shape (image, facts)
        sums : Tensor, shape (image, aperture, 3)
            See `aperture_sums`.

        Returns
        -------
        Tensor
            Logarithms of 1 + light; what the maps add up to is the first guess.
        """
        own, everything, count = sums.unbind(dim=2)
        purity = own / everything.clamp(min=1e-3)
        known = [facts, _SCALE * own.log1p(), _SCALE * count.log1p(), purity]
        told = self.layers(torch.cat(known, dim=1)).unflatten(1, (2, len(QUANTILES)))
        return cast(Tensor, own[:, (SUMMED, CLEAR)].log1p()[:, :, None] + told)

    def shift(self, by: Tensor) -> None:
        """Move the logarithms of all that is told, shape (2, quantile)."""
        last = cast(nn.Linear, self.layers[-1])
        last.bias.data += by.flatten().to(last.bias)
