"""Hyrax's own ``infer`` on images that ``benchmarks.hyrax`` left; runs where Hyrax is installed.

Prints a line of JSON: images a second from each source, and by the network alone; of each two
numbers, of wall and of processor time.
"""

import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hyrax.datasets import HyraxDataset  # type: ignore[import-not-found]
from hyrax.models.model_registry import hyrax_model  # type: ignore[import-not-found]
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from hyrax import Hyrax  # type: ignore[import-not-found]

FOLDER = Path(sys.argv[1])
BATCH = 128


class Arrays(HyraxDataset, Dataset[Any]):  # type: ignore[misc]
    """Images in memory."""

    def __init__(self, config: dict[str, Any], data_location: str) -> None:
        self.images = np.load(data_location)
        super().__init__(config)

    def __len__(self) -> int:
        return len(self.images)

    def get_image(self, index: int) -> NDArray[np.float32]:
        """Return an image."""
        return np.asarray(self.images[index])

    def get_object_id(self, index: int) -> str:
        """Return its name."""
        return str(index)


@hyrax_model
class Traced(torch.nn.Module):
    """The network of the other side, layer for layer."""

    def __init__(self, config: dict[str, Any], data_sample: object = None) -> None:
        super().__init__()
        self.config = config
        self.network = _network()

    def infer_batch(self, images: Any) -> Tensor:
        """Return features."""
        values = images[0] if isinstance(images, tuple | list) else images
        found: Tensor = self.network(values, torch.ones(values.shape[:2]))
        return found

    def train_batch(self, images: object) -> None:
        """Is never called; Hyrax wants it there."""
        raise NotImplementedError

    @staticmethod
    def prepare_inputs(data_dict: dict[str, Any]) -> tuple[NDArray[np.float32]]:
        """Return stretched images."""
        return (stretched(np.asarray(data_dict["data"]["image"], dtype=np.float32)),)


def _network() -> torch.nn.Module:
    found: torch.nn.Module = torch.jit.load(FOLDER / "network.pt")  # type: ignore[no-untyped-call]
    return found.eval()


def stretched(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return asinh of three times the noise, as the other side does."""
    return np.asarray(np.arcsinh(images / 30))


def infer(dataset: str, place: str) -> NDArray[np.float64]:
    """Return the seconds that an ``infer`` takes, of wall and of processor time."""
    hyrax = Hyrax()
    wanted = {"dataset_class": dataset, "data_location": place, "primary_id_field": "object_id"}
    hyrax.config["data_request"] = {"infer": {"data": wanted | {"fields": ["image"]}}}
    hyrax.config["model"]["name"] = "Traced"
    hyrax.config["infer"]["model_weights_file"] = str(FOLDER / "weights.pth")
    hyrax.config["data_loader"]["batch_size"] = BATCH
    hyrax.config["general"]["results_dir"] = str(FOLDER / "results")
    hyrax.config["data_set"]["filter_catalog"] = f"{place}/catalogue.fits"
    hyrax.config["data_set"]["crop_to"] = [64, 64]
    hyrax.config["data_set"]["transform"] = False
    logging.disable(logging.INFO)
    started = _clocks()
    hyrax.infer()
    return _clocks() - started


def _clocks() -> NDArray[np.float64]:
    return np.array([time.perf_counter(), time.process_time()])


def rates(dataset: str, few: str, many: str, more: int) -> list[float]:
    """Return images a second, of those that `many` has more than `few`: start-up is not in it."""
    rates: list[float] = (more / (infer(dataset, many) - infer(dataset, few))).tolist()
    return rates


def main() -> None:
    """Measure."""
    torch.set_num_threads(int(sys.argv[2]))
    os.chdir(FOLDER)
    images = np.load(FOLDER / "many.npy")
    model = _network()
    torch.save({f"network.{k}": v for k, v in model.state_dict().items()}, FOLDER / "weights.pth")
    ready = torch.split(torch.from_numpy(stretched(images[: 8 * BATCH])), BATCH)
    with torch.inference_mode():
        for _ in range(2):  # the first is slow
            started = _clocks()
            for part in ready:
                model(part, torch.ones(part.shape[:2]))
            alone = (sum(map(len, ready)) / (_clocks() - started)).tolist()
    counts = json.loads((FOLDER / "counts.json").read_text())
    told = {
        "alone": alone,
        "arrays": rates("Arrays", "few.npy", "many.npy", counts["arrays"]),
        "files": rates("FitsImageDataset", "fits-few", "fits-many", counts["files"]),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
