"""LSDB opens the catalogue, filters and cross-matches it."""

import warnings
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from strandline.learn import Ensemble
from strandline.survey import FinalOptions, Place, list_tiles, run_survey
from strandline.survey.engine import Engine
from strandline.tiles import ReadOptions
from tests.survey.sky import small_plan

# workers import torch before they do anything: minutes on a busy machine
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.filterwarnings("default")
def test_lsdb_opens_filters_and_crossmatches(
    tiles: Path, ensemble: Ensemble, engine: Engine, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    outcome = run_survey(
        nullcontext(engine),
        list_tiles([tiles], ReadOptions()),
        small_plan(),
        ensemble,
        Place(out),
        FinalOptions(0.01),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import dask
        import lsdb
        from hats.io.validation import is_valid_catalog

        with dask.config.set(scheduler="synchronous"):
            assert is_valid_catalog(out / "catalogue", strict=True)
            catalogue = lsdb.open_catalog(out / "catalogue")
            assert len(catalogue) == outcome.galaxies
            assert "embedding" not in catalogue.columns
            rows = catalogue.compute()
            whole = lsdb.open_catalog(out / "catalogue", columns="all").compute()
            vectors = np.stack(whole["embedding"].to_list())
            assert vectors.shape == (outcome.galaxies, ensemble.models["small"].feature_count)
            likely = catalogue.query("probability > 0.5").compute()
            assert len(likely) == (rows["probability"] > 0.5).sum()
            first = rows.iloc[0]
            near = catalogue.cone_search(first["ra"], first["dec"], 2.0).compute()
            assert first["id"] in near["id"].to_list()
            some = rows[["id", "ra", "dec"]].rename(columns={"id": "name"}).iloc[::3]
            other = lsdb.from_dataframe(
                some.reset_index(drop=True), ra_column="ra", dec_column="dec", margin_threshold=10
            )
            pairs = catalogue.crossmatch(
                other, radius_arcsec=0.5, suffixes=("", "_other"), suffix_method="all_columns"
            ).compute()
            assert sorted(pairs["id"]) == sorted(some["name"])
            assert (pairs["id"] == pairs["name_other"]).all()
