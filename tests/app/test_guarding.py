import json
from pathlib import Path

import pytest

from strandline.app.guarding import Guard, is_loopback
from strandline.errors import OptionError
from tests.conftest import Run


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "127.3.4.5"])
def test_this_machine_needs_no_guard(address: str) -> None:
    assert is_loopback(address)
    Guard().check(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.4", "example.org", "", "127.evil"])
def test_others_are_refused_without_a_guard(address: str) -> None:
    with pytest.raises(OptionError, match="needs a guard"):
        Guard().check(address)
    Guard("a long password").check(address)


def test_the_command_does_not_start_without_a_guard(run: Run, table_path: Path) -> None:
    ran = run("explore", table_path, "--address", "0.0.0.0", "--port", "0")
    assert ran.status == 1
    assert "other machines could reach this page" in ran.err


def test_passwords_come_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STRANDLINE_PASSWORD", raising=False)
    assert not Guard.of().is_there
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    guard = Guard.of(file)
    assert guard.settings()["basic_auth"] == "correct horse"
    assert len(guard.settings()["cookie_secret"]) == 64
    assert "correct horse" not in repr(guard)
    file.write_text(json.dumps({"ann": "first word", "bob": "second word"}))
    assert Guard.of(file).settings()["basic_auth"] == {"ann": "first word", "bob": "second word"}
    monkeypatch.setenv("STRANDLINE_PASSWORD", "from outside")
    assert Guard.of().settings()["basic_auth"] == "from outside"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("short", "fewer than 8"),
        ("", "fewer than 8"),
        ("one line\nand another", "several lines"),
        ("{}", "expected passwords by name"),
        ('{"ann": 12345678}', "expected passwords by name"),
        ('{"ann": "short"}', "ann: the password has fewer"),
        ("{ann", "is no JSON"),
    ],
)
def test_passwords_that_guard_nothing_are_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "password"
    file.write_text(text)
    with pytest.raises(OptionError, match=said):
        Guard.of(file)


def test_a_password_is_never_taken_for_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "users.json"
    secret.write_text('{"eve": "anything"}')
    file = tmp_path / "password"
    file.write_text(str(secret))
    with pytest.raises(OptionError, match="is the name of a file"):
        Guard.of(file)


def test_oauth_needs_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PANEL_OAUTH_KEY", raising=False)
    monkeypatch.setenv("PANEL_OAUTH_SECRET", "s")
    with pytest.raises(OptionError, match="needs PANEL_OAUTH_KEY in the environment"):
        Guard.of(oauth="github")
    with pytest.raises(OptionError, match="expected one of azure"):
        Guard.of(oauth="nobody")
    monkeypatch.setenv("PANEL_OAUTH_KEY", "k")
    guard = Guard.of(oauth="github")
    guard.check("0.0.0.0")
    assert guard.settings()["oauth_provider"] == "github"
