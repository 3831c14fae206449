"""What a page asks for, and what it is told."""

import base64
import io
import json
from typing import Any
from uuid import UUID, uuid4

import pyarrow.csv
import pytest

from strandline.app.session import Session
from strandline.app.workspace import Workspace
from strandline.errors import LabelError, ModelError, OptionError, StrandlineError, TableError
from strandline.learn.classheads import ClassHead
from tests.app.conftest import COUNT, Heard

FIRST, OTHERS = range(COUNT // 2), range(COUNT // 2, COUNT)


def vote(heard: Heard, row: int, value: str, name: str = "interacting") -> list[dict[str, Any]]:
    return heard.ask(do="vote", row=row, label_class=name, value=value, key=str(uuid4()))


def rows_of(told: dict[str, Any]) -> list[int]:
    return [card["row"] for card in told["cards"]]


def test_the_page_is_told_what_there_is(heard: Heard) -> None:
    heard.ask(do="ready")
    setup = heard.last("setup")
    assert setup["count"] == COUNT
    assert setup["models"] == ["cnn", "nnclr"]
    assert setup["classes"][0]["name"] == "interacting"
    assert setup["numeric"][0] == "probability"
    told = heard.last("list")
    assert told["total"] == COUNT
    scores = [card["score"] for card in told["cards"]]
    assert scores == sorted(scores, reverse=True)
    json.dumps(heard.told, allow_nan=False)  # all of it can be sent


def test_a_list_goes_on_where_it_stopped(heard: Heard) -> None:
    first = rows_of(heard.ask(do="list", kind="ranking", by="mag_r")[0])
    more = heard.ask(do="more", start=60)[0]
    assert first == list(range(COUNT - 1, COUNT - 61, -1))
    assert rows_of(more) == list(range(COUNT - 61, -1, -1))
    rising = rows_of(heard.ask(do="list", kind="ranking", by="mag_r", rising=True)[0])
    assert rising[:3] == [0, 1, 2]
    with pytest.raises(OptionError, match="no column 'pixels'"):
        heard.ask(do="list", kind="ranking", by="pixels")


def test_pictures_in_every_view(heard: Heard) -> None:
    for view in heard.session.workspace.painter.views:
        told = heard.ask(do="cards", rows=[0, 5], view=view)[0]
        assert all(uri.startswith("data:image/webp;base64,") for uri in told["pictures"].values())
    plain = heard.ask(do="picture", row=0)[0]["picture"]
    for slider in ({"brightness": 4.0}, {"softening": 0.2}, {"saturation": 0.0}):
        assert heard.ask(do="picture", row=0, **slider)[0]["picture"] != plain
    with pytest.raises(OptionError, match=r"view is 'band:\.\./x'"):
        heard.ask(do="cards", rows=[0], view="band:../x")
    with pytest.raises(OptionError, match="has rows 0 to 79, not 80"):
        heard.ask(do="cards", rows=[80])


def test_the_page_of_a_galaxy(heard: Heard) -> None:
    heard.ask(do="open", row=3)
    told = heard.last("galaxy")
    assert told["galaxy"]["id"] == "g-003"
    assert told["galaxy"]["models"].keys() == {"cnn", "nnclr"}
    assert told["galaxy"]["sky"].startswith("10:00:07.20 −01:30:00.0")
    assert len(told["neighbours"]) == 20
    assert {card["row"] for card in told["neighbours"]} < set(FIRST)
    assert "ra=150.030000" in told["links"]["Legacy Survey"]
    assert "Coord=150.030000+-1.500000" in told["links"]["SIMBAD"]
    assert "150.030000d+-1.500000d" in told["links"]["NED"]
    assert "target=150.030000+-1.500000" in told["links"]["Aladin Lite"]


def test_a_galaxy_without_a_position_has_no_links(heard: Heard) -> None:
    heard.ask(do="open", row=COUNT - 1)
    told = heard.last("galaxy")
    assert told["galaxy"]["ra"] is None
    assert "links" not in told
    json.dumps(told, allow_nan=False)


def test_a_box_and_a_lasso_add_up_and_survive_other_views(heard: Heard) -> None:
    box = {"x": [-1, 1.5], "y": [-1, 1.5]}
    triangle = {"x": [9, 12, 12, 9], "y": [9, 9, 12, 9.01]}
    told = heard.ask(do="select", **box)[-1]
    assert set(heard.session.selected) == set(FIRST)
    assert told["title"] == "Selected on the map"
    heard.ask(do="view", x0=9, x1=11, y0=9, y1=11, width=400, height=300)
    assert set(heard.session.selected) == set(FIRST)
    heard.ask(do="select", **triangle, mode="add")
    both = set(heard.session.selected)
    places = heard.session.workspace.sky.places
    inside = {row for row in OTHERS if places[row, 1] < places[row, 0] + 0.01}
    assert both == set(FIRST) | inside
    assert 0 < len(inside) < COUNT // 2
    assert len(heard.session.map._outline.data["xs"]) == 2
    heard.ask(do="select", **box, mode="remove")
    assert set(heard.session.selected) == inside
    heard.ask(do="deselect")
    assert not len(heard.session.selected)


def test_the_pointer_finds_the_nearest_galaxy(heard: Heard) -> None:
    x, y = (float(value) for value in heard.session.workspace.sky.places[7])
    assert heard.ask(do="hover", x=x, y=y, within=0.5)[0]["card"]["id"] == "g-007"
    assert heard.ask(do="hover", x=500, y=500, within=0.5)[0]["card"] is None
    assert heard.ask(do="tap", x=x, y=y, within=0.5)[0] == {"tell": "tapped", "row": 7}


def test_a_vote_is_in_the_store_when_the_page_hears_of_it(heard: Heard) -> None:
    key = str(uuid4())
    message = {"row": 2, "label_class": "tail", "value": "yes", "key": key}
    told = heard.ask(do="vote", **message, shown={"view": "faint"})[0]
    assert told["tell"] == "stored"
    assert told["mine"] == {"tail": "yes"}
    stored = heard.session.workspace.store.votes().to_pylist()
    assert [(v["key"], v["person"], v["id"], v["value"]) for v in stored] == [
        (key, "ann", "g-002", "yes")
    ]
    shown = json.loads(stored[0]["shown"])
    assert shown["view"] == "faint"
    assert shown["probability"] == pytest.approx(
        heard.session.workspace.sky.probability[2], abs=1e-3
    )
    heard.ask(do="vote", **message)  # sent again as no answer came
    assert len(heard.session.workspace.store.votes()) == 1


def test_what_one_person_does_is_done_in_its_order(heard: Heard) -> None:
    for k in range(20):
        if k == 10:
            heard.session.handle({"do": "person", "name": "bob"})
        value = "no" if k % 2 else "yes"
        vote = {"row": k, "label_class": "tail", "value": value, "key": str(uuid4())}
        heard.session.handle({"do": "vote"} | vote)
    heard.session._own.submit(lambda: None).result()
    stored = heard.session.workspace.store.votes().to_pylist()
    assert [vote["id"] for vote in stored] == [f"g-{k:03d}" for k in range(20)]
    assert [vote["person"] for vote in stored] == ["ann"] * 10 + ["bob"] * 10


def test_undo_takes_back_the_last_vote_and_keeps_it_on_record(heard: Heard) -> None:
    vote(heard, 4, "yes")
    vote(heard, 4, "no")
    told = heard.ask(do="undo")[0]
    assert told["mine"] == {"interacting": "yes"}
    assert heard.ask(do="undo")[0]["mine"] == {}
    with pytest.raises(OptionError, match="no vote that could be taken back"):
        heard.ask(do="undo")
    assert len(heard.session.workspace.store.votes()) == 2


def test_people_have_their_own_votes_and_disagreement_is_listed(
    heard: Heard, workspace: Workspace
) -> None:
    bob = Heard(Session(workspace))
    bob.ask(do="person", name="bob")
    for row in (1, 2, 3):
        vote(heard, row, "yes")
        vote(bob, row, "no" if row == 2 else "yes")
    bob.ask(do="open", row=2)
    told = bob.last("galaxy")
    assert told["votes"]["interacting"] == {"ann": "yes", "bob": "no"}
    assert told["mine"] == {"interacting": "no"}
    assert told["together"] == {"interacting": "undecided"}
    heard.ask(do="open", row=1)
    assert heard.last("galaxy")["together"] == {"interacting": "yes"}
    assert rows_of(heard.ask(do="list", kind="disputed")[0]) == [2]
    labelled = heard.ask(do="list", kind="labelled")[0]
    assert labelled["note"] == "2 yes, 0 no, 1 undecided."
    bob.session.close()


def test_who_has_logged_in_cannot_vote_for_others(workspace: Workspace) -> None:
    eve = Heard(Session(workspace, "eve"))
    with pytest.raises(OptionError, match="logged in as eve"):
        eve.ask(do="person", name="ann")
    eve.session.close()


def test_a_class_of_ones_own(heard: Heard) -> None:
    heard.ask(do="define", name="Fan", description="broad debris", key="k")
    assert heard.last("classes")["class"] == "fan"
    vote(heard, 0, "yes", "fan")
    with pytest.raises(OptionError, match="used by the page itself"):
        heard.ask(do="define", name="other", key="y")
    with pytest.raises(LabelError, match="is that of class 'fan'"):
        heard.ask(do="define", name="other", key="k")
    with pytest.raises(LabelError, match="no class 'nothing'"):
        vote(heard, 0, "yes", "nothing")


def test_notes_stay_as_they_were_written(heard: Heard) -> None:
    text = "<img src=x onerror=alert(1)> a tail"
    told = heard.ask(do="note", row=1, text=text, key=str(uuid4()))[0]
    assert told["notes"][0]["text"] == text  # a page shows it as text; see the browser's test
    assert told["notes"][0]["person"] == "ann"


def test_the_head_learns_from_labels_and_ranks(heard: Heard) -> None:
    for row in (*FIRST[:6], *OTHERS[:6]):
        vote(heard, row, "yes" if row in FIRST else "no")
    heard.ask(do="list", kind="head")
    told = heard.last("list")
    assert set(rows_of(told)[:40]) == set(FIRST)
    queue = heard.ask(do="list", kind="queue")[0]
    assert not set(rows_of(queue)) & {*FIRST[:6], *OTHERS[:6]}
    heard.ask(do="colour", by="head")
    assert heard.last("colour")["high"] > 0.5


def test_every_ten_labels_the_head_learns_anew_in_the_background(heard: Heard) -> None:
    heard.session.workspace.retrainer._worker.submit(lambda: None).result()
    for k, row in enumerate((*FIRST[:5], *OTHERS[:5])):
        vote(heard, row, "yes" if row in FIRST else "no")
        assert heard.session.workspace.retrainer.latest("interacting") is None or k == 9
    heard.session.workspace.retrainer._worker.submit(lambda: None).result()
    told = heard.last("progress")
    assert told["labels"] == [10]
    assert told["learned"]
    assert told["completeness"][0][2] is not None


def test_five_examples_make_a_class_whose_head_is_saved(heard: Heard) -> None:
    heard.ask(do="newclass", name="polar ring", rows=list(FIRST[:5]))
    told = heard.last("list")
    assert told["title"] == "Most like polar ring"
    assert set(rows_of(told)[:40]) == set(FIRST)
    heard.ask(do="savehead", name="polar ring")
    folder = heard.session.workspace.heads / "polar_ring"
    assert "classify" in heard.last("done")["code"]
    head = ClassHead.load(folder)
    assert (head.name, head.encoder) == ("polar_ring", "0123456789abcdef")
    found = head.probability(heard.session.workspace.sky.vectors)
    assert found[:40].min() > found[40:].max()


@pytest.mark.parametrize("name", ["../../evil", "/tmp/evil", "a/b", "..", "", "\0"])
def test_a_head_cannot_be_saved_elsewhere(heard: Heard, name: str) -> None:
    with pytest.raises(StrandlineError):
        heard.ask(do="newclass", name=name, rows=list(FIRST[:5]))
    with pytest.raises(StrandlineError):
        heard.ask(do="savehead", name=name)
    assert not heard.session.workspace.heads.exists()


def test_similar_to_one_and_to_several(heard: Heard) -> None:
    told = heard.ask(do="similar", rows=[0])[0]
    assert told["title"] == "Like g-000"
    assert set(rows_of(told)[:39]) == set(FIRST) - {0}
    several = heard.ask(do="similar", rows=[0, 1, 2], together="any")[0]
    assert several["title"] == "Like 3 galaxies"
    assert set(rows_of(several)[:37]) == set(FIRST) - {0, 1, 2}


def test_a_dropped_picture_needs_the_encoder(heard: Heard) -> None:
    with pytest.raises(OptionError, match="did not arrive whole"):
        heard.ask(do="drop", name="a.png", content="%%%")
    content = base64.b64encode(b"no picture").decode()
    with pytest.raises(ModelError, match="the encoder that made this table's embedding is not"):
        heard.ask(do="drop", name="a.png", content=content)
    heard.session.workspace.__dict__["encoder"] = None
    with pytest.raises(OptionError, match="no picture that can be read"):
        heard.ask(do="drop", name="../../a.png", content=content)


def test_what_was_called_dull_sinks(heard: Heard) -> None:
    first = rows_of(heard.ask(do="list", kind="unexpected")[0])
    for row in first[:3]:
        heard.ask(do="mark", row=row, interesting=False, key=str(uuid4()))
    again = heard.ask(do="list", kind="unexpected")[0]
    assert "Corrected by" in again["note"]
    assert not set(rows_of(again)) & set(first[:3])
    marks = heard.session.workspace.store.current("interesting").to_pylist()
    assert {mark["value"] for mark in marks} == {"no"}


@pytest.mark.parametrize("form", ["csv", "fits", "votable", "parquet", "ds9"])
def test_a_list_is_saved(heard: Heard, form: str) -> None:
    vote(heard, 0, "yes")
    heard.ask(do="similar", rows=[0])
    told = heard.ask(do="save", form=form)[0]
    content = base64.b64decode(told["content"])
    assert told["name"].startswith("strandline-similar.")
    assert len(content) > 1000
    if form == "csv":
        table = pyarrow.csv.read_csv(io.BytesIO(content))
        assert table["rank"].to_pylist() == list(range(1, COUNT))
        assert {"label", "votes", "probability", "ra", "dec"} <= set(table.column_names)


def test_only_some_rows_are_saved_and_no_other_format(heard: Heard) -> None:
    told = heard.ask(do="save", form="csv", rows=[5, 2])[0]
    table = pyarrow.csv.read_csv(io.BytesIO(base64.b64decode(told["content"])))
    assert table["id"].to_pylist() == ["g-005", "g-002"]
    with pytest.raises(OptionError, match=r"format is '\.\./x'"):
        heard.ask(do="save", form="../x")
    with pytest.raises(TableError, match="No galaxy has a position"):
        heard.ask(do="save", form="ds9", rows=[COUNT - 1])


def test_trouble_is_told_and_the_session_goes_on(heard: Heard) -> None:
    heard.session.handle({"do": "nothing"})
    assert "not understood" in heard.last("trouble")["text"]
    key = str(UUID(int=1))
    message = {"do": "vote", "row": 10**6, "label_class": "tail", "value": "yes", "key": key}
    heard.session.handle(message)
    heard.session._own.submit(lambda: None).result()
    assert heard.last("trouble")["of"] == key
    assert vote(heard, 0, "yes")[0]["tell"] == "stored"
