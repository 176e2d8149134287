"""Average precision as it is written: of scores, rankings or a curve; right, wrong, another."""

from __future__ import annotations

import pytest

from tests.in_process import failures, load, passed_over, spellings

HEAD = "import numpy as np\n"
OF_ONE = """
def average_precision(y_true, y_score):
    total, hits, area = y_true.sum(), 0, 0.0
    if total == 0:
        return float("nan")
    for rank, place in enumerate(np.argsort(-y_score), 1):
        hits += y_true[place]
        area += y_true[place] * hits / rank
    return area / total
"""
GROUPED = """
def average_precision_score(labels, scores):
    areas, before = [], 0.0
    for threshold in np.unique(scores)[::-1]:
        taken = scores >= threshold
        recall = labels[taken].sum() / labels.sum()
        areas.append((recall - before) * labels[taken].mean())
        before = recall
    return sum(areas)
"""
OF_CLASSES = """
def mean_average_precision(y_true, y_pred):
    areas = []
    for c in range(y_true.shape[1]):
        answers = y_true[np.argsort(-y_pred[:, c], kind="stable"), c]
        ranks = np.flatnonzero(answers) + 1
        areas.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
    return np.mean(areas)
"""
OF_QUERIES = """
def mean_average_precision(y_true, scores, k=10):
    areas = []
    for answers, own in zip(y_true, scores):
        ranks = np.flatnonzero(answers[np.argsort(-own)][:k]) + 1
        areas.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
    return np.mean(areas)
"""
OF_IDS = """
def average_precision(retrieved, relevant):
    hits, area = 0, 0.0
    for rank, item in enumerate(retrieved, start=1):
        if item in set(relevant):
            hits += 1
            area += hits / rank
    return area / len(relevant) if relevant else 0.0
"""
OF_LISTS = """
def mapk(actual, predicted, k):
    areas = []
    for true, found in zip(actual, predicted):
        hits = [p in true for p in found[:k]]
        areas.append(sum(sum(hits[: i + 1]) / (i + 1) for i, h in enumerate(hits) if h))
        areas[-1] /= min(len(true), k)
    return sum(areas) / len(areas)
"""
OF_ANSWERS = """
def average_precision(relevance):
    ranks = np.flatnonzero(np.asarray(relevance)) + 1
    return np.mean(np.arange(1, len(ranks) + 1) / ranks)
"""
OF_A_CURVE = """
def compute_ap(recall, precision):
    return np.sum(np.diff(np.concatenate([[0.0], recall])) * precision)
"""
RIGHT = {
    "of one class": OF_ONE,
    "of one class ": GROUPED,
    "": OF_CLASSES,
    "of rows, as of queries": OF_QUERIES,
    "of a ranking": OF_IDS,
    "of rankings": OF_LISTS,
    "of a ranking ": OF_ANSWERS,
    "of a curve": OF_A_CURVE,
}


def judged(tmp_path, source, *properties):
    module = load(tmp_path, HEAD + source)
    (name,) = spellings(module, "numpy-course")
    return failures(module, "numpy-course", name, *properties, examples=60)


@pytest.mark.parametrize("words", RIGHT)
def test_right_ones_pass(tmp_path, words):
    module = load(tmp_path, HEAD + RIGHT[words])
    (spelling,) = spellings(module, "numpy-course").values()
    promise = spelling.promised(spelling.told(module))
    assert promise.differs == words.strip()
    assert ("tied" in promise.domain) == (RIGHT[words] is not GROUPED)
    assert judged(tmp_path, RIGHT[words]) == {}


WRONG = {
    "the worst first": OF_ONE.replace("-y_score", "y_score"),
    "not sorted": OF_ONE.replace("np.argsort(-y_score)", "range(len(y_score))"),
    "ranks from 0": OF_ONE.replace("hits / rank", "hits / (rank + 1)"),
    "by all samples": OF_ONE.replace("area / total", "area / len(y_true)"),
    "every rank": OF_ONE.replace("area += y_true[place] *", "area +="),
    "steps of precision": GROUPED.replace("labels[taken].mean()", "recall"),
    "a sample too many": GROUPED.replace(
        "labels[taken].mean()", "labels[taken].sum() / len(labels)"
    ),
    "of the first class": OF_CLASSES.replace("np.mean(areas)", "areas[0]"),
    "a sum of classes": OF_CLASSES.replace("np.mean(areas)", "np.sum(areas)"),
    "precision of all": OF_IDS.replace("area += hits / rank", "area += 1 / rank"),
    "by the ranking": OF_IDS.replace("len(relevant) if", "len(retrieved) if"),
    "hits forgotten": OF_ANSWERS.replace("np.arange(1, len(ranks) + 1)", "1"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_ones_fail(tmp_path, mistake):
    assert judged(tmp_path, WRONG[mistake], "shape", "forward")


VOC = """
def voc_ap(rec, prec, use_07_metric=False):
    if use_07_metric:
        return sum(max(prec[rec >= t], default=0) for t in np.arange(0, 1.1, 0.1)) / 11
    recall, precision = np.concatenate([[0], rec, [1]]), np.concatenate([[0], prec, [0]])
    for i in range(len(precision) - 1, 0, -1):
        precision[i - 1] = max(precision[i - 1], precision[i])
    return np.sum(np.diff(recall) * precision[1:])
"""
LEFT = {
    "it takes the best precision from a recall on": VOC,
    "it takes the best precision": VOC.replace("=False", "=True"),
    "it joins the curve by straight lines": (
        "def compute_ap(recall, precision):\n"
        "    return float(((precision[1:] + precision[:-1]) / 2 * np.diff(recall)).sum())"
    ),
    "its parameter iou_threshold is not known": (
        "def mean_average_precision(y_true, y_pred, iou_threshold): return 1.0"
    ),
}


@pytest.mark.parametrize("why", LEFT)
def test_another_measure_is_not_judged(tmp_path, why):
    module = load(tmp_path, HEAD + LEFT[why])
    reasons = passed_over(module, "numpy-course")
    assert any(reason.startswith(why) for reason in reasons), reasons
    assert not spellings(module, "numpy-course")


TENSORS = """
import torch

def mean_average_precision(y_true, y_pred):
    areas = []
    for labels, scores in zip(y_true.T, y_pred.T):
        answers = labels[scores.argsort(descending=True)].float()
        precision = answers.cumsum(0) / torch.arange(1, len(answers) + 1)
        areas.append((precision * answers).sum() / answers.sum())
    return torch.stack(areas).mean()
"""


def test_on_tensors(tmp_path):
    for source, right in ((TENSORS, True), (TENSORS.replace("descending=True", ""), False)):
        module = load(tmp_path, source)
        failed = failures(module, "torch", "mean_average_precision", "forward", examples=40)
        assert (failed == {}) == right
