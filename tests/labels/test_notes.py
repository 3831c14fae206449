import pytest
import sqlalchemy as sa

from strandline.errors import LabelError
from strandline.labels import Galaxy, LabelStore, Note
from strandline.labels.engine import make_engine

GALAXY = Galaxy("g1", 150.5, -1.25, "a.lance", "f1")


def test_a_note_comes_back_as_it_was_written(store: LabelStore) -> None:
    text = "a tail, and <script>alert(1)</script>\n'; DROP TABLE note; --"
    note = Note(GALAXY, f"  {text} ", "Åsa")
    assert store.write_note(note)
    assert not store.write_note(note)  # sent twice
    store.write_note(Note(Galaxy("g2", table="a.lance", fingerprint="f1"), "nothing", "bob"))
    store.write_note(Note(Galaxy("g1", table="b.lance", fingerprint="f2"), "another", "bob"))
    assert store.notes("f1", "g1") == [note]
    assert store.notes("f1", "g1")[0].text == text
    assert [found.person for found in store.notes("f1")] == ["Åsa", "bob"]


def test_notes_cannot_be_changed(store: LabelStore, url: str) -> None:
    store.write_note(Note(GALAXY, "first", "ann"))
    engine = make_engine(url, create=False)
    for change in ("UPDATE note SET text = ''", "DELETE FROM note"):
        with (
            engine.connect() as connection,
            pytest.raises(sa.exc.DBAPIError, match="note is append-only"),
        ):
            connection.execute(sa.text(change))
    engine.dispose()


@pytest.mark.parametrize("text", ["", "  ", "x" * 4001, "a\0b"])
def test_a_note_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(LabelError, match=r"note on 'g1': .* expected 1 to 4000"):
        Note(GALAXY, text, "ann")
