"""How a survey goes: rates, time left, memory, failures; for the terminal and the manifest."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from strandline.progress import Progress, track
from strandline.survey.desk import Done

__all__ = ["Watch", "watched"]


class Watch:
    """Counts what workers report.

    Parameters
    ----------
    advance : Progress
        The bar on the terminal, in tiles.
    """

    def __init__(self, advance: Progress) -> None:
        self._advance = advance
        self._started = time.monotonic()
        self.tiles = 0
        self.galaxies = 0
        self.bytes_read = 0
        self.worker_seconds = 0.0
        self.processor_seconds = 0.0
        self.peak_mb = 0.0
        self.failed_tries = 0
        self.workers_died = 0
        self.tiles_set_aside = 0

    def done(self, done: Done) -> None:
        """Count a tile that is done."""
        self.tiles += 1
        self.galaxies += done.galaxies
        self.bytes_read += done.bytes_read
        self.worker_seconds += done.seconds
        self.processor_seconds += done.processor_seconds
        self.peak_mb = max(self.peak_mb, done.peak_mb)
        self._advance(1, self._note())

    def failed(self) -> None:
        """Count a try that failed."""
        self.failed_tries += 1
        self._advance(0, self._note())

    def died(self) -> None:
        """Count a try whose worker died."""
        self.workers_died += 1
        self.failed()

    def set_aside(self) -> None:
        """Count a tile that is given up."""
        self.tiles_set_aside += 1
        self._advance(1, self._note())

    def _note(self) -> str:
        seconds = max(time.monotonic() - self._started, 1e-9)
        note = f"{self.galaxies} galaxies, {self.galaxies / seconds:.3g}/s, {self.peak_mb:.0f} MB"
        if self.failed_tries:
            note += f", {self.failed_tries} tries failed"
        if self.tiles_set_aside:
            note += f", {self.tiles_set_aside} set aside"
        return note

    def facts(self) -> dict[str, Any]:
        """Return the counts of this run, for the manifest."""
        seconds = time.monotonic() - self._started
        return {
            "tiles": self.tiles,
            "galaxies": self.galaxies,
            "bytes_read": self.bytes_read,
            "seconds": round(seconds, 3),
            "worker_seconds": round(self.worker_seconds, 3),
            "processor_seconds": round(self.processor_seconds, 3),
            "tiles_per_second": round(self.tiles / max(seconds, 1e-9), 4),
            "galaxies_per_second": round(self.galaxies / max(seconds, 1e-9), 3),
            "peak_worker_mb": round(self.peak_mb, 1),
            "failed_tries": self.failed_tries,
            "workers_died": self.workers_died,
            "tiles_set_aside": self.tiles_set_aside,
        }


@contextmanager
def watched(total: int) -> Iterator[Watch]:
    """Yield a `Watch` over `total` tiles; a bar is shown while the body runs."""
    with track("Surveying", total, "tiles") as advance:
        yield Watch(advance)
