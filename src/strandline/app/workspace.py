"""What the sessions of one server have in common: table, pictures, votes, heads, a few threads."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

from strandline.app.ballots import Ballots
from strandline.app.pictures import Painter
from strandline.app.retraining import Retrainer
from strandline.app.sending import Sender
from strandline.app.sky import Sky
from strandline.errors import ModelError
from strandline.explore.vectors import table_encoder
from strandline.labels import LabelStore
from strandline.labels.address import StoreAddress
from strandline.learn import Model
from strandline.learn.fingerprint import fingerprint
from strandline.learn.shelf import shipped_members
from strandline.stamps import StampTable

__all__ = ["Workspace"]

_THREADS = 3


class Workspace:
    """A table that is explored, by one person or several.

    Parameters
    ----------
    table : path
        With columns ``embedding``, ``map_x`` and ``map_y``; see `strandline.api.explore`, which
        makes them.
    labels : str, optional
        Address of the label store; by default ``labels.db`` beside the table. Made if it is not
        there.
    heads : path, optional
        Folder in which heads of classes are saved; by default ``heads`` beside the table.
    models : sequence of str or path
        Among which the table's encoder is sought first.
    samp : bool
        Whether galaxies may be sent to programs on this machine.
    seed : int

    Attributes
    ----------
    sky, painter, ballots, retrainer
        What is looked at, drawn, said and learned.
    quick, slow : ThreadPoolExecutor
        A vote never waits behind a search.
    """

    def __init__(
        self,
        table: str | Path,
        *,
        labels: str | None = None,
        heads: str | Path | None = None,
        models: Sequence[str | Path] = (),
        samp: bool = True,
        seed: int = 0,
    ) -> None:
        self._models = tuple(models)
        opened = StampTable.open(table)
        beside = opened.path.resolve().parent
        address = StoreAddress.parse(labels or f"sqlite:///{beside / 'labels.db'}")
        self.sky = Sky(opened, seed=seed)
        self.painter = Painter(opened)
        self.store = LabelStore(address.url)
        self.ballots = Ballots(self.store, self.sky, address.consensus)
        self.retrainer = Retrainer(self.sky, self.ballots)
        self.first_class = address.label_class or self.ballots.classes[0].name
        self.heads = Path(heads) if heads is not None else beside / "heads"
        self.sender = Sender() if samp else None
        self.quick = ThreadPoolExecutor(_THREADS, thread_name_prefix="strandline-quick")
        self.slow = ThreadPoolExecutor(_THREADS, thread_name_prefix="strandline-slow")

    @cached_property
    def encoder(self) -> Model:
        """The model that made the table's embedding.

        Raises
        ------
        ModelError, TableError
            If it cannot be found, or has changed since.
        """
        mark, name = table_encoder(self.sky.table, "embedding")
        for candidate in (*self._models, name, *shipped_members()):
            try:
                model = Model.load(candidate)
            except ModelError:
                continue
            if fingerprint(model) == mark:
                return model
        raise ModelError(
            f"{name}: the encoder that made this table's embedding is not found, or has changed "
            f"since. Name it with --model, or make the embedding again: strandline embed "
            f"{self.sky.table.path} --model MODEL."
        )

    def warm(self) -> None:
        """Read in the background, one after the other, what the first click would wait for."""

        def read() -> None:
            _ = self.sky.inputs, self.sky.space, self.sky.novelty
            if self.ballots.count(self.first_class):
                self.retrainer.request(self.first_class)

        self.slow.submit(read)

    def close(self) -> None:
        """End the threads and close the store."""
        for pool in (self.quick, self.slow):
            pool.shutdown(wait=False, cancel_futures=True)
        self.retrainer.close()
        self.store.close()
        if self.sender is not None:
            self.sender.close()
