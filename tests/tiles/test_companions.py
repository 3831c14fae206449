from pathlib import Path

import pytest

from strandline.tiles import BandImage
from strandline.tiles.companions import is_companion, with_companions


@pytest.mark.parametrize(
    ("image", "weight", "mask"),
    [
        ("c4d_osi_g_v1.fits.fz", "c4d_osw_g_v1.fits.fz", "c4d_osd_g_v1.fits.fz"),
        ("ls-1-image-g.fits", "ls-1-invvar-g.fits", "ls-1-maskbits-g.fits"),
        ("coadd_g.fits", "coadd_g.weight.fits", "coadd_g.mask.fits"),
        ("coadd_g.fits.gz", "coadd_g_weight.fits.gz", "coadd_g_mask.fits.gz"),
        ("a-r.fit", "a-r-weight.fit", "a-r-mask.fit"),
    ],
)
def test_names_of_weights_and_masks(image: str, weight: str, mask: str) -> None:
    folder = Path("x")
    files = [folder / name for name in (image, weight, mask)]
    assert [is_companion(path) for path in files] == [False, True, True]
    found = with_companions(BandImage("g", files[0]), files)
    assert (found.weight, found.mask) == (files[1], files[2])
    alone = with_companions(BandImage("g", files[0]), [files[0], Path("y") / weight])
    assert (alone.weight, alone.mask) == (None, None)


def test_what_was_given_is_kept() -> None:
    given = BandImage("g", Path("a.fits"), weight=Path("mine.fits"))
    found = with_companions(given, [Path("a.weight.fits"), Path("a.mask.fits")])
    assert found.weight == Path("mine.fits")
    assert found.mask == Path("a.mask.fits")
