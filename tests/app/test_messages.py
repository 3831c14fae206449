from uuid import uuid4

import pytest

from strandline.app.messages import CastVote, read_message
from strandline.errors import OptionError


def test_what_a_page_asks_for_is_read() -> None:
    asked = read_message(
        {"do": "vote", "row": 3, "label_class": "tail", "value": "yes", "key": str(uuid4())}
    )
    assert isinstance(asked, CastVote)
    assert asked.row == 3


@pytest.mark.parametrize(
    "data",
    [
        None,
        "ready",
        b"\x80\x04\x95",
        {"do": "eval", "code": "1 + 1"},
        {"do": "__class__"},
        {"do": "open", "row": -1},
        {"do": "open", "row": "../../etc/passwd"},
        {"do": "open", "row": 1, "path": "/etc/passwd"},
        {"do": "view", "x0": float("nan"), "x1": 1, "y0": 0, "y1": 1, "width": 9, "height": 9},
        {"do": "view", "x0": 0, "x1": 1, "y0": 0, "y1": 1, "width": 10**9, "height": 9},
        {"do": "vote", "row": 1, "label_class": "tail", "value": "maybe", "key": str(uuid4())},
        {"do": "note", "row": 1, "text": "x" * 4001, "key": str(uuid4())},
        {"do": "cards", "rows": list(range(401))},
        {"do": "drop", "name": "a", "content": "A" * 11_000_000},
    ],
)
def test_anything_else_is_refused(data: object) -> None:
    with pytest.raises(OptionError, match="A message of the page is not understood"):
        read_message(data)
