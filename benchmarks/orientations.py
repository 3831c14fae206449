"""What is lost where networks see a stamp in fewer orientations, and what is gained in time.

Runs only when it is named: ``python -m benchmarks orientations --table=test.lance``, simulated
stamps with their truth beside (``strandline simulate test.lance --stamps 3300 --seed 20261202
--bands u,g,r,i,z``). Of each network that ships it prints the AUC and the processor time of a
stamp with one, four and eight orientations. ``--count=N`` looks at the first N stamps only.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from benchmarks.embedded import option
from strandline.learn import Ensemble, Model, embed_table
from strandline.shapes import read_shapes
from strandline.simulate import SurveyTruth
from strandline.stamps import StampTable

__all__ = ["main"]

_MODEL = "strandline-survey"
_ORIENTATIONS = (1, 4, 8)


def _seen(model: Model, orientations: int) -> Model:
    """Return the same model with other orientations."""
    inference = model.recipe.inference.model_copy(update={"orientations": orientations})
    recipe = model.recipe.model_copy(update={"inference": inference})
    parts = (model.scaling, model.encoder, model.head, model.card, model.inputs, model.erasure)
    return Model(recipe, *parts)


def main() -> None:
    """Print a line for each network and number of orientations."""
    path = Path(option(sys.argv, "table", ""))
    if not path.name:
        sys.exit("benchmarks orientations: give --table=PATH, simulated stamps")
    torch.set_num_threads(1)
    table, truth = StampTable.open(path), SurveyTruth.read(path.with_suffix(".truth.csv"))
    known = truth.has_label
    label = dict(zip(truth.column("id")[known], truth.column("interacting")[known], strict=True))
    ids = table.columns("id")["id"].to_pylist()
    rows = np.array([row for row, name in enumerate(ids) if name in label], dtype=np.int64)
    rows = rows[: int(option(sys.argv, "count", str(len(rows))))]
    interacting = np.array([label[ids[row]] for row in rows], dtype=np.int64)
    shapes = read_shapes(table, rows)
    print(f"{len(rows)} stamps, {interacting.sum()} of them interact")
    for name, member in Ensemble.load(_MODEL).members.items():
        for orientations in _ORIENTATIONS:
            model = _seen(member.model, orientations)
            started = time.process_time()
            features = np.concatenate([part for _, part in embed_table(table, model, rows=rows)])
            ms = 1e3 * (time.process_time() - started) / len(rows)
            auc = roc_auc_score(interacting, model.logit(features, shapes))
            print(f"  {name:6s} {orientations} orientations: AUC {auc:.4f}, {ms:5.1f} ms a stamp")


if __name__ == "__main__":
    main()
