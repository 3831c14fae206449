"""What a worker process has at hand: the models, loaded once, and where results go."""

import resource
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import torch

from strandline._version import __version__
from strandline.errors import OptionError, OutputError, StrandlineError, TileError
from strandline.learn import Ensemble
from strandline.survey.onetile import SurveyPlan, tile_rows
from strandline.survey.parts import Part, find_parts, write_part
from strandline.survey.places import Place
from strandline.survey.pooling import Encode, Pool, encode_alone, one_thread
from strandline.survey.regions import Box
from strandline.survey.staging import staged
from strandline.survey.tilelist import SurveyTile
from strandline.tiles import read_tile

__all__ = ["Desk", "Done", "Failed", "Orders", "TileTask", "loaded_models", "work"]

M = TypeVar("M")

_GPU_POOL = 256  # stamps in a batch of a GPU, where nothing else was asked for


@dataclass(frozen=True)
class Orders:
    """What every worker is told once, and what it then needs for any tile.

    Attributes
    ----------
    key : str
        Names these orders among those of other surveys on the same workers.
    version : str
        Of strandline.
    plan : SurveyPlan
    files : mapping of str to bytes
        The ensemble's folder.
    out : Place
    """

    key: str
    plan: SurveyPlan
    files: Mapping[str, bytes]
    out: Place
    version: str = __version__


@dataclass(frozen=True)
class TileTask:
    """One tile for a worker.

    Attributes
    ----------
    tile : SurveyTile
    inputs : str
        See `strandline.survey.parts.inputs_key`.
    box : Box or None
        Its primary region, if it was given.
    """

    tile: SurveyTile
    inputs: str
    box: Box | None = None


@dataclass(frozen=True)
class Done:
    """A tile that is done, and what it cost.

    Attributes
    ----------
    part : Part
    galaxies : int
    bytes_read : int
        From the tile's files.
    seconds, processor_seconds : float
        Of the thread that did it.
    peak_mb : float
        Most memory that the worker process has held so far.
    """

    part: Part
    galaxies: int
    bytes_read: int
    seconds: float
    processor_seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Failed:
    """A tile that gave nothing.

    Attributes
    ----------
    tile : str
    path : str
        Its first file.
    reason : str
    stops : bool
        Whether the survey cannot go on at all: the results' place is full, or versions differ.
    """

    tile: str
    path: str
    reason: str
    stops: bool = False


class Desk:
    """Orders in a worker, and the models once they are loaded.

    Parameters
    ----------
    orders : Orders
        All that is pickled; each process loads the models itself, when it first needs them.
    """

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self._models: Ensemble | None = None
        self._encode: Encode | None = None
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type["Desk"], tuple[Orders]]:
        return Desk, (self.orders,)

    @property
    def models(self) -> Ensemble:
        """The models; the first thread that asks loads them."""
        with self._lock:
            if self._models is None:
                if self.orders.version != __version__:
                    raise OptionError(
                        f"a worker has strandline {__version__}, the survey was begun by "
                        f"{self.orders.version}. Install the same version on all machines."
                    )
                self._models = loaded_models(self.orders.files, Ensemble.load)
            return self._models

    @property
    def encode(self) -> Encode:
        """How stamps get their features: by each thread, or together where that pays."""
        models = self.models.models
        with self._lock:
            if self._encode is None:
                size, at_once = self.orders.plan.pool, self.orders.plan.batch_size
                if size is None:
                    size = max(_GPU_POOL, at_once) if torch.cuda.is_available() else 0
                self._encode = Pool(models, size) if size else encode_alone(models)
            return self._encode

    def close(self) -> None:
        """End what runs in the background, when the worker's orders end."""
        if isinstance(self._encode, Pool):
            self._encode.close()


def loaded_models(files: Mapping[str, bytes], load: Callable[[Path], M]) -> M:
    """Return a model from the files of its folder; see `strandline.survey.identity`."""
    with TemporaryDirectory(prefix="strandline-") as name:
        folder = Path(name) / "model"
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return load(folder)


def work(desk: Desk, task: TileTask) -> Done | Failed:
    """Do one tile, unless it is done already; whatever is wrong with it is returned, not raised."""
    name, orders = task.tile.name, desk.orders
    started, worked = time.monotonic(), time.thread_time()
    try:
        there = find_parts(orders.out, {name: task.inputs}, name)
        if name in there:  # by a worker that died before it could say so
            return Done(there[name], 0, 0, 0.0, 0.0, _peak_mb())
        one_thread()
        models, encode = desk.models, desk.encode
        with staged(task.tile, orders.plan.read) as here:
            tile = read_tile(here.source, orders.plan.read)
            rows = tile_rows(tile, orders.plan, models, task.box, encode)
            count = here.bytes
        part = write_part(orders.out, name, task.inputs, rows, count)
    except TileError as error:
        return Failed(name, task.tile.first_file, str(error))
    except (OutputError, OptionError) as error:
        return Failed(name, task.tile.first_file, str(error), stops=True)
    except StrandlineError as error:
        return Failed(name, task.tile.first_file, str(error))
    except MemoryError as error:
        reason = f"does not fit into the memory of a worker ({error or 'none was left'})."
        return Failed(name, task.tile.first_file, reason)
    except Exception as error:  # a tile that breaks a library costs that tile, not the survey
        reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        return Failed(name, task.tile.first_file, reason)
    seconds = (time.monotonic() - started, time.thread_time() - worked)
    return Done(part, rows.table.num_rows, count, *seconds, _peak_mb())


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.is_file():  # what getrusage says on Linux may be of the process that started this one
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1e3
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
