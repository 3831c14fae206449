"""What a table needs to be explored: an embedding, probabilities, a map, novelty."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from strandline.api.discovering import novelty
from strandline.api.tables import choose_models
from strandline.classify.score import score_stream
from strandline.errors import ModelError
from strandline.explore import map_table
from strandline.learn import Ensemble
from strandline.learn.fingerprint import fingerprint
from strandline.progress import say
from strandline.shapes import add_harmonics, has_harmonics
from strandline.stamps import StampTable

__all__ = ["prepare_table"]

_MODELS = "probability_models"


def prepare_table(
    table: str | Path, models: Sequence[str | Path] = (), *, seed: int = 0, batch_size: int = 128
) -> StampTable:
    """Add to a table what is missing; what is there stays.

    Parameters
    ----------
    table : path
        Gets columns ``embedding`` (with an index), ``probability`` and ``probability_<model>``,
        ``harmonics``, ``map_x``, ``map_y``, ``novelty`` and ``novelty_group``. The embedding is
        that of the first model.
    models : sequence of str or path
        Folders or shipped names; by default what ships for such stamps. If they are named, and
        the table's probabilities are of others, these are replaced.
    seed : int

    Returns
    -------
    StampTable
        Opened.

    Raises
    ------
    ModelError, TableError
        If there is no model for the table; its embedding, if it has one, is enough.
    """
    opened = StampTable.open(table)
    wanted = ", ".join(str(name) for name in models)
    scored = "probability" in opened.column_names
    if not scored or (wanted and opened.metadata.get(_MODELS) != wanted):
        try:
            chosen = choose_models(models, opened.spec)
        except ModelError:
            if models or "embedding" not in opened.column_names:
                raise
            say("No model ships for these stamps: there will be no probabilities.")
        else:
            _score(opened, chosen.models, wanted or chosen.models.name, batch_size)
            opened = StampTable.open(table)
    renewed = not has_harmonics(opened)
    if renewed:
        add_harmonics(opened)
        opened = StampTable.open(table)
    encoder = opened.metadata.get("embedding_encoder", "")
    if "map_x" not in opened.column_names or _is_of_another(opened, "map", encoder):
        map_table(opened, seed=seed)
        opened = StampTable.open(table)
    known = "novelty" in opened.column_names and not _is_of_another(opened, "novelty", encoder)
    if renewed or not known:
        novelty(table, seed=seed)
        opened = StampTable.open(table)
    return opened


def _score(table: StampTable, models: Ensemble, name: str, batch_size: int) -> None:
    """Read the pixels once and add probabilities, and the embedding where there is none."""
    columns = ["probability", *(f"probability_{member}" for member in models.members)]
    if len(models.members) == 1:
        columns = columns[:1]
    fields = [(column, pa.float32()) for column in columns]
    first = models.models[models.first]
    embeds = "embedding" not in table.column_names
    if embeds:
        fields.append(("embedding", pa.list_(pa.float32(), first.feature_count)))
    schema = pa.schema(fields)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in score_stream(table, models, batch_size=batch_size):
            told = [batch.scores.probability, *batch.scores.by_model.values()][: len(columns)]
            arrays = [pa.array(np.asarray(values, dtype=np.float32)) for values in told]
            if embeds:
                flat = pa.array(batch.features.reshape(-1))
                arrays.append(pa.FixedSizeListArray.from_arrays(flat, first.feature_count))
            yield pa.record_batch(arrays, schema=schema)

    told = {_MODELS: name}
    if embeds:
        told["embedding_model"] = name.split(", ")[0]  # of several members the first is meant
        told["embedding_encoder"] = fingerprint(first)
    table.add_columns(batches(), schema, told)
    if embeds:
        table.build_index("embedding")


def _is_of_another(table: StampTable, what: str, encoder: str) -> bool:
    """Return whether a column is known to follow from another embedding than that of now."""
    made = table.metadata.get(f"{what}_encoder", "")
    return bool(made) and made != encoder
