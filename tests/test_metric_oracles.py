"""The oracles of the metrics, compositions of torch calls, give what scikit-learn gives."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics

from properties.domain import Domain
from properties.explore import draw_cases
from properties.operator import find_operator
from properties.oracle import evaluate

EXAMPLES = 200


def by_labels(score):
    def compared(at, inputs):
        average = None if at["average"] == "none" else at["average"]
        kept = {"labels": range(at["classes"]), "zero_division": at["zero_division"]}
        return score(inputs["y"], inputs["pred"], average=average, **kept)

    return compared


def confusion_matrix(at, inputs):
    labels = range(at["classes"])
    return metrics.confusion_matrix(
        inputs["y"], inputs["pred"], labels=labels, normalize=at["normalize"]
    )


def balanced_accuracy(at, inputs):
    return metrics.balanced_accuracy_score(inputs["y"], inputs["pred"])


def top_k_accuracy(at, inputs):
    """scikit-learn lets the last of equal scores win, and wants three classes.

    The classes are turned round where the first wins; where y wins, or every other class does, y is
    moved to that end. Classes that are added have the smallest scores.
    """
    scores, y = inputs["scores"], inputs["y"]
    N, C = scores.shape
    place = {"first": y, "right": np.zeros(N, int), "wrong": np.full(N, C - 1)}[at["ties"]]
    moved = np.array(
        [np.insert(np.delete(scores[n], y[n]), place[n], scores[n, y[n]]) for n in range(N)]
    )
    added = np.full((N, 2), scores.min() - 1)
    turned = np.concatenate([added, moved[:, ::-1]], axis=1)
    return metrics.top_k_accuracy_score(
        C + 1 - place, turned, k=min(at["k"], C), labels=range(C + 2)
    )


def mean_average_precision(at, inputs):
    there = inputs["y"].any(axis=0)
    if not there.any():
        return 0.0
    return metrics.average_precision_score(inputs["y"][:, there], inputs["scores"][:, there])


def perplexity(at, inputs):
    classes, y = at["classes"], inputs["y"].reshape(-1)
    scores, counted = inputs["scores"].reshape(-1, classes), y != at["ignore_index"]
    if classes == 1:
        return 1.0
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = e / e.sum(axis=1, keepdims=True)
    loss = metrics.log_loss(y[counted], probabilities[counted], labels=range(classes))
    return np.exp(loss)


def specificity(at, inputs):
    """True negatives of one class against the others; scikit-learn has no name for it."""
    y, labels = inputs["y"], range(at["classes"])
    counts = metrics.multilabel_confusion_matrix(y, inputs["pred"], labels=labels)
    right, wrong = counts[:, 0, 0], counts[:, 0, 1]
    if at["average"] == "micro":
        right, wrong = right.sum(keepdims=True), wrong.sum(keepdims=True)
    all_of = np.maximum(right + wrong, 1)
    each = np.where(right + wrong > 0, right / all_of, at["zero_division"])
    if at["average"] == "weighted":
        return np.average(each, weights=np.bincount(y, minlength=at["classes"]))
    return each if at["average"] == "none" else each.mean()


COMPARED = {
    "balanced_accuracy": balanced_accuracy,
    "confusion_matrix": confusion_matrix,
    "f1_score": by_labels(metrics.f1_score),
    "jaccard": by_labels(metrics.jaccard_score),
    "mean_average_precision": mean_average_precision,
    "perplexity": perplexity,
    "precision": by_labels(metrics.precision_score),
    "recall": by_labels(metrics.recall_score),
    "specificity": specificity,
    "top_k_accuracy": top_k_accuracy,
}


@pytest.mark.parametrize("name", COMPARED)
def test_an_oracle_is_what_scikit_learn_gives(name):
    operator, compared = find_operator(name), 0

    def compare(case):
        nonlocal compared
        at, inputs = case.at(0), operator.arrays(case)
        if not min((a.size for a in inputs.values()), default=0):
            return  # scikit-learn refuses arrays without elements
        if name == "perplexity" and case.regime == "large":
            return  # its probabilities are cut off at the smallest number above 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of absent classes and of k >= C
            expected = COMPARED[name](at, inputs)
        for dtype in ("float64", "float32") if "scores" in inputs else ("float64",):
            (got,) = evaluate(operator, at, inputs, None, dtype)[0].values()
            rtol = 1e-9 if dtype == "float64" else 1e-4
            np.testing.assert_allclose(got, expected, rtol, 1e-3 * rtol, err_msg=case.key)
        compared += 1

    draw_cases(operator.cases(Domain()), EXAMPLES, 0, compare)
    assert compared >= EXAMPLES // 2


@pytest.mark.parametrize(
    "name", ["confusion_matrix", "precision", "recall", "specificity", "f1_score", "jaccard"]
)
def test_without_samples_there_is_an_answer(name):
    """Where scikit-learn refuses: no count, and every share is what 0 / 0 is said to be."""
    operator, empty = find_operator(name), np.zeros(0, np.int64)
    inputs = {"pred": empty, "y": empty}
    if name == "confusion_matrix":
        for normalize in (None, "true", "pred", "all"):
            at = {"classes": 2, "normalize": normalize}
            assert np.array_equal(evaluate(operator, at, inputs, None)[0]["out"], np.zeros((2, 2)))
        return
    for average in ("none", "macro", "micro", "weighted"):
        for value in (0, 1):
            at = {"classes": 2, "average": average, "zero_division": value}
            out = evaluate(operator, at, inputs, None)[0]["out"]
            assert out.shape == ((2,) if average == "none" else ())
            assert (out == value).all()
