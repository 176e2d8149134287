"""Right metrics in NumPy: the suite's own names first, then those that exercises use.

Every function below passes `layerproof check`: the first half as `--convention plain`.
"""

import numpy as np


def top_k_accuracy_forward(scores, y, *, k=1, ties="first"):
    own = scores[np.arange(len(y)), y][:, None]
    equal = scores == own
    ahead = {
        "first": equal & (np.arange(scores.shape[1]) < y[:, None]),
        "right": np.zeros_like(equal),
        "wrong": equal & (np.arange(scores.shape[1]) != y[:, None]),
    }[ties]
    return np.mean(((scores > own) | ahead).sum(axis=1) < k).astype(scores.dtype)


def confusion_matrix_forward(pred, y, *, classes, normalize=None):
    counts = np.eye(classes, dtype=int)[y].T @ np.eye(classes, dtype=int)[pred]
    if normalize is None:
        return counts
    axis = {"true": 1, "pred": 0, "all": None}[normalize]
    return counts / np.maximum(counts.sum(axis=axis, keepdims=True), 1)


def _averaged(part, whole, samples, average, zero_division):
    if average == "micro":
        part, whole = part.sum(keepdims=True), whole.sum(keepdims=True)
    each = np.where(whole > 0, part / np.maximum(whole, 1), zero_division)
    if average == "none":
        return each
    if average == "weighted" and samples.any():
        return (each * samples).sum() / samples.sum()
    return each.mean()


def _counted(pred, y, classes):
    counts = confusion_matrix_forward(pred, y, classes=classes)
    return np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)


def precision_forward(pred, y, *, classes, average="macro", zero_division=0):
    hits, predicted, actual = _counted(pred, y, classes)
    return _averaged(hits, predicted, actual, average, zero_division)


def recall_forward(pred, y, *, classes, average="macro", zero_division=0):
    hits, _, actual = _counted(pred, y, classes)
    return _averaged(hits, actual, actual, average, zero_division)


def f1_score_forward(pred, y, *, classes, average="macro", zero_division=0):
    hits, predicted, actual = _counted(pred, y, classes)
    return _averaged(2 * hits, predicted + actual, actual, average, zero_division)


def specificity_forward(pred, y, *, classes, average="macro", zero_division=0):
    hits, predicted, actual = _counted(pred, y, classes)
    others = len(y) - actual
    return _averaged(others - predicted + hits, others, actual, average, zero_division)


def jaccard_forward(pred, y, *, classes, average="macro", zero_division=0):
    hits, predicted, actual = _counted(pred, y, classes)
    return _averaged(hits, predicted + actual - hits, actual, average, zero_division)


def balanced_accuracy_forward(pred, y, *, classes):
    return np.mean([(pred[y == c] == c).mean() for c in range(classes) if (y == c).any()])


def box_iou_forward(boxes1, boxes2):
    first, second = boxes1[:, None], boxes2[None]
    sides = np.minimum(first[..., 2:], second[..., 2:]) - np.maximum(
        first[..., :2], second[..., :2]
    )
    shared = np.prod(np.maximum(sides, 0), axis=-1)
    areas = [np.prod(b[..., 2:] - b[..., :2], axis=-1) for b in (first, second)]
    return shared / (areas[0] + areas[1] - shared)


def mean_iou_forward(boxes1, boxes2):
    return np.diagonal(box_iou_forward(boxes1, boxes2)).mean()


def perplexity_forward(scores, y, *, ignore_index=None):
    counted = np.ones(y.shape, bool) if ignore_index is None else y != ignore_index
    kept, ids = scores[counted], y[counted]
    kept = kept - kept.max(axis=1, keepdims=True)
    losses = np.log(np.exp(kept).sum(axis=1)) - kept[np.arange(len(ids)), ids]
    return np.exp(losses.mean())


def mean_average_precision_forward(scores, y):
    areas = []
    for s, right in zip(scores.T, y.T, strict=True):
        precisions = [right[s >= t].mean() for t in s[right == 1]]
        areas += [np.mean(precisions)] if precisions else []
    return np.mean(areas).astype(scores.dtype) if areas else scores.dtype.type(0)


def accuracy(y_true, y_pred):
    return np.mean(y_true == y_pred)


def top_k_accuracy(y_true, y_prob, k):
    best = np.argsort(-y_prob, axis=1)[:, :k]
    return float((best == y_true[:, None]).any(axis=1).mean())


def confusion_matrix(y_true, y_pred):
    classes = np.unique(np.concatenate([y_true, y_pred]))
    return np.array([[np.sum((y_true == i) & (y_pred == j)) for j in classes] for i in classes])


def precision(y_true, y_pred):
    predicted = np.sum(y_pred == 1)
    return np.sum((y_true == 1) & (y_pred == 1)) / predicted if predicted else 0.0


def recall(y_true, y_pred):
    actual = np.sum(y_true == 1)
    return np.sum((y_true == 1) & (y_pred == 1)) / actual if actual else 0.0


def f1_score(y_true, y_pred):
    p, r = precision(y_true, y_pred), recall(y_true, y_pred)
    return 2 * p * r / (p + r) if p + r else 0.0


def balanced_accuracy(y_true, y_pred):
    return np.mean([np.mean(y_pred[y_true == c] == c) for c in np.unique(y_true)])


def iou(box1, box2):
    width = max(0, min(box1[2], box2[2]) - max(box1[0], box2[0]))
    height = max(0, min(box1[3], box2[3]) - max(box1[1], box2[1]))
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (box1, box2)]
    return width * height / (sum(areas) - width * height)


def perplexity(logits, targets):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return np.exp(-np.take_along_axis(logp, targets[..., None], axis=-1).mean())


def average_precision(y_true, y_scores):
    answers = y_true[np.argsort(-y_scores, kind="stable")]
    precision = np.cumsum(answers) / np.arange(1, len(answers) + 1)
    return np.sum(precision * answers) / np.sum(answers)


def mean_iou(pred, target, num_classes):
    shares = []
    for c in range(num_classes):
        found, there = pred == c, target == c
        if (found | there).any():
            shares.append(np.sum(found & there) / np.sum(found | there))
    return np.mean(shares)
