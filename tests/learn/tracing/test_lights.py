import pytest
import torch

from strandline.learn.tracing.lights import APERTURES, CLEAR, SUMMED, LightHead, aperture_sums
from strandline.learn.tracing.weighing import fit_lights, weighed


def test_light_is_added_up_where_chance_and_share_are_large() -> None:
    random = torch.Generator().manual_seed(0)
    maps = 2 * torch.randn(2, 2, 9, 9, generator=random)
    light = 5 * torch.randn(2, 9, 9, generator=random)
    sums = aperture_sums(maps, light)
    assert sums.shape == (2, len(APERTURES), 3)
    for number, (least, part) in enumerate(APERTURES):
        own = everything = count = 0.0
        for chance, share, flux in zip(
            maps[1, 0].sigmoid().flatten(), maps[1, 1].sigmoid().flatten(), light[1].flatten(),
            strict=True,
        ):  # fmt: skip
            if chance > least and share > part:
                own += float(share * max(flux, 0))
                everything += max(float(flux), 0)
                count += 1
        assert sums[1, number].tolist() == pytest.approx([own, everything, count], rel=1e-4)


def test_sums_are_corrected_and_intervals_hold_what_they_say() -> None:
    random = torch.Generator().manual_seed(0)
    count = 4000
    facts = torch.randn(count, 6, generator=random)
    own = torch.exp(7 + torch.randn(count, 1, generator=random)).expand(count, len(APERTURES))
    sums = torch.stack([own, 2 * own, own / 10], dim=2)
    # light is more than maps add up to, by what one of the facts tells, and scatters
    scatter = 0.2 * torch.randn(count, generator=random)
    whole = own[:, 0] * torch.exp(0.4 + 0.3 * facts[:, 0] + scatter)
    clear = own[:, 0] * torch.exp(-0.2 + 0.5 * scatter)
    examples = weighed(facts, sums, whole, whole, clear)
    train, test = (
        weighed(facts[some], sums[some], whole[some], whole[some], clear[some])
        for some in (slice(0, 2500), slice(2500, None))
    )
    head = LightHead(facts.shape[1])
    errors = fit_lights(head, train, test, seed=0)
    assert errors["whole"] == pytest.approx(0.674 * 0.2, rel=0.25)
    assert errors["clear"] < errors["whole"]
    with torch.inference_mode():
        told = head(test.facts, test.sums)
    below = (test.light.log1p()[:, :, None] < told).float()
    for number in (0, 1):
        held = below[test.usable[:, number], number].mean(dim=0)
        assert held.tolist() == pytest.approx([0.16, 0.5, 0.84], abs=0.01)
    assert examples.usable.float().mean() > 0.8
    again = LightHead(facts.shape[1])
    fit_lights(again, train, test, seed=0)
    assert torch.equal(again(test.facts, test.sums), head(test.facts, test.sums))


def test_features_that_are_not_outlined_are_not_learned_from() -> None:
    sums = torch.full((4, len(APERTURES), 3), 100.0)
    sums[3, CLEAR, 2] = 1.0  # too few pixels
    told = weighed(
        torch.zeros(4, 2),
        sums,
        torch.tensor([1000.0, 10.0, 1000.0, 1000.0]),
        torch.tensor([500.0, 5.0, 10.0, 500.0]),
        torch.tensor([100.0, 1.0, 100.0, 100.0]),
    )
    assert told.usable.tolist() == [[True, True], [False, False], [False, False], [True, False]]
    assert SUMMED != CLEAR
