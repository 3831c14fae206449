"""How fast and how well similar galaxies are found among a million embeddings of 128 numbers.

Runs only when it is named: ``python -m benchmarks search``; ``--count=10000000`` for more (they
take 13 GB of disk), with ``--built`` if the index of the last run may be used. Vectors and exact
answers are kept in ``search-work/``. The vectors are random: 32 numbers in 300 groups, spread over
128 by a random matrix, with noise. Before the search the table's files are put out of the system's
cache, so that the first answers come from the disk. Wanted for a million: a median under 10 ms,
recall at 10 of at least 0.95 against brute force, under 2 GB of memory, an index in under 5
minutes; for ten million under 30 ms.
"""

import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from benchmarks.embedded import option
from strandline.stamps import StampTable, TableSpec

__all__ = ["main"]

_WORK = Path("search-work")
_FEATURES, _LATENT, _GROUPS, _NOISE = 128, 32, 300, 0.3
_AT_ONCE = 50_000
_QUERIES, _NEAREST, _FIRST = 200, 10, 20

Vectors = NDArray[np.float32]


def _vectors(count: int) -> Iterator[Vectors]:
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 1, (_GROUPS, _LATENT))
    turn = rng.normal(0, 1, (_LATENT, _FEATURES)) / np.sqrt(_LATENT)
    for start in range(0, count, _AT_ONCE):
        n = min(_AT_ONCE, count - start)
        latent = centres[rng.integers(_GROUPS, size=n)] + rng.normal(0, 0.5, (n, _LATENT))
        yield (latent @ turn + rng.normal(0, _NOISE, (n, _FEATURES))).astype(np.float32)


def _make(path: Path, count: int) -> StampTable:
    with StampTable.writer(path, TableSpec(("r",), 1, "fits")) as writer:
        for start in range(0, count, _AT_ONCE):
            n = min(_AT_ONCE, count - start)
            columns: dict[str, ArrayLike] = {
                "id": [f"{start + k:09d}" for k in range(n)],
                "noise_r": np.ones(n, np.float32),
            }
            writer.append(columns, np.zeros((n, 1, 1, 1), np.float16), np.ones((n, 1), np.float32))
    table = StampTable.open(path)
    schema = pa.schema([("embedding", pa.list_(pa.float32(), _FEATURES))])
    table.add_columns(
        (
            pa.record_batch(
                [pa.FixedSizeListArray.from_arrays(pa.array(part.ravel()), _FEATURES)],
                schema=schema,
            )
            for part in _vectors(count)
        ),
        schema,
    )
    return table


def _exact(queries: Vectors, count: int) -> NDArray[np.int64]:
    """Return the nearest rows of each query by looking at all, in parts."""
    wanted = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    best = np.full((len(queries), _NEAREST), -np.inf, np.float32)
    rows = np.zeros((len(queries), _NEAREST), np.int64)
    start = 0
    for part in _vectors(count):
        cosine = wanted @ (part / np.linalg.norm(part, axis=1, keepdims=True)).T
        near = np.argpartition(-cosine, _NEAREST, axis=1)[:, :_NEAREST]
        both = np.concatenate([best, np.take_along_axis(cosine, near, axis=1)], axis=1)
        where = np.concatenate([rows, near + start], axis=1)
        order = np.argsort(-both, axis=1)[:, :_NEAREST]
        best = np.take_along_axis(both, order, axis=1)
        rows = np.take_along_axis(where, order, axis=1)
        start += len(part)
    return rows


def main() -> None:
    """Print seconds, milliseconds, recall and memory."""
    arguments = sys.argv[1:]
    count = int(option(arguments, "count", "1000000"))
    path = _WORK / f"vectors-{count}.lance"
    _WORK.mkdir(exist_ok=True)
    table = StampTable.open(path) if path.exists() else _make(path, count)
    if "--built" not in arguments:
        started = time.perf_counter()
        table.build_index()
        print(
            f"index of {count} vectors built in {time.perf_counter() - started:.0f} s, "
            f"memory at most {_memory_gb():.2f} GB", flush=True,
        )  # fmt: skip
    rng = np.random.default_rng(1)
    first = next(_vectors(min(count, _AT_ONCE)))
    near = first[rng.choice(len(first), _QUERIES)]
    queries = near + rng.normal(0, _NOISE, near.shape).astype(np.float32)
    kept = _WORK / f"exact-{count}.npy"
    if not kept.exists():
        np.save(kept, _exact(queries, count))
    exact = np.load(kept)
    table = StampTable.open(path)
    _put_out_of_cache(path)
    took, found = [], []
    for query in queries:
        started = time.perf_counter()
        answer = table.nearest(query, _NEAREST)
        took.append(time.perf_counter() - started)
        found.append(answer["row"].to_numpy())
    same = [len(np.intersect1d(one, other)) for one, other in zip(found, exact, strict=True)]
    print(
        f"{count} vectors: median {statistics.median(took) * 1000:.1f} ms "
        f"({statistics.median(took[:_FIRST]) * 1000:.1f} ms of the first {_FIRST}), "
        f"nine in ten under {np.quantile(took, 0.9) * 1000:.1f} ms, "
        f"recall at {_NEAREST} {np.mean(same) / _NEAREST:.3f}, "
        f"memory at most {_memory_gb():.2f} GB",
        flush=True,
    )


def _put_out_of_cache(path: Path) -> None:
    """Let the system forget what it has read of a table, as after a start."""
    for file in path.rglob("*"):
        if file.is_file():
            opened = os.open(file, os.O_RDONLY)
            os.fsync(opened)
            os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(opened)


def _memory_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    main()
