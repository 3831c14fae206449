"""How much each model counts for: told by labels that were left out, and honestly measured."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from strandline.learn import Ensemble, Model, combine, score_rows
from strandline.learn.calibration import judged, shares
from strandline.learn.combining import weigh
from strandline.learn.encoders import make_encoder
from strandline.learn.heads import LinearHead
from strandline.learn.scaling import Scaling
from strandline.recipe import Recipe
from strandline.stamps import StampTable

Labels = NDArray[np.int64]


def told(skill: list[float], count: int, seed: int) -> tuple[NDArray[np.float64], Labels]:
    """Log-odds of models of a given skill that err apart, far too sure, on an offset; values."""
    random = np.random.default_rng(seed)
    values = random.permutation(np.arange(count) % 3 == 0).astype(np.int64)
    signal = (values - 0.5)[:, None] * np.array(skill)
    return 5 * (signal + random.normal(size=(count, len(skill)))) + 2, values


def test_what_tells_more_counts_for_more() -> None:
    found = weigh(*told([2.5, 0.5, 0.5], 600, 0), seed=0)
    assert found.weights[0] > 2 * max(found.weights[1:])


def test_few_labels_leave_equal_rights() -> None:
    means = np.mean([shares(*told([1.0, 1.0, 1.0], 12, seed), seed) for seed in range(8)], axis=0)
    assert means == pytest.approx([1 / 3] * 3, abs=0.12)


def test_shares_sum_to_one_and_do_not_turn_on_the_seed() -> None:
    odds, values = told([2.0, 1.0, 0.5, 1.0], 300, 3)
    odds = odds / 5 - 0.4
    first, other = (shares(odds, values, seed) for seed in (0, 1))
    assert first.sum() == pytest.approx(1)
    assert first == pytest.approx(other, abs=0.05)
    assert shares(odds[:, :1], values, 0) == pytest.approx([1])


def test_together_they_are_better_and_calibrated() -> None:
    skill = [2.0, 1.5]
    found = weigh(*told(skill, 600, 1), seed=0)
    odds, truth = told(skill, 6000, 2)
    together = found.sum(odds)
    best = max(judged(column, truth)["auc"] for column in odds.T)
    assert judged(together, truth)["auc"] > best + 0.03  # sigma 0.005
    # on the balanced scale: both classes weigh alike
    probability = 1 / (1 + np.exp(-together))
    weight = np.where(truth == 1, 1 / (truth == 1).sum(), 1 / (truth == 0).sum())
    for low in (0.0, 0.25, 0.5, 0.75):
        here = (probability >= low) & (probability < low + 0.25)
        share = np.average(truth[here], weights=weight[here])
        assert share == pytest.approx(np.average(probability[here], weights=weight[here]), abs=0.08)


@pytest.fixture
def pair(nnclr: Recipe) -> dict[str, Model]:
    """Two models that know nothing: an untrained encoder each."""
    scaling = Scaling(
        ("g", "r", "z"), "fits", 3.0, "image", (10.0, 20.0, 40.0), (0.5,) * 3, (1.0,) * 3
    )
    models = {}
    for number, name in enumerate(("one", "two")):
        encoder = make_encoder(3, nnclr.encoder, seed=number)
        weight = np.linspace(-1, 1, encoder.feature_count).astype(np.float32)
        models[name] = Model(nnclr, scaling, encoder, LinearHead.plain(weight, 0.0))
    return models


def _validation(table: StampTable) -> NDArray[np.int64]:
    split = np.asarray(table.columns("split")["split"].to_pylist())
    return np.flatnonzero(split == "validation")


def test_only_labels_of_the_validation_part_are_looked_at(
    pair: dict[str, Model], table: StampTable, values: Labels, tmp_path: Path
) -> None:
    rows = _validation(table)
    every = np.arange(len(values))
    lies = np.where(np.isin(every, rows), values, 1 - values)  # elsewhere
    one, other = (
        combine("both", pair, table=table, labels=(every, told), seed=1) for told in (values, lies)
    )
    assert [m.weight for m in one.members.values()] == [m.weight for m in other.members.values()]
    on = one.card["combined_on"]
    assert on["part"] == "validation"
    assert on["interacting"] == values[rows].sum()
    assert on["non_interacting"] == (1 - values[rows]).sum()
    assert on["kept_scores"] == {"one": 0, "two": 0}
    one.save(tmp_path / "both")
    assert (
        Ensemble.load(tmp_path / "both").card["validation"]["auc"] == one.card["validation"]["auc"]
    )


def test_scores_that_a_card_has_kept_are_taken_for_galaxies_that_the_head_has_seen_since(
    pair: dict[str, Model], table: StampTable, values: Labels
) -> None:
    rows = _validation(table)
    names = table.columns("id", rows=rows)["id"].to_pylist()
    honest = np.random.default_rng(0).uniform(0.2, 0.8, len(rows)).round(6)
    kept = {"truth": values[rows].tolist(), "score": honest.tolist()}
    named = kept | {"galaxy": [f"{table.path.name}/{name}" for name in names]}
    joined = kept | {"galaxy": [f"joined.lance/{name}" for name in names]}
    elsewhere = joined | {"truth": (1 - values[rows]).tolist()}  # other galaxies of these ids
    every = np.arange(len(values))
    found = {}
    cases = {"named": named, "in order": kept, "joined": joined, "elsewhere": elsewhere}
    for case, scores in cases.items():
        pair["one"].card["validation_scores"] = scores
        made = combine("both", pair, table=table, labels=(every, values), seed=1)
        found[case] = made.members["one"].scale, made.card["combined_on"]["kept_scores"]["one"]
    assert found["named"] == found["in order"] == found["joined"]
    assert found["named"][1] == len(rows)
    assert found["elsewhere"][1] == 0
    assert found["elsewhere"][0] != found["named"][0]


def test_an_old_card_of_other_labels_is_warned_of(
    pair: dict[str, Model],
    table: StampTable,
    values: Labels,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pair["two"].card["validation_scores"] = {"truth": [1, 0], "score": [0.5, 0.5]}
    combine("both", pair, table=table, labels=(np.arange(len(values)), values))
    assert "two: its card names no galaxies" in capsys.readouterr().err


def test_members_that_know_nothing_are_measured_so(
    pair: dict[str, Model], table: StampTable
) -> None:
    noise = np.random.default_rng(5).permutation(np.arange(len(table)) % 2)
    made = combine("both", pair, table=table, labels=(np.arange(len(table)), noise))
    assert 0.15 < made.card["validation"]["auc"] < 0.85  # 32 rows: sigma 0.1


def test_without_labels_all_count_alike(pair: dict[str, Model], table: StampTable) -> None:
    made = combine("seeds", pair)
    assert [member.weight for member in made.members.values()] == [0.5, 0.5]
    assert made.card["combined_on"]["weights"] == "equal"
    rows = np.arange(10)
    odds = {}
    for name, model in pair.items():
        scores = score_rows(table, model, rows)[1].astype(np.float64)
        odds[name] = np.log(scores / (1 - scores))
    mean = (odds["one"] + odds["two"]) / 2
    assert made.combine(odds) == pytest.approx(1 / (1 + np.exp(-mean)), rel=1e-5)


def test_too_few_validation_labels_leave_all_alike(
    pair: dict[str, Model],
    table: StampTable,
    values: Labels,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = _validation(table)[:6]
    made = combine("both", pair, table=table, labels=(rows, values[rows]))
    assert [member.weight for member in made.members.values()] == [0.5, 0.5]
    assert "at least 5 of each are needed to weigh models" in capsys.readouterr().err
