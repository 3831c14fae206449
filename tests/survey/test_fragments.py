"""A table's features and scores by many workers are those by one process."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal
from pyarrow import csv

from strandline import api
from strandline.classify import read_catalogue
from strandline.classify.score import score_table
from strandline.errors import ModelError, OptionError
from strandline.learn import Ensemble, embed_table
from strandline.stamps import StampTable
from strandline.survey import embed_by_workers, score_by_workers
from strandline.survey.engine import Engine
from tests.survey.sky import SIZE_PX

# workers import torch before they do anything: minutes on a busy machine
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def table(tiles: Path, tmp_path_factory: pytest.TempPathFactory) -> StampTable:
    out = tmp_path_factory.mktemp("table") / "stamps.lance"
    api.stamps([tiles.parent / "field"], out, size_px=SIZE_PX)
    return StampTable.open(out)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strandline.survey.fragments._ROWS_AT_ONCE", 16)


def test_features(table: StampTable, ensemble: Ensemble, engine: Engine) -> None:
    model = ensemble.models["small"]
    theirs = list(embed_table(table, model, batch_size=8))
    ours = list(embed_by_workers(nullcontext(engine), table, model, 8))
    assert len(ours) > 2
    for side in (0, 1):
        np.testing.assert_array_equal(
            np.concatenate([part[side] for part in ours]),
            np.concatenate([part[side] for part in theirs]),
        )


def test_scores(table: StampTable, ensemble: Ensemble, engine: Engine) -> None:
    theirs = score_table(table, ensemble, batch_size=8)
    ours = score_by_workers(nullcontext(engine), table, ensemble, 8)
    np.testing.assert_array_equal(ours.probability, theirs.probability)


def test_measurements(table: StampTable, engine: Engine, tmp_path: Path) -> None:
    few = table.columns("id")["id"].to_pylist()[:70]
    csv.write_csv(pa.table({"id": few}), tmp_path / "few.csv")
    for name, scheduler in (("one", None), ("many", engine.address)):
        api.measure(
            table.path,
            tmp_path / f"{name}.parquet",
            catalogue=tmp_path / "few.csv",
            psf_arcsec={"": 1.0},
            scheduler=scheduler,
        )
    ours, theirs = (read_catalogue(tmp_path / f"{name}.parquet") for name in ("many", "one"))
    assert ours.num_rows == min(len(few), len(table))
    assert_frame_equal(ours.to_pandas(), theirs.to_pandas())


def test_workers_of_a_scheduler_are_what_they_are(table: StampTable, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="leave out --workers"):
        api.measure(table.path, tmp_path / "out.csv", workers=2, scheduler="tcp://127.0.0.1:1")


def test_a_model_of_other_images_is_refused(table: StampTable, engine: Engine) -> None:
    models = Ensemble.load("strandline-picture")
    with pytest.raises(ModelError, match="colour pictures"):
        score_by_workers(nullcontext(engine), table, models, 8)
