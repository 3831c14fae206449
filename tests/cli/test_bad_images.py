"""Images, options and places to write to that cannot be used: message, status, what is left."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from strandline.stamps import StampTable
from tests.cli.conftest import World, said_and_done
from tests.conftest import Run

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
    said_and_done(ran, out, name, reason)
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
    said_and_done(ran, out, told)
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
    said_and_done(ran, out, "holds other things (precious.txt)")
    assert (out / "precious.txt").read_text() == "kept"


def test_demo_does_not_replace_images_of_the_user(run: Run, out: Path) -> None:
    (out / "images").mkdir()
    ran = run("demo", "--out", out)
    said_and_done(ran, out, "holds other things than a demo")


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
    said_and_done(ran, tmp_path, "file: is a file, so that nothing can be written below it")
    assert (tmp_path / "file").read_text() == "kept"


def test_file_is_not_written_over_a_folder(run: Run, world: World, out: Path) -> None:
    (out / "s.csv").mkdir()
    ran = run("classify", world.table, "--model", world.cnn, "--out", out / "s.csv")
    said_and_done(ran, out, "s.csv: is a folder, but a file")
