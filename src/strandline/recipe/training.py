"""How weights are found, from which images, and how probabilities are made of features."""

from typing import Annotated, Literal

from pydantic import Field

from strandline.recipe.section import Fraction, NotNegative, Positive, Section

__all__ = ["HeadSettings", "OptimiserSettings", "SamplingSettings"]


class OptimiserSettings(Section):
    """How the weights are found."""

    kind: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.0  #: on weights, not on biases and norms
    epochs: Annotated[int, Field(ge=1)] = 50
    batch_size: Annotated[int, Field(ge=4)] = 128
    warmup: Fraction = 0.05  #: part of the steps in which the learning rate rises
    schedule: Literal["cosine", "constant"] = "cosine"
    average: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay per step of a running average of the weights, which is what is kept; 0 for none."""
    keep: Literal["best", "last"] = "best"
    """Supervised: the epoch of the lowest validation loss, or the last one."""
    freeze_norms: bool = False
    """Batch norms keep the statistics that they begin with; their scale and shift are trained.
    Good practice when a pretrained encoder is trained on few labels. From the start it is a
    mistake of the released code of Desmons et al. (2023), where ``training=True`` is missing: the
    statistics stay at mean 0 and variance 1. Kept to reproduce it."""


class HeadSettings(Section):
    """How features become a probability; see `learn.headfit`."""

    kind: Literal["lda", "logistic", "knn", "forest", "blend", "finetune", "best"] = "lda"
    """On frozen features: ``lda``, linear discriminant with Ledoit-Wolf shrinkage; ``logistic``,
    penalised logistic regression; ``knn``, nearest neighbours by angle; ``forest``, extremely
    randomised trees; ``blend``, the discriminant and a forest, their log-odds averaged.
    ``finetune``: a linear layer, and all weights of the encoder are trained on. ``best``: of these
    the one of the highest cross-validated AUC."""
    shapes: Literal["none", "beside", "only"] = "none"
    """Whether the head sees the shape statistics of `strandline.shapes` beside the embedding, or
    instead of it; see `learn.shapedfit`. The forest of ``blend`` then sees the shapes alone."""
    shape_controls: bool = False
    """Whether size and brightness count among the shapes. They tell much where labelled galaxies
    are nearer than others, which need not be so on another sky."""
    prior: bool = True
    """Whether the head that an encoder has from pretraining with labels counts beside the one that
    is fitted to new labels, for as much as these say; see `learn.prior`."""
    strengths: Annotated[tuple[Positive, ...], Field(min_length=1)] = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
    """Of logistic regression: candidates of the inverse penalty C; cross-validation chooses."""
    neighbours: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (
        5,
        15,
        45,
    )
    """Of nearest neighbours: candidates of their number; cross-validation chooses."""
    trees: Annotated[int, Field(ge=10)] = 300  #: of a forest
    leaf: Annotated[int, Field(ge=1)] = 1
    """Fewest labels in a leaf of a tree; with more than 500 labels it is a 500th of them at least,
    so that a forest of any number of labels is a few MB."""
    folds: Annotated[int, Field(ge=2)] = 5
    finetune_from: Annotated[int, Field(ge=2)] = 50
    """``best`` tries fine-tuning if there are so many labels of the rarer class: it costs a
    training for each of three folds."""
    finetune_start: Literal["zero", "lda"] = "lda"
    """The linear layer before fine-tuning. From the discriminant, the encoder is not torn apart by
    an ignorant layer (Kumar et al. 2022, arXiv:2202.10054)."""
    finetune_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.05  #: of the labels
    finetune: OptimiserSettings = OptimiserSettings(
        kind="adamw",
        learning_rate=2e-4,
        weight_decay=1e-2,
        epochs=20,
        batch_size=32,
        average=0.98,
        freeze_norms=True,
    )


class SamplingSettings(Section):
    """Which images are in a batch and how they are kept."""

    balanced: bool = True  #: supervised: both classes equally often
    validation_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Part of the labels taken for validation where the table's own split leaves none."""
    cache_mb: NotNegative = 1000.0
    """Binned stamps are kept in memory up to this size, and read again each epoch beyond it."""
