"""How many labelled stamps of 200x200 px in five bands are made in a second on two cores: 15."""

import tempfile
import time
from collections import Counter
from pathlib import Path

from strandline.simulate import SurveyTruth, make_stamps, make_survey

__all__ = ["main"]

_STAMPS, _WORKERS = 384, 2
_TARGET = 15.0
_FIELDS = 4


def main() -> None:
    """Print the rate of stamps, and of fields, with how many interactions can be seen."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_stamps(folder / "warm.lance", count=4)  # compiles
        started = time.perf_counter()
        made = make_stamps(folder / "sim.lance", count=_STAMPS, seed=1, workers=_WORKERS)
        rate = _STAMPS / (time.perf_counter() - started)
        print(
            f"stamps of 200x200 px in five bands, half of them interacting: {rate:.1f} a second "
            f"with {_WORKERS} workers (target {_TARGET:g})"
        )
        _print_visible(SurveyTruth.read(made.truth))
        started = time.perf_counter()
        make_survey(folder / "sky", fields=_FIELDS, seed=1, workers=_WORKERS)
        seconds = (time.perf_counter() - started) / _FIELDS
        print(f"fields of 1000x1000 px in five bands: {seconds:.1f} s each with {_WORKERS} workers")


def _print_visible(truth: SurveyTruth) -> None:
    kinds, visible = truth.column("kind").astype(str), truth.column("visible")
    interacting = truth.column("interacting") == 1
    counts = Counter(kinds[interacting].tolist())
    told = [
        f"{kind} {visible[interacting & (kinds == kind)].mean():.0%} of {count}"
        for kind, count in counts.most_common()
    ]
    print(f"visible: {visible[interacting].mean():.0%} ({', '.join(told)})")
