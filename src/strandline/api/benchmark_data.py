"""The benchmark's galaxies: which tables, whose labels, what is tested on, where to pretrain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from strandline.api.benchmark_groups import divided, seen_before
from strandline.api.tables import table_labels
from strandline.classify.benchmark import Group, Trial
from strandline.errors import LabelError, OptionError
from strandline.progress import say
from strandline.stamps import StampTable

__all__ = ["BenchmarkData", "Labelled", "beside", "tables"]

_TRAINED = "train"
_TESTED_ON = "tested on"


@dataclass(frozen=True)
class Labelled:
    """Galaxies of one table that have labels.

    Attributes
    ----------
    table : StampTable
    rows, values : ndarray of int64, shape (n,)
        Of the table; 1 interacting, 0 not.
    truth : Path, optional
        See `strandline.api.benchmark_groups.divided`.
    """

    table: StampTable
    rows: NDArray[np.int64]
    values: NDArray[np.int64]
    truth: Path | None

    @property
    def name(self) -> str:
        """The table's, without ending."""
        return self.table.path.name.removesuffix(".lance")

    def only(self, chosen: NDArray[np.bool_]) -> "Labelled":
        """Return some of the galaxies."""
        return Labelled(self.table, self.rows[chosen], self.values[chosen], self.truth)


