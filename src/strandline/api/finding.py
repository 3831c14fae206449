"""``find``: the main job, survey images in, ranked catalogue and report out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from strandline.api.cutting import look
from strandline.api.outcome import (
    Outcome,
    card_curves,
    card_history,
    score_and_map,
    write_outcome,
)
from strandline.api.tables import choose_models, load_models
from strandline.classify import PREVALENCE, Prevalence
from strandline.files import write_together
from strandline.stamps import DetectOptions, StampTable, TableSpec, make_table

__all__ = ["find"]


def find(
    images: Sequence[str | Path],
    out: str | Path,
    *,
    models: Sequence[str | Path] = (),
    size_px: int | None = None,
    size_arcsec: float | None = None,
    positions: str | Path | None = None,
    zeropoint: float | None = None,
    bands: Sequence[str] | None = None,
    detect: DetectOptions | None = None,
    prevalence: float | Literal["estimate"] = PREVALENCE,
    seed: int = 0,
) -> Outcome:
    """Rank all galaxies in survey images by how likely they interact.

    Parameters
    ----------
    images, size_px, size_arcsec, positions, zeropoint, bands, detect
        See `strandline.api.stamps`.
    out : path
        Folder for ``catalogue.parquet``, ``stamps.lance`` and ``report.html``. The three appear
        together when all are done; those of an earlier run stay until then.
    models : sequence of str or path
        Models to score with, several with equal rights; by default the one that ships for this
        kind of input and its bands.
    prevalence : float or "estimate"
        Share of galaxies that interact on this sky, for ``probability_sky``; or estimated from the
        scores, see `strandline.classify.estimate_prevalence`.
    seed : int
        Of splits and the map.

    Returns
    -------
    Outcome
    """
    out = Path(out)
    loaded = load_models(models)  # first: a mistyped name shall not cost an hour
    Prevalence.of(prevalence, ())
    with write_together(out) as work:
        discovery, read = look(images, zeropoint, bands)
        spec = TableSpec(discovery.bands, size_px or 1, discovery.sources[0].kind)
        chosen = choose_models(models, spec, loaded)
        report = make_table(
            discovery,
            work / "stamps.lance",
            size_px=size_px,
            size_arcsec=size_arcsec,
            positions=Path(positions) if positions else None,
            seed=seed,
            read=read,
            detect=detect or DetectOptions(),
        )
        table = StampTable.open(work / "stamps.lance")
        scores = score_and_map(table, chosen.models, seed=seed).at(prevalence)
        outcome = write_outcome(
            work,
            table,
            scores,
            chosen,
            report,
            title=out.resolve().name,
            command=f"strandline find {' '.join(str(image) for image in images[:5])}"
            f"{' …' if len(images) > 5 else ''} --out {out}",
            curves=card_curves(chosen.models),
            history=card_history(chosen.models.models),
            seed=seed,
        )
    return replace(outcome, folder=out)
