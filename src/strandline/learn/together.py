"""Training on several devices: each takes its share of every batch, the loss is that of the whole.

What one process would do with the same batch is done exactly, up to rounding: random views are
drawn for the whole batch, norms of the encoder take the statistics of all, and features are
gathered from all processes before heads, loss and support set see them. So each process holds the
same heads and the same support set, and any objective works as it is.
"""

from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor, nn

__all__ = ["gathered", "joined_norms", "place", "share"]


def place() -> tuple[int, int]:
    """Return the number of this process, and of how many; (0, 1) without others."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


def share(count: int, rank: int, world: int) -> slice:
    """Return which of the `count` images of a batch process `rank` of `world` takes.

    Shares are in order, and differ by one image at most.
    """
    small, more = divmod(count, world)
    start = rank * small + min(rank, more)
    return slice(start, start + small + (rank < more))


def gathered(part: Tensor, count: int) -> Tensor:
    """Return the rows of all processes, in the order of the batch; gradients find their way back.

    Parameters
    ----------
    part : Tensor, shape (share, ...)
        Of this process, see `share`.
    count : int
        Rows of the whole batch.
    """
    _, world = place()
    if world == 1:
        return part
    return cast(Tensor, cast(Any, _Gather).apply(part, count))


class _Gather(torch.autograd.Function):
    """All rows forward; backward each process's own, summed over what all made of them.

    Each process computes the whole loss, and parameters' gradients are then averaged over the
    processes: the sum of n equal ones, over n, is what one process would have.
    """

    @staticmethod
    def forward(ctx: Any, part: Tensor, count: int) -> Tensor:
        rank, world = place()
        most = share(count, 0, world)
        room = most.stop - most.start
        padded = part.new_zeros((room, *part.shape[1:]))
        padded[: len(part)] = part
        found = [torch.empty_like(padded) for _ in range(world)]
        dist.all_gather(found, padded.contiguous())
        ctx.own = share(count, rank, world)
        sizes = [share(count, other, world) for other in range(world)]
        return torch.cat([rows[: s.stop - s.start] for rows, s in zip(found, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        whole = gradients[0].contiguous().clone()
        dist.all_reduce(whole)
        return whole[ctx.own], None


class _Sum(torch.autograd.Function):
    """The sum over all processes, forward and backward."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total


class JoinedNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm over the images of all processes; on CPUs, where torch has none of its own."""

    def _check_input_dim(self, input: Tensor) -> None:
        pass

    def forward(self, input: Tensor) -> Tensor:
        """Normalise; shape (image, channel, ...)."""
        _, world = place()
        if not self.training or world == 1:
            return super().forward(input)
        axes = [0, *range(2, input.ndim)]
        shape = [1, -1, *[1] * (input.ndim - 2)]
        values = input.float()
        number = values.new_tensor([float(values.numel() / values.shape[1])])
        sums = cast(Tensor, cast(Any, _Sum).apply(torch.cat([values.sum(axes), number])))
        count = sums[-1].detach()
        mean = sums[:-1] / count
        centred = values - mean.view(shape)
        variance = cast(Tensor, cast(Any, _Sum).apply(centred.square().sum(axes))) / count
        self._remember(mean.detach(), variance.detach(), count)
        normal = centred * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            normal = normal * self.weight.view(shape) + self.bias.view(shape)
        return normal.to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: Tensor) -> None:
        if self.running_mean is None or self.running_var is None:
            return
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        momentum = self.momentum if self.momentum is not None else 0.1
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), momentum)
        unbiased = variance * count / (count - 1)
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), momentum)


def joined_norms(module: nn.Module) -> None:
    """Let all batch norms of a module take the images of all processes; changes it.

    Their parameters and buffers stay the same tensors, by the same names.
    """
    for name, child in list(module.named_children()):
        if isinstance(child, nn.modules.batchnorm._BatchNorm) and not isinstance(child, JoinedNorm):
            joined = JoinedNorm(
                child.num_features,
                child.eps,
                child.momentum,
                child.affine,
                child.track_running_stats,
            )
            joined.train(child.training)
            for key, parameter in child.named_parameters(recurse=False):
                setattr(joined, key, parameter)
            for key, buffer in child.named_buffers(recurse=False):
                setattr(joined, key, buffer)
            setattr(module, name, joined)
        else:
            joined_norms(child)
