"""Dawid and Skene's model: the truth, and how well each person knows it, from votes alone.

Dawid & Skene 1979, J. R. Stat. Soc. C 28, 20. Each thing has a true class; each person has a
table of how often he gives which answer to things of each class; both are found together by
expectation maximisation.

It is written here, in few lines, because the one kept library that has it alone (crowd-kit) needs
transformers, huggingface-hub and nltk for it, and knows no answers that are no classes: "unsure"
would become a third kind of galaxy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["DawidSkene", "fit_dawid_skene"]

_SMALLEST = 1e-10


@dataclass(frozen=True)
class DawidSkene:
    """What was found.

    Attributes
    ----------
    probability : ndarray of float64, shape (item, class)
        That the truth is this class; each row sums to 1.
    prevalence : ndarray of float64, shape (class,)
    answering : ndarray of float64, shape (person, class, answer)
        Probability of each person's answers to things of each class.
    rounds : int
        Of expectation and maximisation.
    """

    probability: NDArray[np.float64]
    prevalence: NDArray[np.float64]
    answering: NDArray[np.float64]
    rounds: int


def fit_dawid_skene(
    items: NDArray[np.int64],
    people: NDArray[np.int64],
    answers: NDArray[np.int64],
    *,
    classes: int,
    prior: NDArray[np.float64] | None = None,
    rounds: int = 1000,
    tolerance: float = 1e-7,
) -> DawidSkene:
    """Fit the model.

    Parameters
    ----------
    items, people, answers : ndarray of int64, shape (vote,)
        Who said what of which; each numbered from 0. Answer k below `classes` says class k;
        further answers say none of them.
    classes : int
    prior : ndarray of float64, shape (class, answer), optional
        Answers that each person is taken to have given already; with it each class is taken to
        have been seen once. None by default. It also says how many answers there are.
    rounds : int
        At most.
    tolerance : float
        Ends when no probability changes by more.
    """
    count = max(int(answers.max()) + 1, classes) if prior is None else prior.shape[1]
    before, seen = (np.zeros((classes, count)), 0) if prior is None else (prior, 1)
    n_items, n_people = int(items.max()) + 1, int(people.max()) + 1
    probability = _first_guess(items, answers, classes, n_items)
    for done in range(1, rounds + 1):  # noqa: B007, it is returned
        prevalence = probability.sum(axis=0) + seen
        prevalence /= prevalence.sum()
        given = np.zeros((n_people, count, classes))
        np.add.at(given, (people, answers), probability[items])
        answering = np.swapaxes(given, 1, 2) + before
        answering /= np.maximum(answering.sum(axis=2, keepdims=True), _SMALLEST)
        odds = np.tile(np.log(np.maximum(prevalence, _SMALLEST)), (n_items, 1))
        np.add.at(odds, items, np.log(np.maximum(answering[people, :, answers], _SMALLEST)))
        new = np.exp(odds - odds.max(axis=1, keepdims=True))
        new /= new.sum(axis=1, keepdims=True)
        change = np.abs(new - probability).max()
        probability = new
        if change < tolerance:
            break
    return DawidSkene(probability, prevalence, answering, done)


def _first_guess(
    items: NDArray[np.int64], answers: NDArray[np.int64], classes: int, n_items: int
) -> NDArray[np.float64]:
    """Return the share of each class among the answers to each item; equal where there is none."""
    told = answers < classes
    share = np.zeros((n_items, classes))
    np.add.at(share, (items[told], answers[told]), 1)
    total = share.sum(axis=1, keepdims=True)
    return np.where(total > 0, share / np.maximum(total, 1), 1 / classes)
