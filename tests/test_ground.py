import pickle
import subprocess
import sys

import numpy as np
import pytest

from strandline import errors, photometry
from strandline.flags import StampFlag, describe_flags
from strandline.seeding import generator, stable_seed


def test_zero_points_agree_with_their_definition() -> None:
    # a nanomaggy is 3631e-9 Jy; the rounded zero point 31.4 is 6e-5 mag off, hence 1e-4
    assert photometry.NANOMAGGY_NJY == pytest.approx(3631.0, rel=1e-4)
    assert photometry.flux_to_mag(photometry.mag_to_flux(21.3)) == pytest.approx(21.3)
    assert photometry.flux_to_mag(photometry.zeropoint_to_njy(25.0)) == pytest.approx(25.0)


def test_no_magnitude_of_no_light() -> None:
    assert np.isnan(photometry.flux_to_mag([0.0, -1.0])).all()
    assert np.isnan(photometry.mag_error([-1.0], [1.0])).all()


def test_magnitude_error_is_the_slope() -> None:
    flux, step = 1000.0, 1e-3
    slope = (photometry.flux_to_mag(flux) - photometry.flux_to_mag(flux + step)) / step
    assert photometry.mag_error(flux, 1.0) == pytest.approx(slope, rel=1e-5)


def test_surface_brightness_of_one_square_arcsec_is_the_magnitude() -> None:
    assert photometry.surface_brightness(100.0, 1.0) == photometry.flux_to_mag(100.0)
    assert photometry.surface_brightness(100.0, 100.0) == pytest.approx(
        float(photometry.flux_to_mag(100.0)) + 5.0
    )


def test_seed_depends_on_every_name_and_on_nothing_else() -> None:
    assert len({stable_seed(s, name, k) for s in (0, 1) for name in "ab" for k in (0, 1)}) == 8
    assert generator(3, "x").random() == generator(3, "x").random()


def test_flags_are_distinct_bits_and_have_names() -> None:
    assert all(flag.value.bit_count() == 1 for flag in StampFlag)
    assert describe_flags(StampFlag.EDGE | StampFlag.BLENDED) == "EDGE, BLENDED"
    assert describe_flags(0) == ""


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_survive_pickling(name: str) -> None:
    error = getattr(errors, name)("file.fits: bad")
    assert str(pickle.loads(pickle.dumps(error))) == "file.fits: bad"


def test_the_package_imports_nothing_heavy() -> None:
    heavy = "torch lightning umap matplotlib lance sklearn scipy numpy astropy pyarrow"
    code = (
        "import strandline.cli, strandline.api, sys; "
        f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert printed.strip() == "[]"
