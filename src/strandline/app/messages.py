"""What a page may ask for: every message is checked against one of these before it is heeded."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from strandline.app.uploads import LARGEST_BYTES
from strandline.errors import OptionError
from strandline.labels.notes import LONGEST_NOTE

__all__ = ["Message", "read_message"]

Row = Annotated[int, Field(ge=0)]
Rows = Annotated[list[Row], Field(max_length=400)]
Name = Annotated[str, Field(max_length=200)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Factor = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)


class Ready(_Asked):
    """The page is there."""

    do: Literal["ready"]


class Person(_Asked):
    """Who votes."""

    do: Literal["person"]
    name: Name


class ChooseClass(_Asked):
    """Which class is asked about."""

    do: Literal["class"]
    name: Name


class Define(_Asked):
    """A new class."""

    do: Literal["define"]
    name: Name
    description: Annotated[str, Field(max_length=500)] = ""
    key: Annotated[str, Field(max_length=1)] = ""


class ShowList(_Asked):
    """Show a list; `by` is a column."""

    do: Literal["list"]
    kind: Literal["ranking", "head", "selection", "queue", "unexpected", "disputed", "labelled"]
    by: Name = "probability"
    rising: bool = False


class More(_Asked):
    """Further galaxies of the list."""

    do: Literal["more"]
    start: Row
    count: Annotated[int, Field(ge=1, le=200)] = 60


class Alike(_Asked):
    """The galaxies behind one of the list that are nearly the same."""

    do: Literal["alike"]
    row: Row


class Cards(_Asked):
    """Pictures for galaxies, in colour or faint light."""

    do: Literal["cards"]
    rows: Rows
    view: Name = "colour"


class OpenGalaxy(_Asked):
    """The page of a galaxy."""

    do: Literal["open"]
    row: Row


class Picture(_Asked):
    """One large picture."""

    do: Literal["picture"]
    row: Row
    view: Name = "colour"
    brightness: Factor = 1.0
    softening: Factor = 1.0
    saturation: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 1.0
    smoothing: Annotated[float, Field(ge=0.3, le=10, allow_inf_nan=False)] = 1.5
    slot: Name = ""


class CastVote(_Asked):
    """A vote."""

    do: Literal["vote"]
    row: Row
    label_class: Name
    value: Literal["yes", "no", "unsure"]
    key: UUID
    shown: dict[str, Any] = {}


class Undo(_Asked):
    """Take the last vote back."""

    do: Literal["undo"]


class WriteNote(_Asked):
    """A note."""

    do: Literal["note"]
    row: Row
    text: Annotated[str, Field(max_length=LONGEST_NOTE)]
    key: UUID


class Mark(_Asked):
    """Interesting, or dull."""

    do: Literal["mark"]
    row: Row
    interesting: bool
    key: UUID


class Colour(_Asked):
    """What the map is coloured by."""

    do: Literal["colour"]
    by: Name


class View(_Asked):
    """Which part of the map is in view."""

    do: Literal["view"]
    x0: Number
    x1: Number
    y0: Number
    y1: Number
    width: Annotated[int, Field(ge=1, le=8000)]
    height: Annotated[int, Field(ge=1, le=8000)]


class Hover(_Asked):
    """The pointer is there on the map."""

    do: Literal["hover"]
    x: Number
    y: Number
    within: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Tap(Hover):
    """A click on the map."""

    do: Literal["tap"]  # type: ignore[assignment]


class Select(_Asked):
    """A box (two corners) or a lasso (a polygon) drawn on the map."""

    do: Literal["select"]
    x: Annotated[list[Number], Field(min_length=2, max_length=5000)]
    y: Annotated[list[Number], Field(min_length=2, max_length=5000)]
    mode: Literal["new", "add", "remove"] = "new"


class Deselect(_Asked):
    """No selection."""

    do: Literal["deselect"]


class Similar(_Asked):
    """What is like these."""

    do: Literal["similar"]
    rows: Annotated[list[Row], Field(min_length=1, max_length=50)]
    together: Literal["mean", "any"] = "mean"


class Drop(_Asked):
    """What is like this picture; its content in base64."""

    do: Literal["drop"]
    name: Name
    content: Annotated[str, Field(max_length=LARGEST_BYTES * 4 // 3 + 8)]


class NewClass(_Asked):
    """A class from examples, ranked at once."""

    do: Literal["newclass"]
    name: Name
    rows: Annotated[list[Row], Field(min_length=2, max_length=400)]


class SaveHead(_Asked):
    """Keep the head of a class for `strandline classify --head`."""

    do: Literal["savehead"]
    name: Name


class Retrain(_Asked):
    """Learn now."""

    do: Literal["retrain"]


class Save(_Asked):
    """The list, or some rows, as a file."""

    do: Literal["save"]
    form: Name
    rows: Rows | None = None


class Send(_Asked):
    """The list, or some rows, to other programs; one row points viewers at it."""

    do: Literal["send"]
    rows: Rows | None = None
    point: bool = False


Message = (
    Ready | Person | ChooseClass | Define | ShowList | More | Alike | Cards | OpenGalaxy | Picture
    | CastVote | Undo | WriteNote | Mark | Colour | View | Hover | Tap | Select | Deselect | Similar
    | Drop | NewClass | SaveHead | Retrain | Save | Send
)  # fmt: skip

_ADAPTER: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="do")])


def read_message(data: object) -> Message:
    """Check what came from a page.

    Raises
    ------
    OptionError
        If it is none of the messages that there are.
    """
    try:
        return _ADAPTER.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise OptionError(
            f"A message of the page is not understood: {place}: {first['msg']}."
        ) from error
