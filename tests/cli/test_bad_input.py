"""What a user meets who gives something wrong: the message, the exit status, what is left."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from safetensors.numpy import load_file, save_file

from strandline import api
from strandline.classify import read_catalogue
from strandline.stamps import StampTable
from tests.cli.conftest import TINY_CNN, TINY_NNCLR, World
from tests.conftest import Ran, Run


def _said_and_done(ran: Ran, folder: Path, *words: str, status: int = 1) -> None:
    """Check that the command failed in its own words and left nothing in `folder`."""
    assert ran.status == status, ran.err
    for word in words:
        assert word in ran.err
    for never in ("Traceback", "Warning", "should not have happened"):
        assert never not in ran.err
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return an empty folder for what a command writes."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


# images


def _cut(path: Path, image: Path) -> None:
    path.write_bytes(image.read_bytes()[:500_000])


def _cut_gzip(path: Path, image: Path) -> None:
    path.write_bytes(gzip.compress(image.read_bytes(), 1)[:200_000])


def _damaged_compression(path: Path, image: Path) -> None:
    data, header = fits.getdata(image, header=True)
    packed = fits.CompImageHDU(data, header, quantize_level=16)
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(path)
    content = bytearray(path.read_bytes())
    content[-60_000:-10_000] = np.random.default_rng(0).bytes(50_000)
    path.write_bytes(content)


def _text(path: Path, image: Path) -> None:
    path.write_text("this is a text file")


def _zeros(path: Path, image: Path) -> None:
    data, header = fits.getdata(image, header=True)
    fits.writeto(path, np.zeros_like(data), header)


def _nan(path: Path, image: Path) -> None:
    data, header = fits.getdata(image, header=True)
    fits.writeto(path, np.full_like(data, np.nan), header)


def _no_wcs(path: Path, image: Path) -> None:
    fits.writeto(path, fits.getdata(image))


def _noise(path: Path, image: Path) -> None:
    data, header = fits.getdata(image, header=True)
    noise = np.random.default_rng(0).normal(size=data.shape)
    fits.writeto(path, noise.astype(np.float32), header)


def _folder(path: Path, image: Path) -> None:
    path.mkdir()


BAD_IMAGES: list[tuple[str, Callable[[Path, Path], None], str]] = [
    ("cut_g.fits", _cut, "is truncated: 500000 bytes are there"),
    ("cut_g.fits.gz", _cut_gzip, "compressed content is cut short"),
    ("damaged_g.fits.fz", _damaged_compression, "is damaged and cannot be decoded"),
    ("text_g.fits", _text, "is not a FITS file"),
    ("zeros_g.fits", _zeros, "has a usable pixel: all are NaN, zero or masked"),
    ("nan_g.fits", _nan, "has a usable pixel"),
    ("nowcs_g.fits", _no_wcs, "no usable world coordinates"),
    ("noise_g.fits", _noise, "no galaxy was found"),
    ("folder_g.fits", _folder, "is a folder without images"),
]


@pytest.mark.parametrize(("name", "make", "reason"), BAD_IMAGES)
def test_bad_image_alone(
    run: Run,
    world: World,
    tmp_path: Path,
    out: Path,
    name: str,
    make: Callable[[Path, Path], None],
    reason: str,
) -> None:
    make(tmp_path / name, world.images / "field-000_g.fits")
    ran = run("stamps", tmp_path / name, "--out", out / "t.lance")
    _said_and_done(ran, out, name, reason)
    assert list(out.iterdir()) == []


def test_all_bad_images_beside_good_ones(run: Run, world: World, tmp_path: Path, out: Path) -> None:
    inputs = [tmp_path / name for name, _, _ in BAD_IMAGES]
    for path, (_, make, _) in zip(inputs, BAD_IMAGES, strict=True):
        make(path, world.images / "field-000_g.fits")
    good = world.images / "field-001_r.fits"
    ran = run("stamps", *inputs, tmp_path / "gone.fits", good, "--out", out / "t.lance")
    assert ran.status == 0, ran.err
    for name, _, reason in BAD_IMAGES:
        (line,) = [line for line in ran.err.splitlines() if f"{name}: " in line]
        assert line.startswith("skipped ")
        assert reason in line
    assert "gone.fits: no such file" in ran.err
    assert f"{len(BAD_IMAGES) + 1} inputs skipped" in ran.out
    sources = StampTable.open(out / "t.lance").columns("source")["source"].to_pylist()
    assert set(sources) == {"field-001_r.fits"}
    assert [path.name for path in out.iterdir()] == ["t.lance"]


def test_bands_on_other_grids_and_the_others_go_on(
    run: Run, world: World, tmp_path: Path, out: Path
) -> None:
    for band, rows in (("g", 500), ("r", 400)):
        image = world.images / f"field-000_{band}.fits"
        data, header = fits.getdata(image, header=True)
        fits.writeto(tmp_path / f"x_{band}.fits", data[:rows], header)
    shutil.copy(world.images / "field-001_g.fits", tmp_path)
    ran = run("stamps", tmp_path, "--out", out / "t.lance")
    assert ran.status == 0
    for text in ("x_g.fits has 500x500 px", "x_r.fits has 500x400 px", "one grid"):
        assert text in ran.err
    assert "2 inputs skipped" in ran.out


def test_spaces_and_unicode_in_names(run: Run, world: World, tmp_path: Path) -> None:
    folder = tmp_path / "été [1] #2"
    folder.mkdir()
    shutil.copy(world.images / "field-000_g.fits", folder / "mé galaxy_g.fits")
    ran = run("stamps", folder / "mé galaxy_g.fits", "--out", folder / "ta ble.lance")
    assert ran.status == 0, ran.err
    table = StampTable.open(folder / "ta ble.lance")
    assert table.columns("source")["source"].to_pylist()[0] == "mé galaxy_g.fits"


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--zeropoint", "nan", "zeropoint is nan; expected an AB magnitude from -10 to 50"),
        ("--bands", "g,,r", "bands is 'g,,r'"),
        ("--size-px", "99999", "16 to 4096 px"),
        ("--size-arcsec", "nan", "size_arcsec must be positive; got nan"),
        ("--positions", "gone.csv", "gone.csv: no such file"),
    ],
)
def test_option_that_makes_no_sense(
    run: Run, world: World, out: Path, option: str, value: str, told: str
) -> None:
    ran = run("stamps", world.images, "--out", out / "t.lance", option, value)
    _said_and_done(ran, out, told)
    assert list(out.iterdir()) == []


# places to write to


@pytest.mark.parametrize("command", ["stamps", "pretrain", "train"])
def test_folder_of_other_things_is_not_replaced(
    run: Run, world: World, out: Path, command: str
) -> None:
    (out / "precious.txt").write_text("kept")
    arguments: dict[str, list[object]] = {
        "stamps": [world.images],
        "pretrain": [world.table],
        "train": [world.table, "--labels", world.labels],
    }
    ran = run(command, *arguments[command], "--out", out)
    _said_and_done(ran, out, "holds other things (precious.txt)")
    assert (out / "precious.txt").read_text() == "kept"


def test_demo_does_not_replace_images_of_the_user(run: Run, out: Path) -> None:
    (out / "images").mkdir()
    ran = run("demo", "--out", out)
    _said_and_done(ran, out, "holds other things than a demo")


@pytest.mark.parametrize("command", ["stamps", "find", "pretrain", "train", "classify"])
def test_output_below_a_file(run: Run, world: World, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("kept")
    arguments: dict[str, list[object]] = {
        "stamps": [world.images],
        "find": [world.images, "--model", world.cnn],
        "pretrain": [world.table],
        "train": [world.table, "--labels", world.labels],
        "classify": [world.table, "--model", world.cnn],
    }
    ran = run(command, *arguments[command], "--out", tmp_path / "file" / "x.csv")
    _said_and_done(ran, tmp_path, "file: is a file, so that nothing can be written below it")
    assert (tmp_path / "file").read_text() == "kept"


def test_file_is_not_written_over_a_folder(run: Run, world: World, out: Path) -> None:
    (out / "s.csv").mkdir()
    ran = run("classify", world.table, "--model", world.cnn, "--out", out / "s.csv")
    _said_and_done(ran, out, "s.csv: is a folder, but a file")


# tables


def _other_folder(path: Path, table: Path) -> None:
    path.mkdir()


def _file(path: Path, table: Path) -> None:
    path.write_text("x")


def _half_deleted(path: Path, table: Path) -> None:
    shutil.copytree(table, path)
    next((path / "data").iterdir()).unlink()


def _cut_short(path: Path, table: Path) -> None:
    shutil.copytree(table, path)
    part = next((path / "data").iterdir())
    os.truncate(part, part.stat().st_size // 2)


@pytest.mark.parametrize("command", ["embed", "classify", "search", "train", "pretrain"])
@pytest.mark.parametrize(
    ("make", "told"),
    [
        (None, "there is no such stamp table"),
        (_other_folder, "is a folder but not a stamp table"),
        (_file, "is a file; a stamp table is a folder"),
        (_half_deleted, "is an incomplete stamp table: data/"),
        (_cut_short, "is cut short"),
    ],
)
def test_table_that_is_none(
    run: Run,
    world: World,
    tmp_path: Path,
    out: Path,
    command: str,
    make: Callable[[Path, Path], None] | None,
    told: str,
) -> None:
    table = tmp_path / "bad.lance"
    if make is not None:
        make(table, world.table)
    more: dict[str, list[object]] = {
        "embed": ["--model", world.cnn],
        "classify": ["--model", world.cnn, "--out", out / "s.csv"],
        "search": ["--like", "x"],
        "train": ["--labels", world.labels, "--out", out / "m"],
        "pretrain": ["--out", out / "m"],
    }
    ran = run(command, table, *more[command])
    _said_and_done(ran, out, "bad.lance", told)
    assert list(out.iterdir()) == []


# models


def _weights(folder: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    file = folder / "weights.safetensors"
    save_file({name: change(value) for name, value in load_file(file).items()}, file)


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _short_weights(folder: Path) -> None:
    os.truncate(folder / "weights.safetensors", 3000)


def _nan_weights(folder: Path) -> None:
    _weights(folder, lambda value: value * np.nan if value.dtype.kind == "f" else value)


def _edit_card(old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        card = folder / "card.json"
        text = card.read_text()
        assert old in text
        card.write_text(text.replace(old, new))

    return edit


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_without("card.json"), "card.json is missing"),
        (_without("weights.safetensors"), "weights.safetensors is missing"),
        (_without("recipe.toml"), "recipe.toml is missing"),
        (_short_weights, "is damaged or cut short"),
        (_nan_weights, "holds values that are not finite"),
        (_edit_card("{", "["), "card.json: is damaged"),
        (_edit_card('"kind": "fits"', '"kind": "picture"'), "was trained on colour pictures"),
        (_edit_card('"g"', '"u"'), None),  # one band fewer in common is no hindrance
    ],
)
def test_model_that_cannot_be_used(
    run: Run,
    world: World,
    tmp_path: Path,
    out: Path,
    spoil: Callable[[Path], None],
    told: str | None,
) -> None:
    model = tmp_path / "model"
    shutil.copytree(world.cnn, model)
    spoil(model)
    ran = run("classify", world.table, "--model", model, "--out", out / "s.csv")
    if told is None:
        assert ran.status == 0, ran.err
        return
    _said_and_done(ran, out, "model", told)
    assert list(out.iterdir()) == []
    ran = run("find", world.images, "--model", model, "--out", out / "run")
    _said_and_done(ran, out, "model", told)
    assert list(out.iterdir()) == []


def test_encoder_without_head_is_refused_before_the_work(run: Run, world: World, out: Path) -> None:
    encoder = world.cnn.parent / "encoder"
    started = time.monotonic()
    ran = run("find", world.images, "--model", encoder, "--out", out / "run")
    _said_and_done(ran, out, "is an encoder without a head", "strandline train")
    assert time.monotonic() - started < 5
    assert list(out.iterdir()) == []


# labels


def _ids(world: World) -> list[str]:
    return [str(value) for value in StampTable.open(world.table).columns("id")["id"].to_pylist()]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "labels.csv: is empty; expected a CSV"),
        (b"id,label\n", "has a header but no rows"),
        (b"id;label\na;1\n", "has columns 'id;label'; expected a CSV, separated by commas"),
        (b"id,label,note\n{0},1,caf\xe9\n", "Save it as CSV in UTF-8"),
        (b"id,label\n{0},1\n{0},0\n", "is labelled both 0 and 1"),
        (b"id,label\n{0},1\n{1},1\n", "too few labels to train on"),
        (b"id,label\n{0},maybe\n", "no label is 0, 1, interacting or non_interacting"),
        (b"id,label\nnobody,1\n", "none of its 1 labelled names is in the table"),
    ],
)
def test_label_files_that_cannot_be_used(
    run: Run, world: World, tmp_path: Path, out: Path, content: bytes, told: str
) -> None:
    first, second = (name.encode() for name in _ids(world)[:2])
    path = tmp_path / "labels.csv"
    path.write_bytes(content.replace(b"{0}", first).replace(b"{1}", second))
    ran = run("train", world.table, "--labels", path, "--out", out / "m")
    _said_and_done(ran, out, told)
    assert list(out.iterdir()) == []


def test_labels_from_windows_with_unknown_ids_and_other_values(
    run: Run, world: World, tmp_path: Path, out: Path
) -> None:
    path = tmp_path / "labels.csv"
    lines = [*world.labels.read_text().splitlines(), "nobody,1", f"{_ids(world)[0]},unsure"]
    path.write_bytes("﻿".encode() + "\r\n".join(lines).encode())
    recipe = tmp_path / "r.toml"
    recipe.write_text(TINY_CNN)
    ran = run("train", world.table, "--labels", path, "--recipe", recipe, "--out", out / "m")
    assert ran.status == 0, ran.err
    assert "not in the table: 1 (nobody)" in ran.err
    assert "left out by value: 'unsure' 1" in ran.err


# recipes


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = [", "r.toml: is not valid TOML"),
        ("", "objective: is missing"),
        (TINY_NNCLR + "\nfoo = 1\n", "optimiser.foo: unknown key"),
        (TINY_NNCLR.replace("1e-3", '"fast"'), "optimiser.learning_rate: Input should be a valid"),
        (TINY_NNCLR.replace("1e-3", "1e30"), "Lower optimiser.learning_rate (1e+30)"),
        (TINY_CNN, "learns from labels: use strandline train"),
    ],
)
def test_recipe_that_cannot_be_used(
    run: Run, world: World, tmp_path: Path, out: Path, text: str, told: str
) -> None:
    (tmp_path / "r.toml").write_text(text)
    ran = run("pretrain", world.table, "--recipe", tmp_path / "r.toml", "--out", out / "m")
    _said_and_done(ran, out, told)
    assert list(out.iterdir()) == []


# catalogues and search


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("s.csv", "id,source\na,b\n", "has no column probability; it has id, source"),
        ("s.csv", "id,source,probability\na,b,high\n", "column probability does not hold numbers"),
        ("s.csv", "id,source,probability\na,b,1\na,b,0\n", "id 'a' stands in 2 rows"),
        ("s.csv", "", "cannot be read as csv"),
        ("s.txt", "x", "use one of .parquet, .csv, .fits, .votable"),
        ("s.parquet", "x", "cannot be read as parquet"),
        ("s.fits", "x", "cannot be read as fits"),
        ("s.votable", "x", "cannot be read as votable"),
    ],
)
def test_catalogue_that_cannot_be_evaluated(
    run: Run, world: World, out: Path, name: str, content: str, told: str
) -> None:
    (out / name).write_text(content)
    ran = run("evaluate", out / name, "--truth", world.labels)
    _said_and_done(ran, out, name, told)
    assert [path.name for path in out.iterdir()] == [name]


def test_unsupported_ending_is_told_before_the_work(run: Run, world: World, out: Path) -> None:
    ran = run("classify", world.table, "--model", world.cnn, "--out", out / "s.xlsx")
    _said_and_done(ran, out, "s.xlsx", ".parquet, .csv, .fits, .votable")


def test_none_to_search_for(run: Run, world: World, out: Path) -> None:
    ran = run("search", world.table, "--like", "x", "-n", "0")
    _said_and_done(ran, out, "-n", status=2)


# interrupts and full disks, each in a process of its own

MAIN = [sys.executable, "-c", "from strandline.cli import main; main()"]


def _start(*arguments: object) -> subprocess.Popen[str]:
    command = [*MAIN, *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def _wait_for(child: subprocess.Popen[str], happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 90
    while not happened() and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def test_interrupted_training_keeps_the_old_model_and_goes_on(
    run: Run, world: World, tmp_path: Path, out: Path
) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(TINY_NNCLR.replace("epochs = 1", "epochs = 40"))
    shutil.copytree(world.cnn, out / "m")
    before = (out / "m" / "weights.safetensors").read_bytes()
    arguments = ("pretrain", world.table, "--recipe", recipe, "--out", out / "m")
    child = _start(*arguments)
    _wait_for(child, (out / ".m.training" / "last.ckpt").is_file)
    child.send_signal(2)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "Traceback" not in said
    assert "The same command goes on after epoch" in said
    assert (out / "m" / "weights.safetensors").read_bytes() == before
    ran = run(*arguments)
    assert ran.status == 0, ran.err
    assert "goes on after epoch" in ran.err
    assert [path.name for path in out.iterdir()] == ["m"]


def test_interrupted_embedding_leaves_the_table_as_it_was(world: World, out: Path) -> None:
    table = out / "t.lance"
    shutil.copytree(world.table, table)
    child = _start("embed", table, "--model", world.nnclr, "--batch-size", 1)
    _wait_for(child, lambda: any(out.glob(".t.lance.*")))
    child.send_signal(2)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert "Traceback" not in said
    assert [path.name for path in out.iterdir()] == ["t.lance"]
    assert StampTable.open(table).column_names == StampTable.open(world.table).column_names


@pytest.fixture
def small_disk(tmp_path: Path, kilobytes: int) -> Iterator[Path]:
    """Yield a disk of as many kB as the test's parameter `kilobytes` says."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("kilobytes", "command"),
    [(2000, "stamps"), (8, "pretrain"), (8, "train"), (4, "parquet"), (4, "csv"), (4, "fits")],
)
@pytest.mark.usefixtures("kilobytes")
def test_full_disk(run: Run, world: World, tmp_path: Path, small_disk: Path, command: str) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(TINY_NNCLR if command == "pretrain" else TINY_CNN)
    arguments: dict[str, list[object]] = {
        "stamps": ["stamps", world.images, "--out", small_disk / "t.lance"],
        "pretrain": ["pretrain", world.table, "--recipe", recipe, "--out", small_disk / "m"],
        "train": ["train", world.table, "--recipe", recipe, "--out", small_disk / "m"],
    }
    arguments["train"] += ["--labels", world.labels]
    classify = ["classify", world.table, "--model", world.cnn]
    classify += ["--out", small_disk / f"s.{command}"]
    ran = run(*arguments.get(command, classify))
    _said_and_done(ran, small_disk, "the disk is full", str(small_disk))
    assert list(small_disk.iterdir()) == []


