from pathlib import Path

import panel as pn
import pytest
from bokeh.models import ImportedStyleSheet

from strandline.app import Explorer
from strandline.errors import TableError
from strandline.stamps import StampTable, TableSpec
from tests.app.conftest import COUNT


def test_the_same_page_in_a_notebook(table_path: Path, tmp_path: Path) -> None:
    explorer = Explorer(table_path, labels=f"sqlite:///{tmp_path}/l.db", person="ann")
    session = explorer.page.session
    assert session.person == "ann"
    assert isinstance(explorer.page, pn.viewable.Viewable)
    model = explorer.page.get_root()
    assert "map" in model.children
    assert len(model.stylesheets) > 0
    assert not [one for one in model.stylesheets if isinstance(one, ImportedStyleSheet)]
    explorer.page._handle_msg({"do": "select", "x": [-1, 1.5], "y": [-1, 1.5]})
    session.workspace.quick.submit(lambda: None).result()
    session.workspace.quick.shutdown(wait=True)
    assert len(explorer.rows) == COUNT // 2
    assert explorer.selection["id"].to_pylist()[:2] == ["g-000", "g-001"]
    assert len(explorer.listed) == COUNT // 2
    explorer.close()


def test_a_table_without_a_map_is_refused_with_what_to_do(tmp_path: Path) -> None:
    import numpy as np

    path = tmp_path / "stamps.lance"
    with StampTable.writer(path, TableSpec(("g",), 8, "fits")) as writer:
        writer.append(
            {"id": ["a"], "noise_g": np.ones(1, np.float32)},
            np.zeros((1, 1, 8, 8), np.float16),
            np.ones((1, 1), np.float32),
        )
    with pytest.raises(TableError, match="strandline embed"):
        Explorer(path, labels=f"sqlite:///{tmp_path}/l.db")
