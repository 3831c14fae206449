"""The explorer in a notebook, by the same page."""

from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import pyarrow as pa
from numpy.typing import NDArray

from strandline.app.page import Page, new_page
from strandline.app.workspace import Workspace
from strandline.stamps import StampTable

__all__ = ["Explorer"]

_HEIGHT_PX = 860


class Explorer:
    """Look at a table in a notebook: the last line of a cell shows the page.

    Parameters
    ----------
    table : path or StampTable
        With an embedding and a map; `strandline.api.prepare_table` makes what is missing.
    labels : str, optional
        Address of the label store; by default ``labels.db`` beside the table.
    person : str, optional
        Who votes; by default the user of this machine.
    height_px : int
        Of the page.

    Attributes
    ----------
    page : panel.Viewable
        To put into a layout of one's own.

    Raises
    ------
    TableError, LabelError

    Examples
    --------
    >>> explorer = Explorer("stamps.lance")  # doctest: +SKIP
    >>> explorer  # doctest: +SKIP
    >>> explorer.selection.to_pandas()  # doctest: +SKIP
    """

    def __init__(
        self,
        table: str | Path | StampTable,
        *,
        labels: str | None = None,
        person: str | None = None,
        height_px: int = _HEIGHT_PX,
    ) -> None:
        pn.extension(inline=True)  # loads what a notebook needs, without the internet
        path = table.path if isinstance(table, StampTable) else table
        self.workspace = Workspace(path, labels=labels)
        self.page: Page = new_page(self.workspace, None, height_px=height_px)
        if person is not None:
            self.page.session.person = person

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the table that are selected on the map, shape (galaxy,)."""
        return self.page.session.selected

    @property
    def selection(self) -> pa.Table:
        """The galaxies that are selected on the map, with the table's columns."""
        return self.workspace.sky.columns.take(pa.array(self.rows))

    @property
    def listed(self) -> pa.Table:
        """The galaxies of the list that the page shows, in its order."""
        return self.workspace.sky.columns.take(pa.array(self.page.session.listing.rows))

    def close(self) -> None:
        """Close the label store and end the threads."""
        self.page.close()
        self.workspace.close()

    def servable(self, *args: Any, **kwargs: Any) -> Any:
        """Serve it with ``panel serve``; see `panel.viewable.Viewable.servable`."""
        return self.page.servable(*args, **kwargs)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return self.page._repr_mimebundle_(include, exclude)
