"""``python -m benchmarks [NAME...]``: run the speed benchmarks and print their ratios."""

import sys
from importlib import import_module

BENCHMARKS = ("startup", "simulation", "detection", "inference", "training", "memory", "survey")
ON_DEMAND = (
    "realsky",
    "realism",
    "inputs",
    "labelling",
    "discovery",
    "explorer",
    "search",
    "encoders",
    "orientations",
    "costs",
    "hyrax",
    "measuring",
    "shape_values",
    "times",
)


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all that take minutes."""
    known = BENCHMARKS + ON_DEMAND
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.exit(f"unknown benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    for name in names or BENCHMARKS:
        module = import_module(f"benchmarks.{name}")
        print(f"== {name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        module.main()


if __name__ == "__main__":
    main([name for name in sys.argv[1:] if not name.startswith("--")])
