"""What a network is trained for, as a recipe describes it; see `learn.objectives`."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from strandline.recipe.section import MaybeSizes, NotNegative, Positive, Section, Sizes

__all__ = [
    "BceSettings",
    "ByolSettings",
    "HybridSettings",
    "NnclrSettings",
    "ObjectiveSettings",
    "SelfSupervisedSettings",
    "SimclrSettings",
]


def _check_ends(projection: tuple[int, ...], prediction: tuple[int, ...]) -> None:
    if prediction and projection[-1] != prediction[-1]:
        raise ValueError(
            f"prediction: ends in {prediction[-1]}, the projection in {projection[-1]}; "
            "the two must be equal"
        )


class BceSettings(Section):
    """Supervised: sigmoid and binary cross-entropy."""

    kind: Literal["bce"] = "bce"
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0


class NnclrSettings(Section):
    """Self-supervised: nearest neighbours as positives (Dwibedi et al. 2021, arXiv:2104.14548)."""

    kind: Literal["nnclr"] = "nnclr"
    temperature: Positive = 0.1
    queue: Annotated[int, Field(ge=2)] = 4096
    """Length of the support set; training shortens it to half the number of images."""
    projection: Sizes = (256, 256, 128)
    prediction: MaybeSizes = (512, 128)  #: empty: the projections themselves
    norm: bool = True  #: batch norm in projection and prediction
    start: Literal["empty", "random"] = "empty"
    """What the support set begins with. ``random`` directions are what the released code of
    Desmons et al. (2023) has: its first neighbours mean nothing."""
    through_neighbours: bool = False
    """Let the gradient of a neighbour pass to the projection that it stands for, as the released
    code of Desmons et al. (2023) and the Keras example that it follows do."""
    both_ways: bool = False
    """Also take each prediction as the query and the neighbours as what it is told from, as that
    code does."""

    @model_validator(mode="after")
    def _ends_meet(self) -> Self:
        _check_ends(self.projection, self.prediction)
        return self


class SimclrSettings(Section):
    """Self-supervised: the other view against all other images (Chen et al. 2020, 2002.05709)."""

    kind: Literal["simclr"] = "simclr"
    temperature: Positive = 0.2
    projection: Sizes = (256, 256, 128)


class ByolSettings(Section):
    """Self-supervised: predict a slow copy's view (Grill et al. 2020, arXiv:2006.07733)."""

    kind: Literal["byol"] = "byol"
    momentum: Annotated[float, Field(gt=0, lt=1)] = 0.99
    """Of the slow copy at the first step; it rises to 1 along half a cosine."""
    projection: Sizes = (512, 128)
    prediction: Sizes = (512, 128)

    @model_validator(mode="after")
    def _ends_meet(self) -> Self:
        _check_ends(self.projection, self.prediction)
        return self


SelfSupervisedSettings = Annotated[
    NnclrSettings | SimclrSettings | ByolSettings, Field(discriminator="kind")
]


class HybridSettings(Section):
    """Self-supervised on all stamps, and supervised on those that have labels.

    As hybrid pretraining of Walmsley et al. (2022, arXiv:2206.11927): simulated stamps with known
    truth and unlabelled stamps of the real sky train one encoder together.
    """

    kind: Literal["hybrid"] = "hybrid"
    unlabelled: SelfSupervisedSettings = NnclrSettings()  #: the term that all stamps enter
    bce: NotNegative = 0.5  #: weight of the binary cross-entropy of labelled stamps
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.05
    contrast: NotNegative = 0.0
    """Weight of the supervised contrastive loss (Khosla et al. 2020, arXiv:2004.11362)."""
    contrast_temperature: Positive = 0.1
    contrast_projection: Sizes = (256, 128)


ObjectiveSettings = Annotated[
    BceSettings | NnclrSettings | SimclrSettings | ByolSettings | HybridSettings,
    Field(discriminator="kind"),
]
