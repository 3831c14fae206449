"""What stands in each section of the report, as the templates want it."""

from typing import Any

import numpy as np
import pyarrow.compute as pc

from strandline.classify import Evaluation
from strandline.classify.metrics import CONTAMINATIONS, INSPECTED
from strandline.report.curves import Measured, completeness_figure, roc_figure, score_figure
from strandline.report.galaxies import model_columns
from strandline.report.inputs import ReportInputs
from strandline.report.made import card_lines, flag_lines, software, tile_lines
from strandline.report.pictured import Pictured
from strandline.report.thumbs import channel_names
from strandline.report.training import history_panels
from strandline.report.words import HIDEABLE, band_list, chance, count, flag_words, measured

__all__ = ["gallery", "header", "how_good", "how_made", "map_section"]

_SKIPPED_AT_MOST = 200
_PREFERRED_BANDS = ("r", "i", "g", "z")
_FEW = 12


def header(inputs: ReportInputs, pictured: Pictured, curves: list[Measured]) -> dict[str, Any]:
    """Return the sentence and the key numbers."""
    catalogue, spec = inputs.catalogue, inputs.table.spec
    total = catalogue.num_rows
    tiles = len(pc.unique(catalogue["tile"])) if "tile" in catalogue.column_names else 0
    if spec.kind == "picture":
        what, subject = count(total, "picture"), "pictures"
    else:
        what = f"{count(total, 'galaxy', 'galaxies')} in {count(tiles, 'tile')}"
        subject = "galaxies"
    sentence = f"{what}, those most likely to interact first." if total > 1 else f"{what}."
    if pictured.chosen.gallery < total:
        sentence = f"{what}; the {pictured.chosen.gallery} most likely to interact first."
    facts = [(subject if total != 1 else subject[:-1], f"{total:,}", "")]
    if spec.kind == "fits":
        facts = [("galaxy" if total == 1 else "galaxies", f"{total:,}", "")]
        facts.append(("tile" if tiles == 1 else "tiles", f"{tiles:,}", ""))
    facts.append(("bands", " ".join(spec.bands), ""))
    side = _stamp_side_arcsec(inputs)
    facts.append(
        ("side of a stamp", f"{side:.0f}″", "")
        if side
        else ("side of a stamp", str(spec.size_px), "px")
    )
    if total:
        likely = int(pc.sum(pc.greater_equal(catalogue["probability"], 0.5)).as_py() or 0)
        facts.append(("with probability above 0.5", f"{likely:,}", ""))
    if inputs.sky is not None:
        number, error = inputs.sky.rounded()
        share = inputs.sky.prevalence.words()
        facts.append((f"expected to interact, if {share} of all do", number, f"± {error}"))
    if _has_truth(inputs):
        for one in curves:
            if one.evaluation:
                value, error = measured(one.evaluation.auc, one.evaluation.errors["auc"])
                facts.append((f"AUC, {one.name}", value, f"± {error}" if error else ""))
    return {"sentence": sentence, "tiles": facts}


def _stamp_side_arcsec(inputs: ReportInputs) -> float | None:
    if "pixel_scale_arcsec" not in inputs.catalogue.column_names:
        return None
    scale = np.asarray(inputs.catalogue["pixel_scale_arcsec"].to_numpy(), np.float64)
    scale = scale[np.isfinite(scale)]
    return float(np.median(scale)) * inputs.table.spec.size_px if len(scale) else None


def _has_truth(inputs: ReportInputs) -> bool:
    catalogue = inputs.catalogue
    return "label" in catalogue.column_names and catalogue["label"].null_count < len(catalogue)


def gallery(inputs: ReportInputs, pictured: Pictured) -> dict[str, Any]:
    """Return the cards of the gallery and what its controls offer."""
    facts, shown = pictured.facts, pictured.chosen.gallery
    bands = [band for band in _PREFERRED_BANDS if f"m:{band}" in facts]
    bands += [name[2:] for name in facts if name.startswith("m:") and name[2:] not in bands]
    labels = facts.get("label", [None] * shown)
    cards = [
        {
            "id": facts["id"][k],
            "rank": facts["rank"][k],
            "p": facts["p"][k],
            "chance": chance(facts["p"][k]),
            "mag": _magnitude(facts, bands, k),
            "label": labels[k],
            "warnings": flag_words(facts["flags"][k] & int(HIDEABLE)),
            "colour": pictured.pairs[k].colour,
            "faint": pictured.pairs[k].faint,
            "zoom": pictured.zoom[k],
        }
        for k in range(shown)
    ]
    total = inputs.catalogue.num_rows
    which = (
        f"The {shown} of {total:,} galaxies that are most likely to interact"
        if shown < total
        else "All galaxies"
    )
    return {
        "cards": cards,
        "few": shown <= _FEW,
        "gallery_words": f"{which}, by probability. Choose one for its large view. Colour shows "
        "nucleus and outskirts at once; faint light shows what is near the noise of the sky.",
        "sky_words": inputs.sky.words() if inputs.sky is not None and total > 1 else "",
        "sorts": _sorts(inputs, [band for band in bands if _any(facts, f"m:{band}", shown)]),
        "any_hideable": any(card["warnings"] for card in cards),
        "any_label": any(label is not None for label in labels[:shown]),
        "any_zoom": any(value > 1.15 for value in pictured.zoom),
        "channels": channel_names(inputs.table.spec),
        "sheet": pictured.sheet,
    }


def _any(facts: dict[str, list[Any]], name: str, shown: int) -> bool:
    return any(value is not None for value in facts[name][:shown])


