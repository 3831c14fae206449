import filecmp
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from strandline.errors import OptionError, OutputError
from strandline.photometry import flux_to_mag
from strandline.simulate import SurveyTruth, make_survey
from strandline.simulate import fields as fields_module
from strandline.simulate import survey as survey_module
from strandline.simulate.population import FieldRequest
from strandline.simulate.records import position_angle_deg
from strandline.simulate.setup import SurveySetup
from strandline.simulate.truth import TruthRow
from strandline.stamps import detect
from strandline.stamps.sky import measure_sky
from strandline.tiles import discover, read_tile


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


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_folder_holds_a_file_per_band_and_field_and_the_truth(survey: SurveyTruth) -> None:
    names = [f"field-{k:03d}_{band}.fits" for k in range(3) for band in "gr"]
    masks = [f"truth/field-{k:03d}_features.fits" for k in range(3)]
    assert _files(survey.folder) == [*names, "truth.csv", *masks]
    header = fits.getheader(survey.folder / "field-001_g.fits")
    assert (header["FILTER"], header["MAGZERO"], header["BUNIT"]) == ("g", 30.0, "adu")
    assert header["SEEING"] == pytest.approx(1.12, rel=0.4)
    assert header["GAIN"] > 0
    assert header["SATURATE"] > 0
    assert SurveyTruth.read(survey.folder).table.equals(survey.table)


def test_tiles_read_images_and_variance_and_pass_over_the_masks(survey: SurveyTruth) -> None:
    found = discover([survey.folder])
    assert [source.name for source in found.sources] == [f"field-{k:03d}" for k in range(3)]
    assert not found.skipped
    tile = read_tile(found.sources[0])
    assert tile.variance_njy2 is not None
    assert not tile.notes
    sky = measure_sky(tile)
    # a coadd's neighbouring pixels share noise, and what is measured holds faint galaxies
    stated = np.sqrt(np.median(tile.variance_njy2, axis=(1, 2)))
    np.testing.assert_allclose(sky.noise_njy, stated, rtol=0.15)


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
    assert _same_files(survey.folder, two.folder, _files(survey.folder))


def test_a_band_does_not_depend_on_the_others_but_on_the_seed(
    survey: SurveyTruth, tmp_path: Path
) -> None:
    names = [f"field-{k:03d}_r.fits" for k in range(3)]
    assert _same_files(survey.folder, _small(tmp_path / "r", bands="ri").folder, names)
    assert not _same_files(survey.folder, _small(tmp_path / "s", seed=5).folder, names)


def test_sources_are_where_and_as_bright_as_the_truth_says(tmp_path: Path) -> None:
    """Kron photometry at the truth's positions, of stars and galaxies without near neighbours.

    A Kron ellipse holds 90 % of a smooth galaxy's light or more; PSF wings and aureole hold some
    per cent of a star's.
    """
    truth = make_survey(
        tmp_path / "s", fields=1, size_px=1000, bands=("r",), galaxies_per_field=16, seed=2,
        interacting_fraction=0.0,
    )  # fmt: skip
    (source,) = discover([truth.folder]).sources
    found = detect(read_tile(source))
    x, y = truth.column("x").astype(float), truth.column("y").astype(float)
    mag, kind = truth.column("mag_r").astype(float), truth.column("kind").astype(str)
    differences: dict[str, list[float]] = {"star": [], "undisturbed": []}
    for k in np.flatnonzero((mag > 16.5) & (mag < 20.5) & (kind != "background")):
        apart = np.hypot(x - x[k], y - y[k])
        apart[k] = np.inf
        if np.any((apart < 60) & (mag < mag[k] + 1.5)) or min(x[k], y[k]) < 40:
            continue
        nearest = int(np.argmin(np.hypot(found.x - x[k], found.y - y[k])))
        if np.hypot(found.x[nearest] - x[k], found.y[nearest] - y[k]) < 4:
            measured = float(flux_to_mag(found.flux_njy[nearest, 0]))
            differences["star" if kind[k] == "star" else "undisturbed"].append(measured - mag[k])
    assert len(differences["star"]) >= 4
    assert len(differences["undisturbed"]) >= 5
    assert abs(np.median(differences["star"])) < 0.1
    assert -0.05 < np.median(differences["undisturbed"]) < 0.15


def test_galaxies_of_a_system_share_its_truth(survey: SurveyTruth) -> None:
    rows = [row for row in survey.table.to_pylist() if row["interacting"]]
    assert rows
    by_id = {row["id"]: row for row in rows}
    for row in rows:
        primary = by_id.get(row["primary"], row)
        for name in ("kind", "feature_sb", "time_gyr", "visible", "mask_number"):
            assert row[name] == primary[name]
        visible = row["feature_sb"] < row["limit_sb"] and row["feature_fraction"] >= 0.01
        assert row["visible"] == int(visible)
    assert not any(row["primary"] for row in survey.table.to_pylist() if not row["interacting"])


