"""Which numbers networks multiply: bfloat16 where the machine is made for it."""

import torch

__all__ = ["bf16_pays", "fast_products"]


def bf16_pays() -> bool:
    """Return whether this machine multiplies bfloat16 faster than float32.

    GPUs, and CPUs with AMX or AVX-512 BF16, where the networks of the recipes take between a third
    and two thirds of the time. Of Intel's only those with AMX: the others do one such product a
    cycle, but two of float32, and the networks take a quarter longer. Weights, losses and views
    stay float32.
    """
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    found = torch.cpu.get_capabilities()
    if "Intel" in str(found.get("cpu_name", "")):
        return bool(found.get("amx_bf16", False))
    return bool(found.get("amx_bf16", False) or found.get("avx512_bf16", False))


def fast_products(device: torch.device) -> torch.autocast:
    """Return a context in which a network's products are of bfloat16, where that is faster.

    Sums stay float32. `python -m benchmarks inference` prints by how much features change.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=bf16_pays())
