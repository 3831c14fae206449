"""How many stamps a second the encoders that ship turn into features on this device, alone.

Runs only when it is named: ``python -m benchmarks encoders``. Random numbers of the shape that each
takes are its input; reading, cutting and stretching are not in it. GPUs multiply bfloat16.
"""

import time
from pathlib import Path

import torch

from strandline.learn.encoders import make_encoder
from strandline.learn.geometry import dihedral
from strandline.recipe import Recipe

__all__ = ["main"]

_WEIGHTS = Path(__file__).parents[1] / "src" / "strandline" / "weights"
_BANDS = 5
_SECONDS = 3.0
_BATCH = {"cpu": 32, "cuda": 512}


def _rate(recipe: Recipe, device: str) -> tuple[float, float]:
    """Return images a second, and millions of weights."""
    channels = _BANDS + len(recipe.scaling.faint)
    encoder = make_encoder(channels, recipe.encoder, seed=0).to(device).eval()
    side, count = recipe.encoder.view_px, _BATCH[device]
    values = torch.randn(count, channels, side, side, device=device)
    present = torch.ones(count, channels, device=device)
    fast = torch.autocast(device, torch.bfloat16, enabled=device == "cuda")

    def once() -> None:
        for view in dihedral(values, recipe.inference.orientations):
            encoder(view.contiguous(memory_format=torch.channels_last), present)
        if device == "cuda":
            torch.cuda.synchronize()

    with torch.inference_mode(), fast:
        once()
        once()
        started, rounds = time.perf_counter(), 0
        while time.perf_counter() - started < _SECONDS:
            once()
            rounds += 1
        seconds = time.perf_counter() - started
    weights = sum(parameter.numel() for parameter in encoder.parameters())
    return rounds * count / seconds, weights / 1e6


def main() -> None:
    """Print a line for each encoder that ships."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    called = (
        torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
    )
    print(f"{device}: {called}, batches of {_BATCH[device]}")
    for path in sorted(_WEIGHTS.glob("*/*/recipe.toml")):
        recipe = Recipe.load(path)
        rate, weights = _rate(recipe, device)
        name = "/".join(path.parts[-3:-1])
        views = recipe.inference.orientations
        print(f"  {name:28s} {weights:5.2f} M weights, {views} views: {rate:9.0f} stamps/s")


if __name__ == "__main__":
    main()
