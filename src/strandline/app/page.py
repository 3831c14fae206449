"""The page as a Panel component: markup and keys in the browser, everything else in a `Session`."""

from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from bokeh.models import ImportedStyleSheet
from panel.custom import Child, JSComponent

from strandline.app.session import Session
from strandline.app.workspace import Workspace

__all__ = ["Page", "new_page"]

_STATIC = Path(__file__).with_name("static")
_PARTS = ("base", "pictures", "gallery", "single", "voting", "curve", "galaxy", "sky", "page")


def _text(name: str) -> str:
    return _STATIC.joinpath(name).read_text(encoding="utf-8")


class Page(JSComponent):  # type: ignore[misc]
    """What is seen; its messages go to a session, and the session's to it."""

    map = Child()
    height_px = param.Integer(default=0, doc="0 fills the window, as a server's page does.")

    _esm = "\n".join(_text(f"{part}.js") for part in _PARTS)
    _stylesheets: ClassVar[list[str]] = [_text("page.css")]

    def __init__(self, session: Session, **params: Any) -> None:
        self.session = session
        self._pane = pn.pane.Bokeh(session.map.figure, sizing_mode="stretch_both", min_height=320)
        super().__init__(map=self._pane, sizing_mode="stretch_both", **params)
        session.connect(self._send_msg, self._change)

    def close(self) -> None:
        """Hear of nothing more."""
        self.session.close()

    def _process_param_change(self, params: dict[str, Any]) -> dict[str, Any]:
        """Leave out Panel's own style files: the page has its style, and none comes from afar."""
        told: dict[str, Any] = super()._process_param_change(params)
        if "stylesheets" in told:
            told["stylesheets"] = [
                one for one in told["stylesheets"] if not isinstance(one, ImportedStyleSheet)
            ]
        return told

    def _handle_msg(self, data: Any) -> None:
        self.session.handle(data)

    def _change(self, change: Any) -> None:
        """Change the figure in the thread of its document."""
        documents = self._served_in()
        for document in documents:
            document.add_next_tick_callback(change)
        if not documents:  # a notebook, or nobody looks yet
            change()
            pn.io.push_notebook(self._pane)

    def _served_in(self) -> list[Any]:
        """Return the documents of a server that show this page; none in a notebook."""
        shown = [pn.state._views[ref] for ref in self._models if ref in pn.state._views]
        return [doc for _, _, doc, comm in shown if comm is None and doc.session_context]


def new_page(workspace: Workspace, person: str | None = None, *, height_px: int = 0) -> Page:
    """Return a page of its own for one who looks."""
    return Page(Session(workspace, person), height_px=height_px)
