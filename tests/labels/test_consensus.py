"""Consensus: Dawid and Skene's own data and answers, and what a kept library makes of others."""

import numpy as np
import pytest

from strandline.errors import OptionError
from strandline.labels import Galaxy, LabelStore, Vote, agreements
from strandline.labels.consensus import agree
from strandline.labels.dawidskene import fit_dawid_skene
from strandline.seeding import generator

# Table 1 of Dawid & Skene 1979: patients by seven opinions, the first three of one anaesthetist
PATIENTS = (
    "1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 "
    "2322223 4444444 2223343 1111111 2223212 1211111 1112111 1111111 1111111 "
    "2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222 "
    "1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 "
    "2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222"
)


def test_dawid_and_skene_find_what_they_found_in_1979() -> None:
    answers = np.array([[int(digit) - 1 for digit in patient] for patient in PATIENTS.split()])
    items = np.repeat(np.arange(45), 7)
    people = np.tile([0, 0, 0, 1, 2, 3, 4], 45)
    found = fit_dawid_skene(items, people, answers.ravel(), classes=4)
    assert found.prevalence.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]  # their Table 2
    # what crowd-kit 1.4.2 finds in the same votes, stopping a little before the maximum
    assert found.prevalence == pytest.approx([0.3997, 0.4224, 0.1112, 0.0667], abs=2e-3)
    fourth = [
        [0.944, 0.056, 0, 0],
        [0.054, 0.841, 0.104, 0.001],
        [0, 0, 0.804, 0.196],
        [0, 0, 0.333, 0.667],
    ]
    assert found.answering[3] == pytest.approx(np.array(fourth), abs=0.01)


def simulated(seed: int = 0) -> tuple[np.ndarray, ...]:
    """Return truth, items, people and answers: five people of known skill, yes or no."""
    rng = generator(seed, "crowd")
    truth = (rng.random(300) < 0.3).astype(np.int64)
    right = np.array([0.95, 0.9, 0.6, 0.8, 0.3])
    items, people = (grid.ravel() for grid in np.indices((300, 5)))
    flipped = rng.random(items.size) > right[people]
    return truth, items, people, np.where(flipped, 1 - truth[items], truth[items])


def test_no_step_of_the_model_makes_the_votes_less_likely() -> None:
    _, items, people, answers = simulated()

    def likelihood(rounds: int) -> float:
        fit = fit_dawid_skene(items, people, answers, classes=2, rounds=rounds)
        each = np.ones((300, 2)) * fit.prevalence
        for item, person, answer in zip(items, people, answers, strict=True):
            each[item] *= fit.answering[person, :, answer]
        return float(np.log(each.sum(axis=1)).sum())

    values = [likelihood(rounds) for rounds in (1, 2, 5, 20)]
    assert np.all(np.diff(values) >= 0)


def test_the_model_beats_the_majority_and_knows_who_is_good() -> None:
    truth, items, people, answers = simulated()
    names = [f"p{k}" for k in people]
    values = [("no", "yes")[answer] for answer in answers]
    right = {}
    for method in ("majority", "dawid-skene"):
        found = agree(items, names, values, method)
        right[method] = float((found.values == truth).mean())
        skills = found.skills
    assert right["dawid-skene"] > right["majority"] + 0.05
    measured = [skills[f"p{k}"].specificity for k in range(5)]
    # 210 galaxies of class no, so an error of 0.034 at most; four sigma
    assert measured == pytest.approx([0.95, 0.9, 0.6, 0.8, 0.3], abs=0.14)
    sensitive = [skills[f"p{k}"].sensitivity for k in range(5)]
    assert sensitive == pytest.approx([0.95, 0.9, 0.6, 0.8, 0.3], abs=0.21)  # 90 galaxies


def test_majority_ties_and_doubt() -> None:
    items = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, 3])
    values = ["yes", "yes", "no", "yes", "no", "unsure", "unsure", "no", "unsure", "unsure"]
    people = ["a", "b", "c", "a", "b", "a", "b", "a", "b", "c"]
    found = agree(items, people, values, "majority")
    assert found.values.tolist() == [1, -1, -1, 0]
    assert found.votes.tolist() == [[1, 2, 0], [1, 1, 0], [0, 0, 2], [1, 0, 2]]
    assert found.probability[:2] == pytest.approx([2 / 3, 0.5])
    assert np.isnan(found.probability[2])
    entropy = -(1 / 3) * np.log2(1 / 3) - (2 / 3) * np.log2(2 / 3)
    assert found.disagreement_bits == pytest.approx([entropy, 1, 0, entropy])


