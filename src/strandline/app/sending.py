"""Galaxies to TOPCAT, Aladin and others on the same desktop, by SAMP.

astropy.samp went to pyvo, where it is the same.
"""

import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Lock

import pyarrow as pa
from pyvo.samp import SAMPIntegratedClient
from pyvo.samp.errors import SAMPClientError, SAMPHubError, SAMPProxyError

from strandline._version import __version__
from strandline.classify import write_catalogue
from strandline.errors import OptionError

__all__ = ["Sender"]

_TROUBLE = (SAMPClientError, SAMPHubError, SAMPProxyError, OSError)


class Sender:
    """A client of the desktop's SAMP hub; connects when something is first sent.

    Notes
    -----
    The hub is that of the machine on which the explorer runs, so that a server for others does not
    offer it. Files that were sent stay until `close`, as TOPCAT may read them late.
    """

    def __init__(self) -> None:
        self._client: SAMPIntegratedClient | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._sent = 0
        self._lock = Lock()

    def table(self, catalogue: pa.Table, name: str) -> list[str]:
        """Send a table to all that load tables; return their names.

        Raises
        ------
        OptionError
            If there is no hub, or nobody that loads tables; says what to do.
        """
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="strandline-samp-")
            self._sent += 1
            path = Path(self._folder.name) / f"galaxies-{self._sent}.vot"
            write_catalogue(catalogue, path)
            return self._notify(
                "table.load.votable",
                {"url": path.as_uri(), "name": name, "table-id": f"strandline-{self._sent}"},
            )

    def point_at(self, ra_deg: float, dec_deg: float) -> list[str]:
        """Ask sky viewers to look at a position; return their names."""
        with self._lock:
            return self._notify("coord.pointAt.sky", {"ra": str(ra_deg), "dec": str(dec_deg)})

    def close(self) -> None:
        """Leave the hub and remove what was sent."""
        with self._lock:
            if self._client is not None and self._client.is_connected:
                with suppress(*_TROUBLE):  # the hub may be gone already
                    self._client.disconnect()
            if self._folder is not None:
                self._folder.cleanup()
            self._client = self._folder = None

    def _notify(self, message: str, told: dict[str, str]) -> list[str]:
        client = self._connected()
        try:
            others = list(client.get_subscribed_clients(message))
            names = [client.get_metadata(other).get("samp.name", other) for other in others]
            if not others:
                raise OptionError(
                    "The SAMP hub runs, but no program there takes this. Start TOPCAT or Aladin."
                )
            for other in others:
                client.notify(other, {"samp.mtype": message, "samp.params": told})
        except _TROUBLE as error:
            self._client = None
            raise OptionError(f"The SAMP hub did not take it ({error}). Try again.") from error
        return names

    def _connected(self) -> SAMPIntegratedClient:
        if self._client is not None and self._client.is_connected:
            return self._client
        client = SAMPIntegratedClient(
            name="Strandline",
            description="Strandline explorer",
            metadata={"author.name": "Strandline", "strandline.version": __version__},
            callable=False,
        )
        try:
            client.connect()
        except _TROUBLE as error:
            raise OptionError(
                "There is no SAMP hub on this machine. Start TOPCAT or Aladin, which bring one, "
                "and send again."
            ) from error
        self._client = client
        return client
