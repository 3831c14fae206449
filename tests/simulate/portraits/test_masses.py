import pytest

from strandline.cosmology import distance_modulus
from strandline.simulate.plans import GalaxyPlan, Morphology
from strandline.simulate.portraits.masses import stellar_mass_1e10


def _galaxy(absolute_mag: float, morphology: Morphology) -> GalaxyPlan:
    return GalaxyPlan("g", absolute_mag + distance_modulus(0.05), 0.05, 3.0, morphology, 1)


def test_a_milky_way_has_five_and_a_giant_elliptical_thirty_times_1e10_suns() -> None:
    # one colour stands for all galaxies of a type: masses are known to 0.15 dex
    assert stellar_mass_1e10(_galaxy(-21.5, "spiral")) == pytest.approx(4.0, rel=0.4)
    assert stellar_mass_1e10(_galaxy(-23.0, "elliptical")) == pytest.approx(30.0, rel=0.4)
