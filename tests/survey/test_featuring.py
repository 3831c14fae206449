"""Features measured on the way are those that ``measure`` finds on the table of stamps."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from strandline import api
from strandline.classify import read_catalogue
from strandline.learn import Ensemble
from strandline.simulate import make_survey
from strandline.stamps import CutPlan, DetectOptions, TableSpec
from strandline.survey import SurveyPlan, tile_rows
from strandline.survey.featuring import FeatureMeasurer, feature_fields
from strandline.survey.onetile import chosen_cutouts
from strandline.tiles import Tile, discover, read_tile
from tests.survey.sky import BANDS

SIZE_PX = 120  # features need room


def plan(measure_from: float) -> SurveyPlan:
    cut = CutPlan(TableSpec(BANDS, SIZE_PX, "fits"), None, DetectOptions(max_per_tile=12), 0)
    return SurveyPlan(cut, measure_from=measure_from)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A field where all galaxies interact."""
    out = tmp_path_factory.mktemp("interacting") / "sky"
    make_survey(
        out,
        fields=1,
        size_px=400,
        bands=BANDS,
        seed=3,
        interacting_fraction=1.0,
        galaxies_per_field=12,
    )
    return sorted(out.glob("field-000_?.fits"))


@pytest.fixture(scope="module")
def tile(files: list[Path]) -> Tile:
    return read_tile(discover(files).sources[0])


def test_columns_are_those_of_measure(
    tile: Tile, files: list[Path], ensemble: Ensemble, tmp_path: Path
) -> None:
    rows = tile_rows(tile, plan(0.0), ensemble).table.sort_by("id")
    few = DetectOptions(max_per_tile=12)
    api.stamps(files, tmp_path / "stamps.lance", size_px=SIZE_PX, detect=few)
    seeing = dict(zip(tile.bands, tile.psf_fwhm_arcsec, strict=True))
    assert all(map(math.isfinite, seeing.values()))
    api.measure(tmp_path / "stamps.lance", tmp_path / "found.parquet", psf_arcsec=seeing)
    theirs = read_catalogue(tmp_path / "found.parquet").sort_by("id")
    assert max(theirs["features"].to_pylist()) > 0
    for field in feature_fields(BANDS):
        name = field.name if field.name in theirs.column_names else field.name[len("measure_") :]
        told, ours = theirs[name].to_pylist(), rows[field.name].to_pylist()
        if isinstance(told[0], float):
            # images that are laid out otherwise are added up in another order
            np.testing.assert_allclose(ours, told, rtol=1e-4, atol=1e-4, err_msg=name)
        else:
            assert ours == told, name


def test_only_the_likely_are_measured(tile: Tile, ensemble: Ensemble) -> None:
    every = tile_rows(tile, plan(0.0), ensemble).table
    limit = float(np.median(every["probability"].to_numpy()))
    some = tile_rows(tile, plan(limit), ensemble).table
    likely = some["probability"].to_numpy() >= limit
    assert 0 < likely.sum() < len(likely)
    assert_frame_equal(some.filter(likely).to_pandas(), every.filter(likely).to_pandas())
    assert np.isnan(some["measure_limit_sb"].to_numpy()[~likely]).all()
    assert not some["measure_features"].to_numpy()[~likely].any()


def test_widths_of_stars_that_nobody_told_are_measured(
    tile: Tile, ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strandline.survey.featuring.measure_fwhm_px", lambda planes: 4.0)
    ids = tile_rows(tile, plan(0.0), ensemble).table["id"].to_pylist()
    stamps, every = chosen_cutouts(tile, plan(0.0), ids), np.ones(len(ids), dtype=np.bool_)
    blind = replace(tile, psf_fwhm_arcsec=(math.nan,) * len(BANDS))
    told = replace(tile, psf_fwhm_arcsec=(4.0 * tile.pixel_scale_arcsec,) * len(BANDS))
    ours, theirs = (FeatureMeasurer(one, BANDS)(stamps, every) for one in (blind, told))
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)
