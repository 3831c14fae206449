"""What the sections of a recipe are made of: unknown keys fail, values never change."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Fraction", "MaybeSizes", "NotNegative", "Positive", "Range", "Section", "Sizes"]

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Range = tuple[NotNegative, NotNegative]
Sizes = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
MaybeSizes = tuple[Annotated[int, Field(ge=1)], ...]


class Section(BaseModel):
    """Base of the sections."""

    model_config = ConfigDict(frozen=True, extra="forbid")
