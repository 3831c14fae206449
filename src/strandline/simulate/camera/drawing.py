"""Which artefacts a field has: drawn by the rates of its survey."""

import numpy as np

from strandline.cosmology import kpc_per_arcsec
from strandline.errors import OptionError
from strandline.simulate.camera.artefacts import (
    ARTEFACT_KINDS,
    Artefact,
    ArtefactKind,
    ArtefactPlan,
    Cirrus,
    CosmicRay,
    FineMesh,
    IntraclusterLight,
    SkyGradient,
    SkyStep,
    Trail,
)
from strandline.simulate.camera.profile import SurveyProfile

__all__ = ["draw_artefacts", "draw_intracluster"]

_WHOLE = 0.71  # of a field's side: half its diagonal


def draw_artefacts(
    rng: np.random.Generator,
    profile: SurveyProfile,
    size_px: int,
    *,
    force: ArtefactKind | None = None,
) -> ArtefactPlan:
    """Draw which artefacts a field has, by the rates of its survey, for all of its bands.

    Parameters
    ----------
    rng : numpy.random.Generator
    profile : SurveyProfile
    size_px : int
        Side of the field.
    force : str or None
        A kind that there shall be one of, at least. Intracluster light is only there when forced
        (then in the middle), or when `draw_intracluster` is joined to the plan.

    Raises
    ------
    OptionError
        For an unknown kind.
    """
    if force is not None and force not in ARTEFACT_KINDS:
        raise OptionError(f"There is no artefact {force!r}; there are {', '.join(ARTEFACT_KINDS)}.")
    rates, draw = profile.artefacts, _Draw(rng, profile, size_px)
    side = size_px * profile.pixel_arcsec / 60
    found: list[Artefact] = []
    for band in profile.bands:
        found += [draw.trail(band) for _ in range(rng.poisson(rates.trails_per_arcmin * side))]
        rays = rng.poisson(rates.cosmic_rays_per_arcmin2 * side**2)
        found += [draw.cosmic_ray(band) for _ in range(rays)]
        if rng.random() < rates.gradient:
            found.append(draw.gradient(band))
        if rng.random() < rates.step:
            found.append(draw.step(band))
    if rng.random() < rates.cirrus:
        found.append(draw.cirrus())
    if rng.random() < rates.mesh:
        found.append(draw.mesh())
    if force and not any(artefact.kind == force for artefact in found):
        found.append(draw.one(force))
    return ArtefactPlan(tuple(found))


def draw_intracluster(
    rng: np.random.Generator, x: float, y: float, redshift: float, pixel_arcsec: float
) -> IntraclusterLight:
    """Draw the intracluster light around the brightest galaxy of a cluster, at pixel `x`, `y`.

    Scale lengths of 35 to 90 kpc and 26 to 27.5 mag/arcsec2 in the middle hold a tenth or so of a
    cluster's light (Montes 2022, Nature Astronomy 6, 308; Kluge et al. 2020, ApJS 247, 43).
    """
    scale_px = float(rng.uniform(35, 90)) / kpc_per_arcsec(redshift) / pixel_arcsec
    return IntraclusterLight(
        x=x + float(rng.normal(0, 0.1 * scale_px)),
        y=y + float(rng.normal(0, 0.1 * scale_px)),
        reach_px=4.6 * scale_px,
        brightness=float(rng.uniform(26.0, 27.5)),
        scale_px=scale_px,
        axis_ratio=float(rng.uniform(0.45, 0.85)),
        angle_rad=float(rng.uniform(0, np.pi)),
        redshift=redshift,
    )


class _Draw:
    """Draws one artefact at a time."""

    def __init__(self, rng: np.random.Generator, profile: SurveyProfile, size_px: int) -> None:
        self.rng, self.profile, self.size_px = rng, profile, size_px
        self.rates = profile.artefacts
        self.middle, self.whole = (size_px - 1) / 2, _WHOLE * size_px

    def one(self, kind: ArtefactKind) -> Artefact:
        band = str(self.rng.choice(list(self.profile.bands)))
        if kind == "trail":
            return self.trail(band)
        if kind == "cosmic_ray":
            return self.cosmic_ray(band)
        if kind == "sky_gradient":
            return self.gradient(band)
        if kind == "sky_step":
            return self.step(band)
        if kind == "fine_mesh":
            return self.mesh()
        if kind == "cirrus":
            return self.cirrus()
        pixel = self.profile.pixel_arcsec
        return draw_intracluster(self.rng, self.middle, self.middle, 0.06, pixel)

    def trail(self, band: str) -> Trail:
        angle = self._angle()
        # lines that cross a field at random are spread evenly in their distance from its middle
        aside = float(self.rng.uniform(-0.5, 0.5)) * self.size_px
        return Trail(
            x=self.middle - aside * float(np.sin(angle)),
            y=self.middle + aside * float(np.cos(angle)),
            reach_px=self.whole,
            band=band,
            angle_rad=angle,
            width_arcsec=float(self.rng.uniform(0.6, 3.0)),
            brightness=self._between(self.rates.trail_brightness),
            tumbling=float(self.rng.uniform(0.3, 0.9)) if self.rng.random() < 0.3 else 0.0,
            period_px=float(self.rng.uniform(0.1, 1.0)) * self.size_px,
        )

    def cosmic_ray(self, band: str) -> CosmicRay:
        return CosmicRay(
            x=self._place(),
            y=self._place(),
            reach_px=0.5 + float(min(self.rng.exponential(3.0), 20.0)),
            band=band,
            angle_rad=self._angle(),
            charge=float(np.exp(self.rng.uniform(np.log(4), np.log(60)))),
        )

    def gradient(self, band: str) -> SkyGradient:
        return SkyGradient(
            self.middle,
            self.middle,
            self.whole,
            band,
            angle_rad=2 * self._angle(),
            brightness=self._between(self.rates.sky_error),
            bend=float(self.rng.uniform(-1, 1)),
        )

    def step(self, band: str) -> SkyStep:
        return SkyStep(
            self._place(),
            self._place(),
            self.whole,
            band,
            upright=bool(self.rng.random() < 0.5),
            brightness=self._between(self.rates.sky_error),
        )

    def mesh(self) -> FineMesh:
        mesh_arcsec = self._between(self.rates.mesh_arcsec)
        mesh_px = max(round(mesh_arcsec / self.profile.pixel_arcsec), 8)
        return FineMesh(self.middle, self.middle, self.whole, mesh_px)

    def cirrus(self) -> Cirrus:
        # colours of cirrus: Roman, Trujillo & Montes 2020, A&A 644, A42
        return Cirrus(
            self.middle,
            self.middle,
            self.whole,
            brightness=self._between(self.rates.cirrus_brightness),
            colour_gr=float(self.rng.uniform(0.5, 0.75)),
            colour_ri=float(self.rng.uniform(0.05, 0.25)),
            seed=int(self.rng.integers(2**63)),
        )

    def _angle(self) -> float:
        return float(self.rng.uniform(0, np.pi))

    def _place(self) -> float:
        return float(self.rng.uniform(0, self.size_px - 1))

    def _between(self, ends: tuple[float, float]) -> float:
        return float(self.rng.uniform(*ends))