@dataclass(frozen=True)
class BenchmarkData:
    """What a benchmark works on. A *place* counts through the labelled galaxies of all parts.

    Attributes
    ----------
    parts : tuple of Labelled
        The first is trained on; it is tested on as well if there is no other.
    trial : Trial
        Of places.
    unlabelled : tuple of StampTable
        For pretraining: their part for training only.
    """

    parts: tuple[Labelled, ...]
    trial: Trial
    unlabelled: tuple[StampTable, ...]

    @property
    def table(self) -> StampTable:
        """The table that is trained on."""
        return self.parts[0].table

    @property
    def count(self) -> int:
        """Number of labelled galaxies."""
        return len(self.trial.values)

    def training(self, members: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return rows of `table` and values of places in the pool."""
        return self.parts[0].rows[members], self.parts[0].values[members]

    def gather(
        self,
        places: NDArray[np.int64],
        read: Callable[[StampTable, NDArray[np.int64]], NDArray[Any]],
    ) -> NDArray[Any]:
        """Return what `read` gives for rows of a table, shape (row, ...), in order of places."""
        found, order, start = [], [], 0
        for part in self.parts:
            inside = np.flatnonzero((places >= start) & (places < start + len(part.rows)))
            if inside.size:
                found.append(read(part.table, part.rows[places[inside] - start]))
                order.append(inside)
            start += len(part.rows)
        return np.concatenate(found)[np.argsort(np.concatenate(order))]


def tables(
    paths: Sequence[str | Path],
    labels: str | Path | None = None,
    truth: str | Path | None = None,
    *,
    tests: Sequence[str | Path] = (),
    test_labels: Sequence[str | Path] = (),
    test_parts: Sequence[str] = ("test",),
) -> BenchmarkData:
    """Take a labelled table, and perhaps tables to pretrain on and others to test on.

    Parameters
    ----------
    paths : sequence of paths
        The labelled table; then those for pretraining, by default itself.
    labels : path, optional
        See `strandline.labels.read_labels`; by default ``<table>.labels.csv`` beside the table.
    truth : path, optional
        See `strandline.api.benchmark_groups.divided`; by default ``<table>.truth.csv`` beside the
        table if it is there. Of what is tested on.
    tests : sequence of paths
        Tables to test on instead, all of their galaxies but those that are trained on. They may be
        of another survey. All is measured on the first; each of several is a group, too.
    test_labels : sequence of paths
        Of these, in their order; by default those beside them.
    test_parts : sequence of str
        Parts of the table's split that are measured on if there are no `tests`. Labels are drawn
        from the part for training.

    Raises
    ------
    OptionError, TableError, LabelError
        If something is missing.
    """
    if not paths:
        raise OptionError("Give at least one stamp table, whose galaxies have labels.")
    if len(test_labels) > len(tests):
        raise OptionError(
            f"{len(test_labels)} label files were given for {len(tests)} tables to test on."
        )
    opened = [StampTable.open(path) for path in paths]
    own = _labelled(opened[0], labels, None if tests else truth)
    split = np.asarray(own.table.columns("split", rows=own.rows)["split"].to_pylist())
    training = split == _TRAINED
    if tests:
        own = own.only(training)
        told = [*test_labels, *[None] * (len(tests) - len(test_labels))]
        others = [
            _labelled(StampTable.open(path), given, truth if k == 0 else None)
            for k, (path, given) in enumerate(zip(tests, told, strict=True))
        ]
        for other in others:
            _check_alike(own.table, other.table)
        pool, testing = np.arange(len(own.rows)), np.zeros(len(own.rows), dtype=np.bool_)
    else:
        others, pool, testing = [], np.flatnonzero(training), np.isin(split, list(test_parts))
    # labels of validation parts of further tables are trained on by the heads of hybrid recipes
    further = {table.path.resolve(): table for table in opened[1:]}
    further.pop(own.table.path.resolve(), None)
    trained = [(own.table, (_TRAINED,)), *((t, (_TRAINED, "validation")) for t in further.values())]
    parts = (own, *others)
    masks = [_unseen(own, testing, trained)]
    masks += [_unseen(other, np.ones(len(other.rows), np.bool_), trained) for other in others]
    trial = _trial(parts, pool, masks)
    return BenchmarkData(parts, trial, tuple(opened[1:]) or (own.table,))


def beside(table: Path, what: str) -> Path:
    """Return the CSV file of ``labels`` or ``truth`` beside a table."""
    return table.with_name(f"{table.name.removesuffix('.lance')}.{what}.csv")


def _labelled(table: StampTable, labels: str | Path | None, truth: str | Path | None) -> Labelled:
    matched = table_labels(table, labels or beside(table.path, "labels"))
    known = Path(truth) if truth else beside(table.path, "truth")
    return Labelled(
        table, matched.rows, matched.values, known if truth or known.is_file() else None
    )


def _check_alike(own: StampTable, other: StampTable) -> None:
    one, two = own.spec, other.spec
    if one.kind != two.kind or not set(one.bands) & set(two.bands):
        raise OptionError(
            f"{other.path}: has {two.kind} stamps in {' '.join(two.bands)}; what is trained on "
            f"{own.path}, of {one.kind} stamps in {' '.join(one.bands)}, cannot be tested there."
        )


def _unseen(
    part: Labelled,
    testing: NDArray[np.bool_],
    trained: Sequence[tuple[StampTable, Sequence[str]]],
) -> NDArray[np.bool_]:
    """Return which to test on: those of `testing` that no table to train on has, too."""
    seen = testing.copy()
    seen[testing] = seen_before(part.table, part.rows[testing], trained)
    if seen.any():
        say(
            f"{part.table.path}: {int(seen.sum())} of {int(testing.sum())} test galaxies are among "
            "those to train on; they are left out."
        )
    return np.asarray(testing & ~seen)


def _trial(
    parts: Sequence[Labelled], pool: NDArray[np.int64], masks: Sequence[NDArray[np.bool_]]
) -> Trial:
    values = np.concatenate([part.values for part in parts])
    test = np.flatnonzero(np.concatenate(masks)).astype(np.int64)
    tested = [k for k, mask in enumerate(masks) if mask.any()] or [len(parts) - 1]
    sizes = [int(mask.sum()) for mask in masks]
    of_part = np.repeat(np.arange(len(parts)), sizes)
    told = {f"{parts[0].table.path}: the part to train on": values[pool]}
    told |= {
        f"{parts[k].table.path}: the part to test on": values[test][of_part == k]
        for k in (tested if len(parts) == 1 else range(1, len(parts)))
    }
    for what, members in told.items():
        ones = int(members.sum())
        if ones in {0, len(members)}:
            raise LabelError(
                f"{what} holds {ones} labels of interacting and {len(members) - ones} of other "
                "galaxies; both are needed."
            )
    main = of_part == tested[0]
    groups = []
    if len(tested) > 1:
        groups = [Group(_TESTED_ON, parts[k].name, of_part == k) for k in tested]
    first, mask = parts[tested[0]], masks[tested[0]]
    if first.truth is not None:
        for name, value, members in divided(
            first.table, first.rows[mask], first.values[mask], first.truth
        ):
            everywhere = np.zeros(len(test), dtype=np.bool_)
            everywhere[main] = members
            groups.append(Group(name, value, everywhere))
    return Trial(values, pool.astype(np.int64), test, groups, main)
