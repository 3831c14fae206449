"""Who may look at a page: this machine alone, unless a password or OAuth stands guard."""

import ipaddress
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from strandline.errors import OptionError

__all__ = ["PROVIDERS", "Guard", "is_loopback"]

PROVIDERS = ("azure", "bitbucket", "github", "gitlab", "google", "okta", "auth0")
_PASSWORD = "STRANDLINE_PASSWORD"
_SHORTEST = 8
_OAUTH = ("PANEL_OAUTH_KEY", "PANEL_OAUTH_SECRET")


@dataclass(frozen=True)
class Guard:
    """What a visitor has to show; nothing by default.

    Attributes
    ----------
    users : mapping of str to str, or str, or None
        Passwords by name; or one password for all, who then choose their names.
    oauth : str or None
        A provider of `PROVIDERS`; key and secret are in the environment (PANEL_OAUTH_KEY,
        PANEL_OAUTH_SECRET).
    """

    users: dict[str, str] | str | None = field(default=None, repr=False)
    oauth: str | None = None

    @classmethod
    def of(cls, password_file: str | Path | None = None, oauth: str | None = None) -> Self:
        """Read what the user gave.

        Parameters
        ----------
        password_file : path, optional
            One line, the password for all; or JSON, an object of passwords by name. Without it
            the environment variable STRANDLINE_PASSWORD counts. (A password on the command line
            could be read by everybody on the machine.)
        oauth : str, optional

        Raises
        ------
        OptionError
            If the file cannot be read, a password is shorter than 8 characters, the provider is
            unknown or its key is missing.
        """
        if oauth is not None:
            if oauth not in PROVIDERS:
                raise OptionError(f"--oauth {oauth!r}; expected one of {', '.join(PROVIDERS)}.")
            missing = [name for name in _OAUTH if not os.environ.get(name)]
            if missing:
                raise OptionError(
                    f"--oauth {oauth} needs {' and '.join(missing)} in the environment: key and "
                    "secret of the application that you registered there."
                )
            return cls(oauth=oauth)
        if password_file is not None:
            return cls(_read_passwords(Path(password_file)))
        told = os.environ.get(_PASSWORD)
        return cls(_checked(told, _PASSWORD) if told is not None else None)

    @property
    def is_there(self) -> bool:
        """Whether a visitor has to show anything."""
        return self.users is not None or self.oauth is not None

    def check(self, address: str) -> None:
        """Refuse an address that others can reach if nobody stands guard.

        Raises
        ------
        OptionError
        """
        if not is_loopback(address) and not self.is_there:
            raise OptionError(
                f"--address {address}: other machines could reach this page, so that it needs a "
                "guard: --password-file FILE, STRANDLINE_PASSWORD in the environment, or "
                "--oauth PROVIDER. Without one it listens on 127.0.0.1 alone."
            )

    def settings(self) -> dict[str, Any]:
        """Return what Panel's server takes."""
        if not self.is_there:
            return {}
        told: dict[str, Any] = {"cookie_secret": secrets.token_hex(32)}
        if self.oauth is not None:
            told |= {
                "oauth_provider": self.oauth,
                "oauth_key": os.environ[_OAUTH[0]],
                "oauth_secret": os.environ[_OAUTH[1]],
            }
        else:
            told["basic_auth"] = self.users
        return told


def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach an address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:  # a name may lead anywhere
        return False


def _read_passwords(path: Path) -> dict[str, str] | str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"{path}: cannot be read as a file of passwords ({error}).") from error
    if not text.startswith("{"):
        if "\n" in text:
            raise OptionError(f"{path}: has several lines; expected one password, or JSON by name.")
        return _checked(text, str(path))
    try:
        told = json.loads(text)
    except ValueError as error:
        raise OptionError(f"{path}: is no JSON ({error}).") from error
    if not told or not all(isinstance(word, str) for word in told.values()):
        raise OptionError(f'{path}: expected passwords by name, such as {{"ann": "..."}}.')
    return {name: _checked(word, f"{path}: {name}") for name, word in told.items()}


def _checked(password: str, whose: str) -> str:
    if len(password) < _SHORTEST:
        raise OptionError(f"{whose}: the password has fewer than {_SHORTEST} characters.")
    if Path(password).is_file():  # Panel would read that file instead
        raise OptionError(f"{whose}: the password is the name of a file; choose another.")
    return password
