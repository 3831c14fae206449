"""Learning: scaling, views, encoders, objectives, heads, training, and the models they make.

Names are imported when they are first asked for: what trains brings Lightning with it, a quarter of
a process's memory, and models scikit-learn. Workers that only score do without the one, those that
only measure features without both.
"""

from typing import TYPE_CHECKING

from strandline.lazy import lazily

if TYPE_CHECKING:
    from strandline.learn.combining import combine
    from strandline.learn.embedding import embed_table, score_rows
    from strandline.learn.ensemble import Ensemble, Member
    from strandline.learn.erasing import erase_nuisances
    from strandline.learn.model import Model
    from strandline.learn.pretraining import pretrain
    from strandline.learn.shelf import MODEL_FILES, model_names, shipped_models
    from strandline.learn.training import train

__all__ = [
    "MODEL_FILES",
    "Ensemble",
    "Member",
    "Model",
    "combine",
    "embed_table",
    "erase_nuisances",
    "model_names",
    "pretrain",
    "score_rows",
    "shipped_models",
    "train",
]

_HOMES = {
    "MODEL_FILES": "shelf",
    "Ensemble": "ensemble",
    "Member": "ensemble",
    "Model": "model",
    "combine": "combining",
    "embed_table": "embedding",
    "erase_nuisances": "erasing",
    "model_names": "shelf",
    "pretrain": "pretraining",
    "score_rows": "embedding",
    "shipped_models": "shelf",
    "train": "training",
}

__getattr__ = lazily(__name__, _HOMES)
