"""The last step of training: how much light features have, with maps that change no more.

Each example is looked at once. What the network says of it, and what light its feature has, are
kept; on them the `LightHead` learns in seconds. Its intervals are then set on the validation part,
whose maps are no better than those of new stamps.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from strandline.learn.tracing.examples import Examples
from strandline.learn.tracing.lights import APERTURES, CLEAR, QUANTILES, LightHead
from strandline.learn.tracing.network import TracingNet
from strandline.progress import track

__all__ = ["Weighed", "fit_lights", "weigh", "weighed"]

_AT_ONCE = 64
_EPOCHS, _BATCH, _RATE, _DECAY = 20, 256, 2e-3, 0.5
_LEAST_LIGHT = 300.0  # sigma, of a whole feature: fainter ones are not learned from
_OUTLINED = 0.1  # of a feature's light within outlines: less is not that feature
_CLEAR_PART, _CLEAR_PX = 0.02, 5  # at least so much is clear where that is learned from


@dataclass(frozen=True)
class Weighed:
    """What a network says of examples, and the light of their features.

    Attributes
    ----------
    facts : Tensor, shape (image, facts)
    sums : Tensor, shape (image, aperture, 3)
        See `strandline.learn.tracing.lights`.
    light : Tensor, shape (image, 2)
        Of the whole feature, and where it is clear: sigma.
    usable : Tensor of bool, shape (image, 2)
        Whether there is such light to learn from.
    """

    facts: Tensor
    sums: Tensor
    light: Tensor
    usable: Tensor


def weigh(network: TracingNet, examples: Examples) -> Weighed:
    """Return what a network says of examples, and what is true."""
    device = examples.light.device
    network = network.eval().to(device)
    parts: list[tuple[Tensor, ...]] = []
    with torch.inference_mode(), track("Weighing", len(examples), "stamps") as advance:
        for index in torch.split(torch.arange(len(examples), device=device), _AT_ONCE):
            planes, feature = examples.batch(index)
            told = network(planes)
            chance, share = told.maps.sigmoid().unbind(dim=1)
            inside = [
                (feature * ((chance > least) & (share > part))).sum(dim=(1, 2))
                for least, part in APERTURES
            ]
            parts.append((told.facts, told.sums, feature.sum(dim=(1, 2)), *inside))
            advance(len(index))
    facts, sums, whole, _, outlined, _, clear = (
        torch.cat(column).cpu().clone() for column in zip(*parts, strict=True)
    )
    return weighed(facts, sums, whole, outlined, clear)


def weighed(facts: Tensor, sums: Tensor, whole: Tensor, outlined: Tensor, clear: Tensor) -> Weighed:
    """Return examples with those marked whose light is learned from; shapes (image, ...)."""
    seen = (whole > _LEAST_LIGHT) & (outlined > _OUTLINED * whole)
    enough = (clear > _CLEAR_PART * whole) & (sums[:, CLEAR, 2] >= _CLEAR_PX)
    usable = torch.stack([seen, seen & enough], dim=1)
    return Weighed(facts, sums, torch.stack([whole, clear], dim=1), usable)


def fit_lights(
    head: LightHead, training: Weighed, validation: Weighed, seed: int
) -> dict[str, float]:
    """Train a head anew, which is changed, and set its quantiles on the validation part.

    Returns
    -------
    dict of str to float
        Median size of the relative error of ``whole`` and ``clear`` light on the validation part.
    """
    torch.manual_seed(seed)
    head.apply(_begin_anew).requires_grad_(True)
    count = len(training.facts)
    steps = _EPOCHS * max(count // _BATCH, 1)
    optimiser = torch.optim.AdamW(head.parameters(), _RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    head.train()
    for _ in range(_EPOCHS):
        for index in torch.split(torch.randperm(count), _BATCH)[: max(count // _BATCH, 1)]:
            loss = _loss(head, training, index)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    head.eval()
    with torch.inference_mode():
        off = validation.light.log1p()[:, :, None] - head(validation.facts, validation.sums)
    level = off.new_tensor(QUANTILES)
    for number in range(off.shape[1]):
        some = off[validation.usable[:, number], number]
        if len(some):
            by = torch.zeros(off.shape[1:])
            by[number] = torch.stack([some[:, k].quantile(level[k]) for k in range(len(level))])
            head.shift(by)
    return _errors(head, validation)


def _begin_anew(layer: nn.Module) -> None:
    if isinstance(layer, nn.Linear | nn.BatchNorm1d):
        layer.reset_parameters()


def _errors(head: LightHead, examples: Weighed) -> dict[str, float]:
    with torch.inference_mode():
        told = head(examples.facts, examples.sums)[:, :, QUANTILES.index(0.5)].expm1()
    off = (told / examples.light.clamp(min=1e-6) - 1).abs()
    return {
        name: float(off[examples.usable[:, number], number].nanmedian())
        for number, name in enumerate(("whole", "clear"))
    }


def _loss(head: LightHead, examples: Weighed, index: Tensor) -> Tensor:
    """Return the loss whose least mean is at the quantiles (Koenker & Bassett 1978)."""
    told = head(examples.facts[index], examples.sums[index])
    off = examples.light[index].log1p()[:, :, None] - told
    level = off.new_tensor(QUANTILES)
    loss = torch.maximum(level * off, (level - 1) * off).mean(dim=2)
    weight = examples.usable[index].float()
    return (loss * weight).sum() / weight.sum().clamp(min=1)
