"""Learning: scaling, views, encoders, objectives, heads, training, and the models they make.

What trains brings Lightning with it, a quarter of a process's memory. It is imported when it is
first asked for, so that workers which only score do without.
"""

from typing import TYPE_CHECKING

from strandline.lazy import lazily
from strandline.learn.embedding import embed_table, score_rows
from strandline.learn.ensemble import Ensemble, Member
from strandline.learn.model import Model
from strandline.learn.shelf import MODEL_FILES, model_names, shipped_models

if TYPE_CHECKING:
    from strandline.learn.combining import combine
    from strandline.learn.erasing import erase_nuisances
    from strandline.learn.pretraining import pretrain
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
    "combine": "combining",
    "erase_nuisances": "erasing",
    "pretrain": "pretraining",
    "train": "training",
}

__getattr__ = lazily(__name__, _HOMES)