@pytest.mark.parametrize("kilobytes", [30_000])
@pytest.mark.usefixtures("kilobytes")
def test_full_disk_leaves_the_table_as_it_was(
    run: Run, world: World, tmp_path: Path, small_disk: Path
) -> None:
    table = small_disk / "t.lance"
    shutil.copytree(world.table, table)
    free = shutil.disk_usage(small_disk).free
    (small_disk / "fill").write_bytes(b"0" * free)
    ran = run("embed", table, "--model", world.nnclr)
    _said_and_done(ran, small_disk, "the table is as it was", "0 MB of disk are free")
    assert StampTable.open(table).column_names == StampTable.open(world.table).column_names
    (small_disk / "fill").unlink()
    assert run("embed", table, "--model", world.nnclr).status == 0
    out = tmp_path / "s.csv"
    assert run("classify", table, "--model", world.cnn, "--out", out).status == 0
    assert len(read_catalogue(out)) == len(StampTable.open(table))


def test_interrupt_that_a_library_turns_into_its_own_error(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(*_: object, **__: object) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise TypeError("data type 'i4' not understood") from None

    monkeypatch.setattr(api, "search", search, raising=False)
    handler = signal.getsignal(signal.SIGINT)
    ran = run("search", world.table, "--like", "x")
    assert ran.status == 130
    assert ran.err == "strandline: interrupted; no output was left half-written.\n"
    assert signal.getsignal(signal.SIGINT) is handler


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("odd\nlines"), "RuntimeError: odd - this should not have happened"),
        (MemoryError(), "the memory of this machine does not suffice (none was left)"),
    ],
)
def test_the_unforeseen_is_said_in_one_line(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def search(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(api, "search", search, raising=False)
    ran = run("search", world.table, "--like", "x")
    assert ran.status == 1
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_warnings_and_log_messages_of_libraries_are_not_shown() -> None:
    code = (
        "import sys, warnings, logging\n"
        "from strandline import api, cli, errors\n"
        "def search(*_, **__):\n"
        "    warnings.warn('a library warns')\n"
        "    logging.getLogger('astropy').warning('a library logs')\n"
        "    raise errors.StrandlineError('ours')\n"
        "api.search = search\n"
        "cli.main(['search', 'x', '--like', 'y'])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "strandline: ours\n")
