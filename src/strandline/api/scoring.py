"""``embed`` and ``classify``: a model's features and scores of every stamp."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from strandline import learn
from strandline.api.heading import head_probabilities, load_heads
from strandline.api.tables import Choice, choose_models, choose_shipped
from strandline.api.workers import survey_package
from strandline.classify import PREVALENCE, Prevalence, catalogue_ending, write_catalogue
from strandline.classify.score import Scores, ranked, score_table
from strandline.errors import OptionError
from strandline.files import check_target
from strandline.learn import Model
from strandline.learn.fingerprint import fingerprint
from strandline.progress import say
from strandline.stamps import StampTable

__all__ = ["classify", "embed"]


def embed(
    table: str | Path,
    model: str | Path | None = None,
    *,
    column: str = "embedding",
    batch_size: int = 128,
    scheduler: str | None = None,
    workers: int | None = None,
) -> int:
    """Write a model's features of every stamp into the table, as a column with a vector index.

    Parameters
    ----------
    table : path
        The stamp table; the column is added to it, pixels are not rewritten.
    model : str or path, optional
        A model's folder, or the name of one that ships; of one with members, the first. By default
        the one that ships for this kind of table and its bands.
    column : str
        Replaced if it is there.
    scheduler : str, optional
        Address of a scheduler of Dask, whose workers see the table under the same path.
    workers : int, optional
        Processes to start on this machine instead. By default this process does it all.

    Returns
    -------
    int
        Number of features.
    """
    opened = StampTable.open(table)
    if model is None:
        model, why = choose_shipped(opened.spec)
        say(f"Using {why}")
    loaded = Model.load(model)
    width = loaded.feature_count
    schema = pa.schema([pa.field(column, pa.list_(pa.float32(), width))])

    def found() -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        if scheduler is None and workers is None:
            yield from learn.embed_table(opened, loaded, batch_size=batch_size)
            return
        package = survey_package()
        helpers = package.open_engine(scheduler, workers)
        yield from package.embed_by_workers(helpers, opened, loaded, batch_size)

    def batches() -> Iterator[pa.RecordBatch]:
        for _rows, features in found():
            flat = pa.array(features.reshape(-1))
            yield pa.record_batch([pa.FixedSizeListArray.from_arrays(flat, width)], schema=schema)

    told = {f"{column}_model": str(model), f"{column}_encoder": fingerprint(loaded)}
    opened.add_columns(batches(), schema, told)
    opened.build_index(column)
    return width


def classify(
    table: str | Path,
    models: Sequence[str | Path],
    out: str | Path,
    *,
    heads: Sequence[str | Path] = (),
    prevalence: float | Literal["estimate"] = PREVALENCE,
    batch_size: int = 128,
    scheduler: str | None = None,
    workers: int | None = None,
) -> Scores:
    """Score every galaxy of a table and write the ranked catalogue.

    Parameters
    ----------
    table : path
        The stamp table; it is only read.
    models : sequence of str or path
        Folders or shipped names. With several, ``probability`` is their average in log-odds; by
        default the one that ships for this kind of table and its bands. Each of several models,
        or of the members of one, also has a column of its own, ``probability_<name>``.
    out : path
        ``.parquet``, ``.csv``, ``.fits`` or ``.votable`` (``.vot``, ``.xml``).
    heads : sequence of str or path
        Folders of heads for further classes, see `newclass`, or names of those that the explorer
        saved in ``heads`` beside the table; each has a column
        ``probability_<class>``. If no model is named, none scores: the catalogue is ranked by the
        first of these, which then is ``probability`` too.
    prevalence : float or "estimate"
        Share of galaxies that interact on this sky, for the column ``probability_sky``; or
        estimated from the scores, see `strandline.classify.estimate_prevalence`.
    scheduler, workers : str or int, optional
        As for `embed`.
    """
    catalogue_ending(out)
    check_target(out)
    Prevalence.of(prevalence, ())  # refused before long work
    opened = StampTable.open(table)
    named = load_heads(heads, table)
    chosen = choose_models(models, opened.spec) if models or not named else None
    _check_apart(named, chosen)
    classes = head_probabilities(opened, named, batch_size=batch_size)
    if chosen is None:
        first = np.nan_to_num(next(iter(classes.values())), nan=0.0)
        scores = Scores(first, dict(classes))
    else:
        if scheduler is None and workers is None:
            scores = score_table(opened, chosen.models, batch_size=batch_size)
        else:
            package = survey_package()
            helpers = package.open_engine(scheduler, workers)
            scores = package.score_by_workers(helpers, opened, chosen.models, batch_size)
        scores = scores.at(prevalence)
    write_catalogue(ranked(opened, scores, classes), out)
    return scores


def _check_apart(heads: Iterable[str], chosen: Choice | None) -> None:
    """Check that no class has the name of a model, whose column it would replace."""
    both = sorted(set(heads) & set(chosen.models.members if chosen else ()))
    if both:
        raise OptionError(
            f"{both[0]} names both a class (--head) and a model: each would be the column "
            f"probability_{both[0]}. Make the head again with another --name."
        )
