"""Learning: scaling, views, encoders, objectives, heads, training, and the models they make."""

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