def _magnitude(facts: dict[str, list[Any]], bands: list[str], k: int) -> str:
    for band in bands:
        value = facts[f"m:{band}"][k]
        if value is not None:
            return f"{band} {value:.1f}"
    return ""


def _sorts(inputs: ReportInputs, bands: list[str]) -> list[tuple[str, str]]:
    models = list(model_columns(inputs.catalogue))
    sorts = [("rank", "probability")]
    sorts += [(f"p:{model}", f"probability, {model}") for model in models]
    if len(models) > 1:
        sorts.append(("disagreement", "disagreement of the models"))
    return sorts + [(f"m:{band}", f"magnitude {band}") for band in bands[:1]]


def map_section(pictured: Pictured) -> dict[str, Any]:
    """Return whether there is a map, and the words above it."""
    chosen = pictured.chosen
    words = (
        "Galaxies that the model finds alike lie close together (UMAP of its features; the axes "
        "have no meaning). Stamps are drawn where there is room, points elsewhere. "
        "Zoom in for more of them, choose one for its large view."
    )
    if len(chosen.points):
        words += f" Points without a picture are {len(chosen.points):,} further galaxies."
    return {
        "has_map": pictured.places is not None and pictured.sheet is not None,
        "map_words": words,
    }


def how_good(inputs: ReportInputs, curves: list[Measured]) -> dict[str, Any]:
    """Return the curves, the table of numbers and the words about whose truth they used."""
    good = [(one, one.evaluation) for one in curves if one.evaluation is not None]
    if _has_truth(inputs):
        words = "For galaxies of this run it is known whether they interact."
    else:
        words = (
            "Nobody has said which of these galaxies interact, so their ranking cannot be "
            "measured. What follows was measured by each model on galaxies of its own validation."
        )
    sets = {(one.note, found.positives, found.negatives) for one, found in good}
    same = len(sets) == 1
    if same:
        note, positives, negatives = next(iter(sets))
        words += (
            f" Measured on {count(positives + negatives, 'galaxy', 'galaxies')}, {positives:,} of "
            f"them interacting, {note}."
        )
    return {
        "measured": curves,
        "same_galaxies": same,
        "truth_words": words,
        "roc": roc_figure(curves) if good else None,
        "completeness": completeness_figure(curves) if good else None,
        "contaminations": CONTAMINATIONS,
        "inspected": [f"{part:.0%}" for part in INSPECTED],
        "metric_rows": [_metric_row(one, evaluation) for one, evaluation in good],
        "confusions": [_confusion(one) for one, _ in good],
        "score_figures": [(one.name, score_figure(one)) for one, _ in good],
    }


def _metric_row(one: Measured, evaluation: Evaluation) -> dict[str, Any]:
    values = [("auc", evaluation.auc), ("average_precision", evaluation.average_precision)]
    values += [(f"completeness {key}", value) for key, value in evaluation.completeness.items()]
    values += [
        (f"recall_inspected {key}", value) for key, value in evaluation.recall_inspected.items()
    ]
    cells = [measured(value, evaluation.errors[key]) for key, value in values]
    return {"name": one.name, "series": one.series, "cells": cells}


def _confusion(one: Measured) -> dict[str, Any]:
    middle = len(one.picked_true) // 2
    positives, negatives = one.picked_true[0], one.picked_false[0]
    tp, fp = one.picked_true[middle], one.picked_false[middle]
    counts = {"tp": tp, "fn": positives - tp, "fp": fp, "tn": negatives - fp}
    of = {"tp": positives, "fn": positives, "fp": negatives, "tn": negatives}
    shares = {f"{name}_share": round(value / of[name], 3) for name, value in counts.items()}
    return {"number": one.number, "series": one.series, "name": one.name} | counts | shares


def how_made(inputs: ReportInputs) -> dict[str, Any]:
    """Return models, tiles, flags, versions and what was skipped."""
    lines, left = tile_lines(inputs)
    spec = inputs.table.spec
    if spec.kind == "picture":
        words = (
            "Colour: the picture as it came. Faint light: its luminance, smoothed and inverted. "
            "A hatch marks pixels without data."
        )
    else:
        words = (
            f"Colour: {channel_names(spec)}, stretched by asinh in brightness alone, so that hues "
            "are kept (Lupton et al. 2004), from each stamp's own sky noise to its brightest part; "
            "white is about the colour of a spiral galaxy. Light near the noise is smoothed "
            "and fades to grey; the sky is dark grey. Faint light: the noise-weighted sum of "
            f"{band_list(spec.bands)}, smoothed by 1.5 px, from 1.8 below to 400 times the noise "
            "above the sky. A hatch marks pixels without data; grey in a colour picture, pixels "
            "that lack a band."
        )
    return {
        "command": inputs.command,
        "seed": inputs.seed,
        "several_models": len(model_columns(inputs.catalogue)) > 1,
        "models_words": inputs.models,
        "picture_words": words,
        "flags": [line for line in flag_lines(inputs.catalogue) if line[2]],
        "model_cards": [card_lines(card) for card in inputs.cards],
        "software": software(),
        "skipped": inputs.skipped[:_SKIPPED_AT_MOST],
        "skipped_left": max(len(inputs.skipped) - _SKIPPED_AT_MOST, 0),
        "tile_lines": lines,
        "tiles_left": left,
        "tiles_title": count(len(lines) + left, "tile"),
        "trainings": [
            (one.name, panels) for one in inputs.history if (panels := history_panels(one))
        ],
    }