def test_masks_show_features_around_their_galaxies(survey: SurveyTruth) -> None:
    numbered = 0
    for name in sorted(set(survey.column("field"))):
        rows = [row for row in survey.table.to_pylist() if row["field"] == name]
        mask = fits.getdata(survey.folder / "truth" / f"{name}_features.fits")
        assert mask.shape == (256, 256)
        numbers = {row["mask_number"] for row in rows} - {0}
        # a system whose galaxies lie beyond the edge has pixels, and no row
        assert numbers <= set(np.unique(mask).tolist())
        for row in rows:
            if row["mask_number"]:
                assert row["mask"] == f"truth/{name}_features.fits"
                assert row["length_arcsec"] > 0
                numbered += 1
    assert numbered


def test_the_cluster_of_a_field_is_told(survey: SurveyTruth) -> None:
    for name in set(survey.column("field")):
        rows = [row for row in survey.table.to_pylist() if row["field"] == name]
        (place,) = {(r["cluster_redshift"], r["cluster_ra"], r["cluster_dec"]) for r in rows}
        wcs = WCS(fits.getheader(survey.folder / f"{name}_r.fits"))
        x, y = wcs.all_world2pix(place[1], place[2], 0)
        assert 0 < x < 255
        assert 0 < y < 255
        speeds = [
            (row["redshift"] - place[0]) / (1 + place[0]) * 299792.458
            for row in rows
            if row["interacting"]
        ]
        assert np.all(np.abs(speeds) < 4500)


def test_position_angles_run_from_north_to_east() -> None:
    """North is +y and east -x."""
    assert position_angle_deg(np.pi / 2) == 0
    assert position_angle_deg(np.pi) == 90
    assert position_angle_deg(0.0) == 270
    assert position_angle_deg(float("nan")) is None


def test_a_deeper_survey_is_less_noisy(survey: SurveyTruth, tmp_path: Path) -> None:
    limit = float(survey.column("limit_sb")[0])
    deep = make_survey(
        tmp_path / "deep", fields=1, size_px=256, bands=("r",), galaxies_per_field=10, seed=4,
        depth_mag=28.7 + 1.0,
    )  # fmt: skip
    assert float(deep.column("limit_sb")[0]) == pytest.approx(limit + 1.0, abs=1e-3)
    noise = [
        np.sqrt(np.median(fits.getdata(folder / "field-000_r.fits", "VARIANCE")))
        for folder in (survey.folder, deep.folder)
    ]
    assert noise[0] / noise[1] == pytest.approx(10**0.4, rel=0.02)


def test_a_survey_is_replaced_but_other_files_are_not(tmp_path: Path) -> None:
    out = tmp_path / "images"
    make_survey(out, fields=2, size_px=200, bands=("r",), galaxies_per_field=1)
    make_survey(out, fields=1, size_px=200, bands=("g",), galaxies_per_field=1)
    assert _files(out) == ["field-000_g.fits", "truth.csv", "truth/field-000_features.fits"]
    (out / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match=r"thesis\.tex.*would be lost"):
        make_survey(out, fields=1, size_px=200, galaxies_per_field=1)
    assert (out / "thesis.tex").exists()


def test_a_run_cut_off_leaves_the_old_survey(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "images"
    old = make_survey(out, fields=1, size_px=200, bands=("r",), galaxies_per_field=1)
    real = fields_module.make_field

    def interrupted(request: FieldRequest, setup: SurveySetup, folder: Path) -> list[TruthRow]:
        if request.name == "field-001":
            raise KeyboardInterrupt("field-001")
        return real(request, setup, folder)

    monkeypatch.setattr(survey_module, "make_field", interrupted)
    with pytest.raises(KeyboardInterrupt, match="field-001"):
        make_survey(out, fields=2, size_px=200, bands=("g",), galaxies_per_field=1)
    assert SurveyTruth.read(out).table.equals(old.table)
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("")
    with pytest.raises(OutputError, match="is a file, but a folder"):
        make_survey(tmp_path / "images", fields=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fields": 0}, "fields is 0; it must be 1 to"),
        ({"size_px": 199}, "size_px is 199; it must be 200 to"),
        ({"interacting_fraction": 1.5}, r"interacting_fraction is 1\.5; it must lie"),
        ({"interacting_fraction": float("nan")}, "interacting_fraction is nan; it must lie"),
        ({"workers": 0}, "workers is 0"),
        ({"bands": ("g", "H")}, "Bands g, H cannot be simulated for lovoccs; name some of u, g"),
        ({"bands": ()}, "cannot be simulated"),
        ({"survey": "panstarrs"}, "There is no survey 'panstarrs'; there are .*lovoccs"),
        ({"kinds": ("tails", "flyby")}, "Unknown kind of interaction flyby; there are tails"),
        ({"kinds": ()}, "there are tails"),
        ({"depth_mag": 3.0}, "A depth of 3 makes no sense: .* from 20 to 33"),
        ({"depth_mag": float("nan")}, "A depth of nan makes no sense"),
        ({"orbits": "nowhere.csv"}, "nowhere.csv: no such file of orbits"),
    ],
)
def test_impossible_options_are_named(
    options: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match=message):
        make_survey(tmp_path / "s", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "s").exists()
