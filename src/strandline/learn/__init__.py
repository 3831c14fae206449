"""Learning: scaling, views, encoders, objectives, heads, training, and the models they make."""

from strandline.learn.embedding import embed_table, score_rows
from strandline.learn.model import Model
from strandline.learn.pretraining import pretrain
from strandline.learn.shelf import MODEL_FILES, model_names
from strandline.learn.training import train

__all__ = ["MODEL_FILES", "Model", "embed_table", "model_names", "pretrain", "score_rows", "train"]
