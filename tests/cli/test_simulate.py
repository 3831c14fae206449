"""``strandline simulate`` as a user calls it."""

from pathlib import Path

import pytest

from strandline.simulate import SurveyTruth
from strandline.stamps import StampTable
from tests.conftest import Run


def test_images_and_their_truth(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "sky"
    ran = run(
        "simulate", out, "--survey", "sdss", "--fields", 1, "--size", 200, "--bands", "g,r",
        "--kinds", "shells,jellyfish", "--depth", 27, "--interacting", 0.5, "--seed", 3,
    )  # fmt: skip
    assert ran.status == 0, ran.err
    assert "1 field" in ran.out
    assert sorted(path.name for path in out.glob("*.fits")) == [
        "field-000_g.fits",
        "field-000_r.fits",
    ]
    truth = SurveyTruth.read(out)
    kinds = set(truth.column("kind")[truth.column("interacting") == 1])
    assert kinds <= {"shells", "jellyfish"}
    assert 26 < float(truth.column("limit_sb")[0]) < 28
    cut = run("stamps", out, "--out", tmp_path / "t.lance", "--size-px", 64)
    assert cut.status == 0, cut.err
    assert "from 1 images" in cut.out


def test_stamps_with_labels_that_train_takes(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "sim.lance"
    ran = run("simulate", out, "--stamps", 4, "--size", 80, "--bands", "r")
    assert ran.status == 0, ran.err
    assert "4 stamps" in ran.out
    assert len(StampTable.open(out)) == 4
    assert (tmp_path / "sim.labels.csv").read_text().startswith('"id","label"')
    assert (tmp_path / "sim.truth.csv").is_file()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--survey", "panstarrs"), ("There is no survey 'panstarrs'", "lovoccs", "sdss")),
        (("--survey", "gone.toml"), ("gone.toml",)),
        (("--kinds", "tails,flyby"), ("flyby", "tails, merger, remnant, stream")),
        (("--kinds", ""), ("tails, merger",)),
        (("--bands", "g,K"), ("g, K cannot be simulated", "u, g, r, i, z")),
        (("--bands", ""), ("cannot be simulated",)),
        (("--depth", "3"), ("A depth of 3 makes no sense", "20 to 33")),
        (("--depth", "nan"), ("A depth of nan",)),
        (("--size", "150"), ("size_px is 150; it must be 200 to",)),
        (("--fields", "0"), ("fields is 0",)),
        (("--interacting", "1.2"), ("interacting_fraction is 1.2", "between 0 and 1")),
        (("--workers", "0"), ("workers is 0",)),
        (("--orbits", "gone.csv"), ("gone.csv: no such file of orbits",)),
        (("--stamps", "0"), ("count is 0",)),
        (("--stamps", "5", "--fields", "2"), ("not both",)),
        (("--stamps", "5", "--size", "20"), ("size_px is 20; it must be 64 to 1000",)),
    ],
)
def test_bad_input(
    run: Run, tmp_path: Path, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    ran = run("simulate", tmp_path / "out", *options)
    assert ran.status == 1, ran.err
    for word in words:
        assert word in ran.err
    assert "Traceback" not in ran.err
    assert not list(tmp_path.iterdir())


def test_a_number_that_is_none_is_said_by_the_command_line(run: Run, tmp_path: Path) -> None:
    ran = run("simulate", tmp_path / "out", "--fields", "many")
    assert ran.status == 2
    assert "--fields" in ran.err