def test_doubt_tells_the_model_something() -> None:
    """One who is unsure of nothing but tails says by being unsure that it may be one."""
    items = np.repeat(np.arange(60), 3)
    truth = np.arange(60) % 2
    values = []
    for yes in truth:
        values += [("no", "yes")[yes]] * 2 + [("no", "unsure")[yes]]
    people = ["a", "b", "doubter"] * 60
    items, people = np.append(items, [60, 60]), [*people, "doubter", "newcomer"]
    values += ["unsure", "unsure"]
    found = agree(items, people, values, "dawid-skene")
    assert found.probability[60] > 0.9
    assert found.values[60] == -1  # but nobody has decided


def test_a_single_vote_is_believed_by_either() -> None:
    for method in ("majority", "dawid-skene"):
        assert agree(np.array([0]), ["a"], ["yes"], method).values.tolist() == [1]
        assert len(agree(np.array([], dtype=np.int64), [], [], method)) == 0


def test_where_only_one_has_spoken_his_word_stands() -> None:
    """Alone, the model would find that all are no and that one person is often wrong."""
    values = ["yes"] * 15 + ["no"] * 32
    found = agree(np.arange(47), ["a"] * 47, values, "dawid-skene")
    assert found.values.tolist() == [1] * 15 + [0] * 32
    assert not found.skills
    meeting = np.append(np.arange(47), [0, 40])
    found = agree(meeting, [*["a"] * 47, "b", "b"], [*values, "yes", "no"], "dawid-skene")
    assert found.values.tolist() == [1] * 15 + [0] * 32
    assert set(found.skills) == {"a", "b"}


def test_few_votes_that_agree_are_not_overruled() -> None:
    items = np.repeat(np.arange(4), 2)
    values = ["yes", "yes", "yes", "yes", "yes", "no", "no", "no"]
    found = agree(items, ["a", "b"] * 4, values, "dawid-skene")
    assert found.values[[0, 1, 3]].tolist() == [1, 1, 0]


def test_another_kind_of_consensus() -> None:
    with pytest.raises(OptionError, match="consensus is 'mean'; expected majority or dawid-skene"):
        agree(np.array([0]), ["a"], ["yes"], "mean")


def cast(store: LabelStore, person: str, values: str, label_class: str = "tail") -> None:
    told = {"y": "yes", "n": "no", "u": "unsure"}
    store.record_all(
        Vote(Galaxy(f"g{k}"), label_class, told[letter], person)
        for k, letter in enumerate(values)
        if letter != "."
    )


def test_labels_of_a_store(store: LabelStore) -> None:
    cast(store, "ann", "yyynn")
    cast(store, "bob", "yynnu")
    cast(store, "cy", "n....")
    cast(store, "cy", "yyyyy", "shell")
    found = store.labels("tail")
    assert found.ids == ("g0", "g1", "g2", "g3", "g4")
    assert found.values.tolist() == [1, 1, -1, 0, 0]
    assert len(store.labels("stream")) == 0
    model = store.labels("tail", "dawid-skene")
    assert model.values[[0, 1, 3, 4]].tolist() == [1, 1, 0, 0]
    assert set(model.skills) == {"ann", "bob", "cy"}


def test_agreement_of_people(store: LabelStore) -> None:
    cast(store, "ann", "yyyyyynnnn")
    cast(store, "bob", "yyyyynynnn")
    cast(store, "cy", "..........y")
    cast(store, "dee", "yy........")
    found = {(pair.one, pair.other): pair for pair in agreements(store.current("tail"))}
    assert set(found) == {("ann", "bob"), ("ann", "dee"), ("bob", "dee")}
    pair = found["ann", "bob"]
    assert (pair.galaxies, pair.share) == (10, 0.8)
    by_chance = 0.6 * 0.6 + 0.4 * 0.4
    assert pair.kappa == pytest.approx((0.8 - by_chance) / (1 - by_chance))
    assert found["ann", "dee"].share == 1
    assert np.isnan(found["ann", "dee"].kappa)
