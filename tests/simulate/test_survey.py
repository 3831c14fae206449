import filecmp
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from strandline.errors import OptionError, OutputError
from strandline.photometry import flux_to_mag, zeropoint_to_njy
from strandline.simulate import SurveyTruth, make_survey
from strandline.simulate import fields as fields_module
from strandline.simulate import survey as survey_module
from strandline.simulate.population import FieldRequest
from strandline.simulate.truth import TruthRow


def _small(out: Path, *, seed: int = 4, workers: int = 1, bands: str = "gr") -> SurveyTruth:
    return make_survey(
        out,
        fields=3,
        size_px=256,
        bands=tuple(bands),
        galaxies_per_field=10,
        seed=seed,
        workers=workers,
    )


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> SurveyTruth:
    return _small(tmp_path_factory.mktemp("survey") / "images")


def _same_files(one: Path, other: Path, names: list[str]) -> bool:
    return filecmp.cmpfiles(one, other, names, shallow=False)[0] == names


def test_the_folder_holds_a_file_per_band_and_field_and_the_truth(survey: SurveyTruth) -> None:
    names = [f"field-{k:03d}_{band}.fits" for k in range(3) for band in "gr"]
    assert sorted(path.name for path in survey.folder.iterdir()) == [*names, "truth.csv"]
    header = fits.getheader(survey.folder / "field-001_g.fits")
    assert (header["FILTER"], header["MAGZERO"], header["BUNIT"]) == ("g", 30.0, "adu")
    assert header["SEEING"] == pytest.approx(1.12, rel=0.2)
    assert header["GAIN"] > 0
    assert header["SATURATE"] > 0
    assert SurveyTruth.read(survey.folder).table.equals(survey.table)


def test_fields_join_without_gap_or_overlap(survey: SurveyTruth) -> None:
    wcs = [WCS(fits.getheader(survey.folder / f"field-{k:03d}_r.fits")) for k in range(3)]
    right = wcs[0].all_pix2world(255.5, 100, 0)
    np.testing.assert_allclose(right, wcs[1].all_pix2world(-0.5, 100, 0), atol=1e-9)
    above = wcs[0].all_pix2world(30, 255.5, 0)
    np.testing.assert_allclose(above, wcs[2].all_pix2world(30, -0.5, 0), atol=1e-9)
    east, west = wcs[0].all_pix2world([0, 255], [0, 0], 0)[0]
    assert east > west  # north up, east to the left


def test_two_workers_write_what_one_writes(survey: SurveyTruth, tmp_path: Path) -> None:
    two = _small(tmp_path / "two", workers=2)
    names = sorted(path.name for path in survey.folder.iterdir())
    assert _same_files(survey.folder, two.folder, names)


def test_a_band_does_not_depend_on_the_others_but_on_the_seed(
    survey: SurveyTruth, tmp_path: Path
) -> None:
    names = [f"field-{k:03d}_r.fits" for k in range(3)]
    assert _same_files(survey.folder, _small(tmp_path / "r", bands="ri").folder, names)
    assert not _same_files(survey.folder, _small(tmp_path / "s", seed=5).folder, names)


def test_stars_are_where_and_as_bright_as_the_truth_says(tmp_path: Path) -> None:
    """Aperture photometry at the truth's sky positions, of stars without neighbours."""
    truth = make_survey(
        tmp_path / "s", fields=1, size_px=1000, bands=("r",), galaxies_per_field=2, seed=2
    )
    path = truth.folder / "field-000_r.fits"
    image = fits.getdata(path) * zeropoint_to_njy(30.0)
    x, y = WCS(fits.getheader(path)).all_world2pix(truth.column("ra"), truth.column("dec"), 0)
    np.testing.assert_allclose(x, truth.column("x").astype(float), atol=2e-3)
    mag, reach = truth.column("mag_r").astype(float), truth.column("radius_arcsec").astype(float)
    good = (truth.column("kind") == "star") & (mag > 17) & (mag < 20.5)
    good &= (np.minimum(x, y) > 20) & (np.maximum(x, y) < 979)
    measured = []
    rows, columns = np.mgrid[0:1000, 0:1000]
    for k in np.flatnonzero(good):
        apart = np.hypot(x - x[k], y - y[k])
        apart[k] = np.inf
        if np.any((apart < 30 + 5 * reach / 0.263) & (mag < mag[k] + 2.5)):
            continue
        near = np.hypot(columns - x[k], rows - y[k])
        sky = np.median(image[(near > 18) & (near < 30)])
        measured.append(float(flux_to_mag((image[near < 14] - sky).sum())) - mag[k])
    assert len(measured) >= 4
    # 14 px = 3.7" hold 99 % of a Moffat of beta 3 and 1"; noise of 600 px x 18 nJy is 1 % at 20.5
    assert np.max(np.abs(measured)) < 0.06


def test_companions_share_the_truth_of_their_primary(tmp_path: Path) -> None:
    truth = make_survey(
        tmp_path / "s",
        fields=1,
        size_px=400,
        bands=("r",),
        galaxies_per_field=40,
        interacting_fraction=1.0,
    )
    rows = [row for row in truth.table.to_pylist() if row["primary"]]
    assert len(rows) == 40
    by_id = {row["id"]: row for row in rows}
    companions = [row for row in rows if row["primary"] != row["id"]]
    assert companions
    for row in companions:
        primary = by_id[row["primary"]]
        assert row["interacting"] == primary["interacting"] == 1
        assert row["kind"] == primary["kind"]
        assert row["feature_sb"] == primary["feature_sb"]


def test_a_survey_is_replaced_but_other_files_are_not(tmp_path: Path) -> None:
    out = tmp_path / "images"
    make_survey(out, fields=2, size_px=128, bands=("r",), galaxies_per_field=2)
    make_survey(out, fields=1, size_px=128, bands=("g",), galaxies_per_field=2)
    assert sorted(path.name for path in out.iterdir()) == ["field-000_g.fits", "truth.csv"]
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match=r"thesis\.tex.*would be lost"):
        make_survey(out, fields=1, size_px=128, galaxies_per_field=2)
    assert (out / "thesis.tex").exists()


def test_a_run_cut_off_leaves_the_old_survey(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "images"
    old = make_survey(out, fields=1, size_px=128, bands=("r",), galaxies_per_field=2)
    real = fields_module.make_field

    def interrupted(request: FieldRequest, bands: tuple[str, ...], folder: Path) -> list[TruthRow]:
        if request.name == "field-001":
            raise KeyboardInterrupt("field-001")
        return real(request, bands, folder)

    monkeypatch.setattr(survey_module, "make_field", interrupted)
    with pytest.raises(KeyboardInterrupt, match="field-001"):
        make_survey(out, fields=2, size_px=128, bands=("g",), galaxies_per_field=2)
    assert SurveyTruth.read(out).table.equals(old.table)
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("")
    with pytest.raises(OutputError, match="is a file, but a folder"):
        make_survey(tmp_path / "images", fields=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fields": 0}, "fields is 0; it must be at least 1"),
        ({"size_px": 20}, "size_px is 20; it must be at least 128"),
        ({"interacting_fraction": 1.5}, r"interacting_fraction is 1\.5; it must lie"),
        ({"workers": 0}, "workers is 0"),
        ({"bands": ("g", "H")}, "Bands g, H cannot be simulated"),
    ],
)
def test_impossible_options_are_named(
    options: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=message):
        make_survey(tmp_path / "s", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "s").exists()
