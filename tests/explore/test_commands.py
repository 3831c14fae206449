"""The commands on a small table with an embedding."""

from pathlib import Path

import numpy as np

from strandline.stamps import StampTable
from tests.conftest import Run


def test_novelty_is_written_into_the_table_and_corrected_by_marks(
    run: Run, table: StampTable, tmp_path: Path
) -> None:
    ran = run("novelty", table.path, "-n", 5)
    assert ran.status == 0, ran.err
    columns = StampTable.open(table.path).columns("id", "novelty", "novelty_group")
    before = columns["novelty"].to_numpy()
    best = columns["id"].to_pylist()[int(before.argmax())]
    assert ran.out.splitlines()[1].split()[0] == best
    assert columns["novelty_group"].to_numpy()[before.argmax()] == 0
    dull = tmp_path / "dull.csv"
    dull.write_text(f"id\n{best}\n")
    again = run("novelty", table.path, "--uninteresting", dull)
    assert again.status == 0, again.err
    assert "Corrected by 1 marks" in again.err
    after = StampTable.open(table.path).columns("novelty")["novelty"].to_numpy()
    assert after[before.argmax()] < before.max()
    dull.write_text("id\nfield-9999\n")
    refused = run("novelty", table.path, "--uninteresting", dull)
    assert refused.status == 1
    assert "no galaxy with id 'field-9999'" in refused.err
    np.testing.assert_array_equal(StampTable.open(table.path).columns("novelty")["novelty"], after)


def test_search_takes_several_galaxies(run: Run, table: StampTable) -> None:
    examples = ("--like", "field-0003", "--like", "field-0040")
    ran = run("search", table.path, *examples, "-n", 4)
    assert ran.status == 0, ran.err
    names = [line.split()[0] for line in ran.out.splitlines()[1:]]
    assert len(names) == 4
    assert not {"field-0003", "field-0040"} & set(names)
    either = run("search", table.path, *examples, "-n", 4, "--any")
    assert either.status == 0, either.err
    assert either.out != ran.out
