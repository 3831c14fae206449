"""``strandline erase``: a model whose features forgot nuisances."""

from pathlib import Path

import numpy as np

from strandline.learn import Model
from strandline.stamps import StampTable
from tests.cli.conftest import World, said_and_done
from tests.conftest import Run


def test_a_model_forgets_and_loses_its_head(run: Run, world: World, out: Path) -> None:
    command = ["erase", world.table, "--model", world.nnclr, "--out", out / "blind"]
    ran = run(*command, "--nuisances", "noise, shift", "--seed", 3)
    assert ran.status == 0, ran.err
    assert "directions of nuisances erased" in ran.out
    assert f"--encoder {out / 'blind'}" in ran.err
    model, before = Model.load(out / "blind"), Model.load(world.nnclr)
    assert not model.has_head
    assert model.erasure is not None
    assert model.recipe.erasure.nuisances == ("noise", "shift")
    table = StampTable.open(world.table)
    stamps = table.read(np.arange(8))
    assert not np.array_equal(
        model.embed(stamps, table.spec.bands), before.embed(stamps, table.spec.bands)
    )
    ran = run(*command, "--nuisances", "noise, shift", "--seed", 3)
    assert ran.status == 0, ran.err
    again = Model.load(out / "blind").embed(stamps, table.spec.bands)
    assert np.array_equal(again, model.embed(stamps, table.spec.bands))


def test_by_default_all_that_can_be_put_on_is_erased(run: Run, world: World, out: Path) -> None:
    ran = run("erase", world.table, "--model", world.nnclr, "--out", out / "blind")
    assert ran.status == 0, ran.err
    told = Model.load(out / "blind").card["erasure"]
    assert told["nuisances"] == ["noise", "depth", "blur", "shift", "rotation"]


def test_what_cannot_be_erased_is_named(run: Run, world: World, out: Path) -> None:
    command = ["erase", world.table, "--model", world.nnclr, "--out", out / "blind"]
    ran = run(*command, "--nuisances", "noise,magnitude")
    said_and_done(ran, out, "nuisances", "'noise', 'depth', 'blur', 'shift'", "'magnitude'")
    assert not (out / "blind").exists()
