"""A smooth symmetric model of the galaxy in the middle of an image, for whole batches.

Everything here works on stretched light, asinh of flux in units of noise: its mean is robust
against bright neighbours, as that of a logarithm is, and a galaxy's profile is nearly a straight
line in it. Steps and papers: the ellipse from adaptive moments (Bernstein & Jarvis 2002, AJ 123,
583), of elliptical rings the median over eight sectors, which a companion or a tail in three of
them does not move, never rising outwards, so that rings and shells are left over.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Ellipses", "fit_ellipses", "host_light", "turned"]

_START = 0.08  # sigma of the first window, in sides of the image
_WIDEST = 0.2  # and of the widest
_NARROWEST_PX = 1.2
_STEPS = 4
_FLATTEST = 0.2  # axis ratio
_SKY = 1.5  # stretched light below, 2 sigma of the noise, tells nothing of the shape
_SECTORS = 8
_CORE_PX = 1.5  # rings are evenly spread in log(1 + (radius / this)^2), so that a core is resolved
_RINGS_PER_E = 2.0


@dataclass(frozen=True)
class Ellipses:
    """Where the galaxies are; shapes (image,).

    Attributes
    ----------
    x, y : Tensor
        Centre, px from the middle of the image.
    xx, xy, yy : Tensor
        Of the form xx dx^2 + 2 xy dx dy + yy dy^2, which is the square of the radius of the circle
        of the same area.
    """

    x: Tensor
    y: Tensor
    xx: Tensor
    xy: Tensor
    yy: Tensor

    def radius2(self, side_px: int) -> Tensor:
        """Return the form at all pixels, shape (image, y * x)."""
        # as one product with the six monomials
        linear_x = -2 * (self.xx * self.x + self.xy * self.y)
        linear_y = -2 * (self.xy * self.x + self.yy * self.y)
        constant = -0.5 * (linear_x * self.x + linear_y * self.y)
        terms = [constant, linear_x, linear_y, self.xx, 2 * self.xy, self.yy]
        return torch.stack(terms, dim=1) @ _monomials(side_px, self.x.device)


def fit_ellipses(light: Tensor) -> Ellipses:
    """Fit an ellipse to the galaxy in the middle of each image, by adaptive moments.

    The window begins round, in the middle, and takes centre, shape and size of what it saw. Where
    there is no light it stays as it began.

    Parameters
    ----------
    light : Tensor, shape (image, y, x)
        Stretched; 0 where missing.
    """
    count, side = len(light), light.shape[-1]
    bright = (light.flatten(1) - _SKY).clamp_(min=0.0)
    monomials = _monomials(side, light.device)
    zero, one = light.new_zeros(count), light.new_ones(count)
    ellipses, size2 = Ellipses(zero, zero, one, zero, one), one * (_START * side) ** 2
    plus, cross = zero, zero
    for _ in range(_STEPS):
        window = torch.exp_(ellipses.radius2(side) * (-0.5 / size2)[:, None])
        # one pixel of unit light in the middle stands for what is known before
        total, x, y, xx, xy, yy = ((bright * window) @ monomials.T).unbind(dim=1)
        total = total + 1
        x, y = x / total, y / total
        prior = 0.5 * (_START * side) ** 2 / total
        xx, yy = xx / total + prior - x.square(), yy / total + prior - y.square()
        xy, mean = xy / total - x * y, 0.5 * (xx + yy)
        # a Gaussian seen through a window like itself is at half its place, has half of what its
        # shape differs by from the window's, and half its moments
        x, y = 2 * x - ellipses.x, 2 * y - ellipses.y
        plus, cross = (xx - yy) / mean - plus, 2 * xy / mean - cross
        plus, cross, round_ = _bounded(plus, cross)
        form = (1 - plus) / round_, -cross / round_, (1 + plus) / round_
        ellipses = Ellipses(x, y, *form)
        size2 = (2 * mean * round_).clamp(_NARROWEST_PX**2, (_WIDEST * side) ** 2)
    return ellipses


def _bounded(plus: Tensor, cross: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return ellipticities of squares no larger than allowed, and 2 q / (1 + q^2) of them."""
    most = (1 - _FLATTEST**2) / (1 + _FLATTEST**2)
    shrunk = (most / torch.hypot(plus, cross).clamp(min=1e-9)).clamp(max=1.0)
    plus, cross = plus * shrunk, cross * shrunk
    return plus, cross, (1 - plus.square() - cross.square()).sqrt()


