"""The stretch: its law, its statistics, and what is done where something is missing."""

import numpy as np
import pytest
import torch
from torch import Tensor

from strandline.errors import TrainingError
from strandline.learn.canvas import Canvases
from strandline.learn.scaling import Scaling
from strandline.learn.stretch import asinh
from strandline.recipe import ScalingSettings

BANDS = ("g", "r")


def canvases(flux: Tensor, noise: tuple[float, float] = (2.0, 4.0), bin_px: float = 1) -> Canvases:
    count = len(flux)
    return Canvases(flux, torch.ones((count, 2)), torch.tensor(noise).expand(count, 2), bin_px)


def measured(sample: Canvases, kind: str = "fits", noise: str = "image") -> Scaling:
    settings = ScalingSettings.model_validate({"softening": 3.0, "noise": noise})
    return Scaling.measure(
        [sample],
        sample.noise.numpy(),
        BANDS,
        "picture" if kind == "picture" else "fits",
        settings,
    )


def sky(count: int = 40, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    sigma = torch.tensor([2.0, 4.0])[:, None, None]
    return sigma * torch.randn((count, 2, 16, 16), generator=generator)


def test_asinh_is_numpys() -> None:
    values = torch.cat([-torch.logspace(-8, 8, 99), torch.zeros(1), torch.logspace(-8, 8, 99)])
    expected = np.arcsinh(values.double().numpy())
    # a sum around 1 in float32: an error of 2e-7, absolute for small values
    np.testing.assert_allclose(asinh(values).numpy(), expected, atol=3e-7, rtol=3e-7)
    assert torch.isnan(asinh(torch.tensor([torch.nan]))).all()


def test_the_stretch_is_asinh_of_flux_over_softened_noise() -> None:
    flux = sky()
    scaling = measured(canvases(flux))
    stretched = scaling.stretch(flux, canvases(flux).noise, 1.0).numpy()
    np.testing.assert_allclose(stretched[:, 1], np.arcsinh(flux[:, 1].numpy() / 12.0), atol=1e-6)


def test_binning_lowers_the_noise_that_the_stretch_divides_by() -> None:
    flux = sky()
    scaling = measured(canvases(flux))
    noise = canvases(flux).noise
    torch.testing.assert_close(
        scaling.stretch(flux / 3, noise, 3.0), scaling.stretch(flux, noise, 1.0)
    )
    torch.testing.assert_close(  # repeated pixels are as noisy as before
        scaling.stretch(flux, noise, 0.5), scaling.stretch(flux, noise, 1.0)
    )


def test_standardised_values_have_mean_zero_and_unit_spread_in_each_band() -> None:
    sample = canvases(sky() + 30)
    values, present = measured(sample)(sample.flux(), sample.noise, 1.0)
    np.testing.assert_allclose(values.mean(dim=(0, 2, 3)), 0.0, atol=1e-5)
    np.testing.assert_allclose(values.std(dim=(0, 2, 3)), 1.0, atol=1e-3)
    assert torch.equal(present, torch.ones((40, 2)))


def test_the_same_galaxy_in_a_shallower_image_keeps_its_level_of_sky() -> None:
    sample = canvases(sky())
    scaling = measured(sample)
    deep, _ = scaling(sample.flux(), sample.noise, 1.0)
    shallow, _ = scaling(sample.flux() * 5, sample.noise * 5, 1.0)
    torch.testing.assert_close(shallow, deep, atol=1e-5, rtol=1e-5)
    fixed = measured(sample, noise="table")
    assert fixed(sample.flux() * 5, sample.noise * 5, 1.0)[0].std() > 2 * deep.std()


def test_the_tables_noise_stands_in_where_a_stamps_own_is_unknown() -> None:
    sample = canvases(sky())
    scaling = measured(sample)
    known, _ = scaling(sample.flux(), sample.noise, 1.0)
    for unknown in (torch.nan, 0.0, -1.0):
        noise = sample.noise.clone()
        noise[:, 1] = unknown
        torch.testing.assert_close(scaling(sample.flux(), noise, 1.0)[0], known)


def test_the_reference_noise_is_the_median_of_the_known() -> None:
    sample = canvases(sky(5))
    noise = np.array([[1, 5], [2, np.nan], [9, 0], [2, 7], [3, 9]], dtype=np.float32)
    scaling = Scaling.measure([sample], noise, BANDS, "fits", ScalingSettings())
    assert scaling.noise_njy == (2.0, 7.0)


def test_missing_pixels_are_zero_and_missing_bands_are_told() -> None:
    flux = sky()
    flux[0, 1] = torch.nan
    flux[1, 0, :4] = torch.nan
    sample = canvases(flux)
    values, present = measured(sample)(sample.flux(), sample.noise, 1.0)
    assert torch.equal(values[0, 1], torch.zeros((16, 16)))
    assert torch.equal(values[1, 0, :4], torch.zeros((4, 16)))
    assert (values[1, 0, 4:] != 0).all()
    assert present[:3].tolist() == [[1, 0], [1, 1], [1, 1]]


def test_pictures_are_standardised_and_not_stretched() -> None:
    sample = canvases(sky() * 10 + 100)
    scaling = measured(sample, kind="picture")
    flux = sample.flux()
    values, _ = scaling(flux, sample.noise, 1.0)
    mean, std = flux.mean(dim=(0, 2, 3)), flux.std(dim=(0, 2, 3), correction=0)
    expected = (flux - mean[:, None, None]) / std[:, None, None]
    torch.testing.assert_close(values, expected, atol=1e-4, rtol=1e-4)


def test_a_constant_band_stays_finite() -> None:
    sample = canvases(torch.full((4, 2, 8, 8), 7.0))
    values, _ = measured(sample)(sample.flux(), sample.noise, 1.0)
    assert values.abs().max() < 1e-5


def test_a_band_without_any_pixel_is_named() -> None:
    flux = sky()
    flux[:, 1] = torch.nan
    with pytest.raises(TrainingError, match="Band r has no pixel in the training stamps"):
        measured(canvases(flux))


def test_without_standardising_values_are_the_plain_stretch_but_for_pictures() -> None:
    sample = canvases(sky() + 30)
    noise = sample.noise.numpy()
    for kind, same in (("fits", True), ("picture", False)):
        plain = Scaling.measure(
            [sample],
            noise,
            BANDS,
            "picture" if kind == "picture" else "fits",
            ScalingSettings(standardise=False),
        )
        values, _ = plain(sample.flux(), sample.noise, 1.0)
        stretched = plain.stretch(sample.flux(), sample.noise, 1.0)
        assert torch.equal(values, stretched) == same
