import signal
import subprocess
from pathlib import Path

import pytest

from strandline.errors import OutputError
from strandline.files import check_target, write_aside, write_together


def test_file_appears_only_when_the_body_succeeds(tmp_path: Path) -> None:
    target = tmp_path / "new" / "result.txt"
    with write_aside(target) as aside:
        aside.write_text("done")
        assert not target.exists()
    assert target.read_text() == "done"
    assert [path.name for path in target.parent.iterdir()] == ["result.txt"]


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt])
def test_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    target = tmp_path / "result.txt"
    target.write_text("old")
    with pytest.raises(failure), write_aside(target) as aside:  # noqa: PT012
        aside.write_text("half")
        raise failure
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["result.txt"]


def test_folder_replaces_folder(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    (target / "card").touch()
    with write_aside(target, marks=["card"]) as aside:
        aside.mkdir()
        (aside / "new").touch()
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "precious.fits").touch()
    with pytest.raises(OutputError, match=r"images: is a folder that holds other things \(prec"):
        check_target(tmp_path / "images", marks=["card"])
    with pytest.raises(OutputError, match="holds other"), write_aside(tmp_path / "images") as aside:
        aside.mkdir()
    assert [path.name for path in (tmp_path / "images").iterdir()] == ["precious.fits"]


def test_file_does_not_replace_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(OutputError, match=r"x\.csv: is a folder"):
        check_target(tmp_path / "x.csv")
    with pytest.raises(OutputError, match="is a folder"), write_aside(tmp_path / "x.csv") as aside:
        aside.touch()
    assert (tmp_path / "x.csv").is_dir()


def test_nothing_is_left_of_folders_made_in_vain(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), write_aside(tmp_path / "a" / "b" / "c"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_place_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(OutputError, match="x: is a file"):
        check_target(tmp_path / "x" / "y")
    with (
        pytest.raises(OutputError, match="x: is a file"),
        write_aside(tmp_path / "x" / "y"),
    ):
        pass


def test_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with write_aside(tmp_path / "link") as aside:
        aside.touch()
    assert (tmp_path / "real").is_file()
    assert (tmp_path / "link").is_symlink()


def test_interrupt_waits_until_files_have_changed_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "card").write_text("old")
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        signal.raise_signal(signal.SIGINT)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), write_aside(tmp_path / "model", ["card"]) as aside:  # noqa: PT012
        aside.mkdir()
        (aside / "card").write_text("new")
    assert (tmp_path / "model" / "card").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_folder_does_not_replace_a_file(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("kept")
    with pytest.raises(OutputError, match="is a file"), write_aside(target) as aside:
        aside.mkdir()
    assert target.read_text() == "kept"


def test_together_all_or_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with write_together(folder) as aside:
        (aside / "a").write_text("1")
        (aside / "b").write_text("1")
    (folder / "mine").touch()
    with pytest.raises(RuntimeError), write_together(folder) as aside:  # noqa: PT012
        (aside / "a").write_text("2")
        raise RuntimeError
    assert sorted(path.name for path in folder.iterdir()) == ["a", "b", "mine"]
    assert (folder / "a").read_text() == "1"


def test_together_removes_a_folder_it_made_in_vain(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), write_together(tmp_path / "run"):
        raise RuntimeError
    assert not (tmp_path / "run").exists()


def test_full_disk_is_named(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        with pytest.raises(OutputError, match="disk is full"), write_aside(tmp_path / "x") as aside:
            aside.write_bytes(b"0" * 1_000_000)
        assert list(tmp_path.iterdir()) == []
    finally:
        subprocess.run(["umount", tmp_path], check=True)