def host_light(light: Tensor, seen: Tensor, ellipses: Ellipses) -> Tensor:
    """Return the smooth symmetric model of stretched light, shape (image, y, x).

    Parameters
    ----------
    light : Tensor, shape (image, y, x)
        Stretched; 0 where missing.
    seen : Tensor, shape (image, y, x)
        1, or 0 where missing.
    ellipses : Ellipses
    """
    count, side = len(light), light.shape[-1]
    ring = ellipses.radius2(side).clamp_(min=0.0).mul_(_CORE_PX**-2).log1p_().mul_(_RINGS_PER_E)
    # the farthest corner of the flattest ellipse that lies within the image
    corner2 = 2 * side**2 / _FLATTEST
    last = math.ceil(_RINGS_PER_E * math.log1p(corner2 / _CORE_PX**2))
    profile = _profile(light, seen, ring, _sectors(ellipses, side), last + 1)
    low = ring.long().clamp_(max=last - 1)
    inner = profile.gather(1, low)
    outer = profile[:, 1:].gather(1, low)
    return torch.lerp(inner, outer, ring - low).reshape(count, side, side)


def _profile(light: Tensor, seen: Tensor, ring: Tensor, sector: Tensor, rings: int) -> Tensor:
    """Return the median over sectors of the mean light in each ring, shape (image, ring)."""
    count = len(light)
    cell = ring.add(0.5).long().mul_(_SECTORS).add_(sector)
    empty = light.new_zeros((count, rings * _SECTORS))
    total = empty.scatter_add(1, cell, (light * seen).flatten(1))
    number = empty.scatter_add(1, cell, seen.flatten(1))
    total, number = (part.reshape(count, rings, _SECTORS) for part in (total, number))
    whole = total.sum(dim=2, keepdim=True) / number.sum(dim=2, keepdim=True).clamp(min=1.0)
    means = torch.where(number > 0, total / number.clamp(min=1.0), whole)
    ordered = means.sort(dim=2).values
    middle = 0.5 * (ordered[..., _SECTORS // 2 - 1] + ordered[..., _SECTORS // 2])
    return middle.clamp_(min=0.0).cummin(dim=1).values


def _sectors(ellipses: Ellipses, side: int) -> Tensor:
    """Return the octant about the centre that each pixel is in, 0 to 7, shape (image, y * x)."""
    place = _places(side, ellipses.x.device)
    dx = (place - ellipses.x[:, None])[:, None, :]
    dy = (place - ellipses.y[:, None])[:, :, None]
    quadrant = 2 * (dx > 0) + 4 * (dy > 0)
    return (quadrant + (dx.abs() > dy.abs())).flatten(1)


def turned(images: Tensor, ellipses: Ellipses) -> Tensor:
    """Return images turned by 180 degrees about the centres, 0 beyond their edges.

    Parameters
    ----------
    images : Tensor, shape (image, y, x)
    ellipses : Ellipses
    """
    place = _places(images.shape[-1], images.device)
    along, up = (
        (1 - (2 * centre[:, None, None] - place[:, None] - place).abs()).clamp(min=0.0)
        for centre in (ellipses.x, ellipses.y)
    )  # bilinear weights, (image, to, from)
    return up @ images @ along.transpose(1, 2)


def _places(side: int, device: torch.device) -> Tensor:
    return torch.arange(side, device=device, dtype=torch.float32) - 0.5 * (side - 1)


def _monomials(side: int, device: torch.device) -> Tensor:
    """Return 1, x, y, x^2, xy, y^2 at all pixels, px from the middle, shape (6, y * x)."""
    place = _places(side, device)
    x, y = place.repeat(side), place.repeat_interleave(side)
    return torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y])
