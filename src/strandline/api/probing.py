"""``nuisance``: how much of what is no interaction an embedding knows."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from strandline.api.tables import table_labels
from strandline.errors import OptionError
from strandline.explore.galaxies import look_of
from strandline.explore.probes import Probed, probe, probe_classes
from strandline.files import check_target, write_aside
from strandline.learn import Model
from strandline.progress import track
from strandline.seeding import generator, stable_seed
from strandline.shapes import read_shapes
from strandline.stamps import StampTable
from strandline.stamps.perturbing import PERTURBATIONS, Perturbation

__all__ = ["NuisanceReport", "nuisance"]

_BATCH = 64
_BLOCK_SHIFT = 2 * (29 - 10)  # blocks of 3.4', as those of the split
_VARIES = 0.01
_FIELDS = (2, 50)
_FEWEST_IN_FIELD = 5


@dataclass(frozen=True)
class NuisanceReport:
    """What an embedding knows.

    Attributes
    ----------
    model : str
    r2 : dict
        Of linear probes, by nuisance: 0 for nothing, 1 for everything.
    interaction : dict
        AUC of a discriminant on the labels (``discriminant``) and of the model's own head
        (``head``), where there are such.
    left_out : dict
        What could not be probed, and why.
    """

    model: str
    r2: dict[str, Probed]
    interaction: dict[str, Probed]
    left_out: dict[str, str]

    def lines(self) -> list[tuple[str, ...]]:
        """Return the table that the command line prints, its head first."""
        rows: list[tuple[str, ...]] = [("known", "measure", "value", "error", "galaxies")]
        for measure, found in (("AUC", self.interaction), ("R2", self.r2)):
            for name, p in found.items():
                label = f"interaction, {name}" if measure == "AUC" else name
                error = f"{p.error:.3f}" if np.isfinite(p.error) else ""
                rows.append((label, measure, f"{p.value:.3f}", error, str(p.rows)))
        return rows

    def save(self, path: Path) -> None:
        """Write as JSON."""
        content = asdict(self)
        for found in (content["r2"], content["interaction"]):
            for told in found.values():
                told["error"] = told["error"] if np.isfinite(told["error"]) else None
        with write_aside(path) as aside:
            text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False)
            aside.write_text(text + "\n", encoding="utf-8")


def nuisance(
    table: str | Path,
    model: str | Path,
    *,
    labels: str | Path | None = None,
    out: str | Path | None = None,
    count: int = 2000,
    seed: int = 0,
) -> NuisanceReport:
    """Probe a model's embedding for seeing, noise, offset, rotation, field, size and brightness.

    Parameters
    ----------
    table : path
    model : str or path
    labels : path, optional
        Then what it knows of interactions is told beside.
    out : path, optional
        JSON to write.
    count : int
        Galaxies to look at, drawn at random where there are more.
    seed : int

    Returns
    -------
    NuisanceReport

    Notes
    -----
    Offset, added noise and blur are applied to the stamps, since then they are known. Seeing
    (columns ``psf_fwhm_arcsec...``), noise and field are also taken from the table where they are
    there and differ between galaxies; orientation, size and brightness are measured on the stamps.
    """
    if out is not None:
        check_target(out)
    opened, loaded = StampTable.open(table), Model.load(model)
    loaded.check(opened.spec)
    chosen = np.arange(len(opened))
    if len(chosen) > count:
        chosen = np.sort(generator(seed, "nuisance rows").permutation(len(opened))[:count])
    features = _embed(opened, loaded, chosen, None, seed, "as they are")
    targets = _from_table(opened, chosen) | look_of(opened, chosen)
    report = NuisanceReport(str(model), {}, {}, {})
    blocks = _blocks(opened, chosen)
    for name, values in targets.items():
        # a field is a block of sky: its galaxies must be on both sides
        apart = np.arange(len(chosen)) if name == "field" else blocks
        _note(report, name, features, values, apart)
    for name, change in PERTURBATIONS.items():
        told: list[NDArray[np.float64]] = []
        changed = _embed(opened, loaded, chosen, (change, told), seed, name)
        _note(report, name, changed, np.concatenate(told), blocks)
    if labels is not None:
        _interaction(report, opened, loaded, labels, seed)
    if out is not None:
        report.save(Path(out))
    return report


def _note(
    report: NuisanceReport,
    name: str,
    features: NDArray[np.float32],
    values: NDArray[np.float64],
    blocks: NDArray[np.int64],
) -> None:
    try:
        report.r2[name] = probe(features, values, blocks)
    except OptionError as error:
        report.left_out[name] = str(error)


def _embed(
    table: StampTable,
    model: Model,
    rows: NDArray[np.int64],
    change: tuple[Perturbation, list[NDArray[np.float64]]] | None,
    seed: int,
    name: str,
) -> NDArray[np.float32]:
    random, parts = generator(seed, "nuisance", name), []
    with track(f"Embedding, {name}", len(rows)) as advance:
        for batch in table.batches(_BATCH, rows=rows):
            stamps = batch
            if change is not None:
                stamps, told = change[0](batch, random)
                change[1].append(told)
            parts.append(model.embed(stamps, table.spec.bands))
            advance(len(batch.rows))
    return np.concatenate(parts)


def _from_table(table: StampTable, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return what the table says of noise, seeing and field, where galaxies differ in it."""
    found: dict[str, NDArray[np.float64]] = {}
    for name, prefix in (("noise level", "noise_"), ("seeing", "psf_fwhm_arcsec")):
        columns = [c for c in table.column_names if c.startswith(prefix)]
        values = [table.columns(c, rows=rows)[c].to_numpy().astype(np.float64) for c in columns]
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = [np.log(value) for value in values]
        varying = [v for v in logs if np.isfinite(v).all() and v.std() > _VARIES]
        if varying:
            found[name] = np.stack(varying, axis=1)
    tiles, number, counts = np.unique(
        np.asarray(table.columns("tile", rows=rows)["tile"].to_pylist(), dtype=str),
        return_inverse=True,
        return_counts=True,
    )
    if _FIELDS[0] <= len(tiles) <= _FIELDS[1] and counts.min() >= _FEWEST_IN_FIELD:
        found["field"] = (number[:, None] == np.arange(len(tiles))).astype(np.float64)
    return found


def _blocks(table: StampTable, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the block of sky of each row; without a position, each is its own."""
    columns = table.columns("healpix", "id", rows=rows)
    pixel = columns["healpix"].to_numpy()
    own = [stable_seed(0, name) for name in columns["id"].to_pylist()]
    return np.where(pixel >= 0, pixel >> _BLOCK_SHIFT, own)


def _interaction(
    report: NuisanceReport, table: StampTable, model: Model, labels: str | Path, seed: int
) -> None:
    matched = table_labels(table, labels)
    features = _embed(table, model, matched.rows, None, seed, "labelled")
    blocks = _blocks(table, matched.rows)
    report.interaction["discriminant"] = probe_classes(features, matched.values, blocks)
    if model.has_head and len(np.unique(matched.values)) == 2:
        shapes = read_shapes(table, matched.rows) if model.uses_shapes else None
        score = model.probability(features, shapes)
        auc = float(roc_auc_score(matched.values, score))
        report.interaction["head"] = Probed(auc, float("nan"), len(score))
