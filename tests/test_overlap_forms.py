"""Intersection over union of labelled pixels: which functions pass, which fail, which are left."""

from __future__ import annotations

import pytest

from tests.in_process import failures_of, load, passed_over, spellings

HEAD = "import numpy as np\n"
MEAN = """
def mean_iou(pred, target, num_classes):
    shares = []
    for c in range(num_classes):
        both = np.logical_and(pred == c, target == c).sum()
        union = np.logical_or(pred == c, target == c).sum()
        shares.append(both / union if union else {})
    return np.nanmean(shares)
"""
WITH_EACH = """
def compute_miou(preds, labels, n_classes=21, ignore_index=255):
    kept = labels.ravel() != ignore_index
    pairs = n_classes * labels.ravel()[kept] + preds.ravel()[kept]
    hist = np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)
    both = np.diag(hist)
    each = both / (hist.sum(0) + hist.sum(1) - both + 1e-7)
    return each.mean(), each
"""
OF_SCORES = """
def compute_iou(outputs, masks, num_classes):
    preds = outputs.argmax(axis=1)
    assert preds.ndim == 3
    union = [((preds == c) | (masks == c)).sum() for c in range(num_classes)]
    return [((preds == c) & (masks == c)).sum() / union[c] for c in range(num_classes)]
"""
OF_TWO = """
def iou_score(pred_mask, gt_mask):
    both = np.sum(pred_mask * gt_mask)
    union = np.sum(pred_mask) + np.sum(gt_mask) - both
    return both / union if union else 1.0
"""
OF_COUNTS = """
def per_class_iu(hist):
    return 100 * np.diag(hist) / (hist.sum(1) + hist.sum(0) - np.diag(hist)) / 100
"""
IN_PERCENT = MEAN.format("np.nan").replace("np.nanmean", "100 * np.nanmean")
RIGHT = {
    "the mean over the classes": MEAN.format("np.nan"),
    "the mean over the classes ": MEAN.format(0.0),
    "the mean over the classes  ": MEAN.format(1.0),
    "the mean over the classes   ": WITH_EACH,
    "the mean over the classes, in percent": IN_PERCENT,
    "of each class, of scores": OF_SCORES,
    "of two classes, 1 the positive one": OF_TWO,
    "of each class": OF_COUNTS,
}


def judged(tmp_path, source, *properties, convention="numpy-course"):
    return failures_of(tmp_path, HEAD + source, *properties, convention=convention, examples=60)


@pytest.mark.parametrize("words", RIGHT)
def test_right_ones_pass(tmp_path, words):
    module = load(tmp_path, HEAD + RIGHT[words])
    (spelling,) = spellings(module, "numpy-course").values()
    assert spelling.promised(spelling.told(module)).differs == words.strip()
    assert judged(tmp_path, RIGHT[words]) == {}


def test_what_an_absent_class_counts_as_is_seen(tmp_path):
    for value, domain in (("np.nan", {"absent": ["never"]}), (0.0, 0), (1.0, 1)):
        module = load(tmp_path, HEAD + MEAN.format(value))
        (spelling,) = spellings(module, "numpy-course").values()
        told = spelling.told(module)["domain"]
        if value == "np.nan":
            assert told["absent"] == domain["absent"]
        else:
            assert "absent" not in told
            assert told["zero_division"] == [domain]


ONE = MEAN.format("np.nan")
WRONG = {
    "Dice": ONE.replace("both / union", "2 * both / (union + both)"),
    "all pixels": ONE.replace("both / union", "both / pred.size"),
    "the union's place": ONE.replace("logical_or", "logical_xor"),
    "a sum": ONE.replace("np.nanmean", "np.nansum"),
    "recall": ONE.replace("np.logical_or(pred == c, target == c)", "(target == c)"),
    "the last class left out": ONE.replace("range(num_classes)", "range(num_classes - 1)"),
    "one less in the mean": WITH_EACH.replace("each.mean()", "each.sum() / (n_classes + 1)"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_ones_fail(tmp_path, mistake):
    assert "forward" in judged(tmp_path, WRONG[mistake], "shape", "forward")


LEFT = {
    "it leaves class 0 out of the mean": ONE.replace("range(num", "range(1, num"),
    "it adds a number to the union": OF_TWO.replace("both / union if union else 1.0", "{}").format(
        "(both + 1e-4) / (union + 1e-4)"
    ),
    "it rounds its result": ONE.replace("np.nanmean(shares)", "round(np.nanmean(shares), 2)"),
    "what it gives for a tiny input": "def iou(pred, gt): return max(0, pred[0] - gt[0] + 3)",
}


@pytest.mark.parametrize("why", LEFT)
def test_another_measure_is_not_judged(tmp_path, why):
    module = load(tmp_path, HEAD + LEFT[why])
    reasons = passed_over(module, "numpy-course")
    assert any(reason.startswith(why) for reason in reasons), reasons
    assert not spellings(module, "numpy-course")


TENSORS = """
import torch

def mean_iou(logits, targets, num_classes):
    preds, shares = torch.argmax(logits, dim=1).view(-1), []
    for c in range(num_classes):
        found, there = preds == c, targets.view(-1) == c
        union = (found | there).sum().item()
        shares.append((found & there).sum().item() / union if union else float("nan"))
    return torch.tensor(shares).nanmean()
"""


def test_on_tensors(tmp_path):
    assert judged(tmp_path, TENSORS, convention="torch") == {}
    wrong = TENSORS.replace("found | there", "there")
    assert judged(tmp_path, wrong, "forward", convention="torch")


BOXES = """
def share(a, b):
    w, h = (max(0, min(a[i + 2], b[i + 2]) - max(a[i], b[i])) for i in (0, 1))
    areas = sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b))
    return w * h / (areas - w * h) if w * h else 0.0

def mean_iou(pred_boxes, true_boxes):
    shares = [share(a, b) for a, b in zip(pred_boxes, true_boxes)]
    return np.mean(shares)
"""
LISTED = BOXES.replace("shares = [", "assert isinstance(pred_boxes, list)\n    shares = [")


def test_pairs_of_boxes(tmp_path):
    for source in (BOXES, LISTED, BOXES.replace("np.mean(shares)", "np.mean(shares), shares")):
        module = load(tmp_path, HEAD + source)
        (spelling,) = spellings(module, "numpy-course").values()
        assert spelling.operator == "mean_iou"
        assert judged(tmp_path, source) == {}
    for old, new in (
        ("np.mean", "np.max"),
        ("max(0, min(", "abs(min("),
        ("areas - w * h", "areas"),
    ):
        assert judged(tmp_path, BOXES.replace(old, new), "shape", "forward"), old


BEST = BOXES.replace("share(a, b) for a, b in zip(pred_boxes, true_boxes)", "{}").format(
    "max(share(a, b) for a in pred_boxes) for b in true_boxes"
)
PIXELS = BOXES.replace("- max(a[i], b[i])", "- max(a[i], b[i]) + 1").replace(
    "(c[2] - c[0]) * (c[3] - c[1])", "(c[2] - c[0] + 1) * (c[3] - c[1] + 1)"
)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (BEST, "it looks for the best partner of each box"),
        (PIXELS, "it counts whole pixels, both ends included"),
    ],
)
def test_other_means_of_boxes_are_not_judged(tmp_path, source, why):
    module = load(tmp_path, HEAD + source)
    reasons = passed_over(module, "numpy-course")
    assert why in reasons
    assert not spellings(module, "numpy-course")
