"""Metrics as exercises give them: which form a function is, which mistakes it makes, what is left.

Right functions in each form pass, wrong ones fail, and those of another measure are not judged.
"""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import edited, failures, load, passed_over, spellings

EXAMPLE = "right_metrics.py"
PAIRED = (
    "accuracy",
    "top_k_accuracy",
    "confusion_matrix",
    "precision",
    "recall",
    "f1_score",
    "balanced_accuracy",
    "iou",
    "perplexity",
    "average_precision",
    "mean_iou",
)
PLAIN = (
    *("balanced_accuracy_forward", "box_iou_forward", "confusion_matrix_forward"),
    *("f1_score_forward", "mean_average_precision_forward", "mean_iou_forward"),
    "jaccard_forward",
    *("perplexity_forward", "precision_forward", "recall_forward", "specificity_forward"),
    "top_k_accuracy_forward",
)


@pytest.mark.parametrize(("convention", "names"), [("plain", PLAIN), ("numpy-course", PAIRED)])
def test_the_example_passes(tmp_path, convention, names):
    module = load(tmp_path, (EXAMPLES / EXAMPLE).read_text())
    assert set(spellings(module, convention)) == set(names)
    for name in names:
        assert failures(module, convention, name, examples=40) == {}, name


PLANTED = {
    "top_k_accuracy": ("(-y_prob, axis=1)[:, :k]", "(-y_prob, axis=1)[:, : k + 1]"),
    "confusion_matrix": ("(y_true == i) & (y_pred == j)", "(y_true == j) & (y_pred == i)"),
    "precision": ("predicted = np.sum(y_pred == 1)", "predicted = np.sum(y_true == 1)"),
    "recall": ("actual = np.sum(y_true == 1)", "actual = np.sum(y_pred == 1)"),
    "f1_score": ("return 2 * p * r / (p + r)", "return (p + r) / 2"),
    "balanced_accuracy": ("y_pred[y_true == c] == c", "y_true[y_pred == c] == c"),
    "iou": ("width = max(0, min(box1[2], box2[2])", "width = abs(min(box1[2], box2[2])"),
    "perplexity": ("targets[..., None], axis=-1).mean()", "targets[..., None], axis=-1).sum()"),
    "mean_iou": ("np.sum(found | there)", "(np.sum(found) + np.sum(there))"),
    "average_precision": ("np.arange(1, len(answers) + 1)", "np.arange(2, len(answers) + 2)"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_mistake_in_the_example_fails(tmp_path, name):
    module = load(tmp_path, edited(EXAMPLE, *PLANTED[name]))
    assert "forward" in failures(module, "numpy-course", name, "shape", "forward")


PERCENT = "def accuracy(y_hat, y): return 100 * (y_hat == y).mean()"
COUNTED = "def accuracy(pred, labels): return (pred.argmax(axis=1) == labels).sum()"
ROWS = "def accuracy(pred, y): return (pred == y).all(axis=1).mean()"
BINARY = """
def accuracy(y_true, y_pred):
    return (sum((y_true == 1) & (y_pred == 1)) + sum((y_true == 0) & (y_pred == 0))) / len(y_true)
"""
MATRIX = """
def confusion_matrix(y_true, y_pred, num_classes):
    counts = np.zeros((num_classes, num_classes))
    np.add.at(counts, (y_true, y_pred), 1)
    return counts
def create_confusion_matrix(labels, logits): return labels.T @ logits
def sensitivity(confusion): return np.diag(confusion) / confusion.sum(axis=1)
def precision(confusion): return np.diag(confusion) / confusion.sum(axis=0)
def specificity(confusion):
    fp = confusion.sum(axis=0) - np.diag(confusion)
    return 1 - fp / (confusion.sum() - confusion.sum(axis=1))
def f1_score(confusion):
    p, r = precision(confusion), sensitivity(confusion)
    return 2 * p * r / (p + r)
"""
MACRO = """
def recall(y_true, y_pred):
    return np.mean([(y_pred[y_true == c] == c).mean() for c in np.unique(y_true)])
def precision(y_true, y_pred):
    shares = [(y_true[y_pred == c] == c).mean() for c in np.unique(y_true)]
    return sum(shares * np.bincount(y_true)) / len(y_true)
"""
UNGUARDED = """
def f1(y_true, y_pred):
    tp = np.sum(y_true * y_pred)
    p, r = tp / (np.sum(y_pred) + 1e-7), tp / (np.sum(y_true) + 1e-7)
    return 2 * p * r / (p + r)
"""
OVER_ONE = """
def precision(y_true, y_pred):
    predicted = np.sum(y_pred == 1)
    return np.sum(y_true * y_pred) / predicted if predicted else 1.0
"""
RIGHT = {
    "a percentage": ("numpy-course", PERCENT, "in percent"),
    "scores": ("numpy-course", COUNTED, "the number of right answers, of scores and ids"),
    "rows": ("numpy-course", ROWS, "of rows of zeros and a one"),
    "two classes": ("numpy-course", BINARY, "of two classes"),
    "matrices": ("numpy-course", MATRIX, "of each class"),
    "averages": ("numpy-course", MACRO, "average"),
    "no answer to 0 / 0": ("numpy-course", UNGUARDED, "of two classes, 1 the positive one"),
    "1 for 0 / 0": ("numpy-course", OVER_ONE, "of two classes, 1 the positive one"),
}


@pytest.mark.parametrize("form", RIGHT)
def test_right_functions_of_a_form_pass(tmp_path, form):
    convention, source, words = RIGHT[form]
    module = load(tmp_path, f"import numpy as np\n{source}")
    found = spellings(module, convention)
    assert len(found) == source.count("def ")
    said = [spelling.promised(spelling.told(module)).differs for spelling in found.values()]
    assert any(words in text for text in said), said
    for name in found:
        assert failures(module, convention, name, examples=40) == {}, name


PIXELS = """
def iou(a, b):
    w, h = (max(0, min(a[i + 2], b[i + 2]) - max(a[i], b[i]) + 1) for i in (0, 1))
    return w * h / (sum((c[2] - c[0] + 1) * (c[3] - c[1] + 1) for c in (a, b)) - w * h)
"""
SIDES = """
def iou(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    s = max(0, w) * max(0, h)
    return s / (a[2] * a[3] + b[2] * b[3] - s)
"""
LEFT = {
    "it counts whole pixels": PIXELS,
    "it reads (x, y, w, h)": SIDES,
    "it rounds its result": "def recall(y, pred): return round(np.sum(y * pred) / sum(y), 2)",
    "its parameter weights is not known": "def accuracy(y, pred, weights): return 1.0",
    "for a tiny input it raises KeyError": "def accuracy(y, pred): return {}[0]",
    "what it gives for a tiny input, 0.375,": "def accuracy(y, pred): return (y != pred).mean()",
}


@pytest.mark.parametrize("why", LEFT)
def test_another_measure_is_not_judged_and_said_why(tmp_path, why):
    module = load(tmp_path, f"import numpy as np\n{LEFT[why]}")
    reasons = passed_over(module, "numpy-course")
    assert any(reason.startswith(why) for reason in reasons), reasons
    assert not spellings(module, "numpy-course")


TENSORS = """
import torch

def accuracy(output, target, topk=(1,)):
    with torch.no_grad():
        _, best = output.topk(max(topk), 1, True, True)
        hits = best.t().eq(target.view(1, -1))
        counts = [hits[:k].reshape(-1).float().sum(0, keepdim=True) for k in topk]
        return [count.mul_(100.0 / len(target)) for count in counts]

def get_accuracy(y_hat, y):
    return float((y_hat.argmax(dim=1) == y).sum())

def box_iou(boxes1, boxes2):
    first = boxes1[:, None]
    sides = torch.min(first[..., 2:], boxes2[:, 2:]) - torch.max(first[..., :2], boxes2[:, :2])
    shared = sides.clamp(min=0).prod(2)
    areas = [(b[:, 2:] - b[:, :2]).prod(1) for b in (boxes1, boxes2)]
    union = areas[0][:, None] + areas[1] - shared
    return shared / union, union
"""


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("", "", None),
        ("hits[:k]", "hits[k - 1 : k]", "accuracy"),
        (".clamp(min=0)", "", "box_iou"),
    ],
)
def test_on_tensors(tmp_path, old, new, wrong):
    module = load(tmp_path, TENSORS.replace(old, new) if old else TENSORS)
    found = spellings(module, "torch")
    assert set(found) == {"accuracy", "get_accuracy", "box_iou"}
    for name in found:
        failed = failures(module, "torch", name, "shape", "forward", "laws", examples=40)
        assert bool(failed) == (name == wrong), (name, failed)
