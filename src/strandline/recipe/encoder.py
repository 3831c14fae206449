"""The network that turns a stamp into features, as a recipe describes it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from strandline.recipe.section import MaybeSizes, Section, Sizes

__all__ = ["EncoderSettings"]


class EncoderSettings(Section):
    """The network; see `learn.encoders` for each kind.

    ``cnn``: convolutions and pooling; ``resnet``: residual blocks; ``flat-cnn``: the network of
    Pearson et al. (2019); ``resnet-v2``: that of Desmons et al. (2023).
    """

    kind: Literal["cnn", "resnet", "flat-cnn", "resnet-v2"] = "resnet"
    input_px: Annotated[int, Field(ge=16)] = 64  #: side of the binned stamp that it sees
    two_scale: bool = False
    """Show it the whole field coarsely and the central half of it at twice the resolution, with
    the same weights; features are set side by side, so that there are twice as many."""
    widths: Sizes = (32, 64, 128, 256)  #: channels of each stage
    blocks: Annotated[int, Field(ge=1)] = 1  #: residual blocks in each stage (resnet, resnet-v2)
    stem_px: Annotated[int, Field(ge=1)] = 5  #: side of the first kernel
    stem_stride: Annotated[int, Field(ge=1)] = 2
    kernels_px: MaybeSizes = ()  #: side of the kernel of each stage (flat-cnn)
    pools: tuple[bool, ...] = ()  #: whether a stage ends in 2x2 max-pooling (flat-cnn)
    dense: MaybeSizes = ()  #: widths of the fully connected layers (flat-cnn)
    features: Annotated[int, Field(ge=2)] = 128  #: width of the last layer (cnn, resnet-v2)
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """On the features (cnn), or after every layer (flat-cnn)."""

    @property
    def view_px(self) -> int:
        """Side of the views and stamps that the encoder is given."""
        return self.input_px * (2 if self.two_scale else 1)

    @model_validator(mode="after")
    def _stages_fit(self) -> Self:
        if self.kind == "flat-cnn":
            return self._flat_stages_fit()
        halvings = len(self.widths) + (self.stem_stride > 1)
        if self.input_px < 2**halvings:
            raise ValueError(
                f"input_px: {self.input_px} px vanish in {halvings} halvings; "
                f"give at least {2**halvings} px or fewer widths"
            )
        return self

    def _flat_stages_fit(self) -> Self:
        if not len(self.widths) == len(self.kernels_px) == len(self.pools):
            raise ValueError(
                f"widths, kernels_px and pools: have {len(self.widths)}, {len(self.kernels_px)} "
                f"and {len(self.pools)} entries; give one for each stage"
            )
        if not self.dense:
            raise ValueError("dense: a flat-cnn needs at least one fully connected layer")
        if self.input_px % 2 ** sum(self.pools):
            raise ValueError(
                f"input_px: {self.input_px} px cannot be halved {sum(self.pools)} times; "
                f"give a multiple of {2 ** sum(self.pools)}"
            )
        return self
