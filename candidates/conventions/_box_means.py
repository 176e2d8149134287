"""The mean intersection over union of pairs of boxes: `mean_iou(pred_boxes, true_boxes)`.

The n-th box of one belongs to the n-th of the other. What looks for the best partner of each box is
another measure, and is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from candidates.conventions._metrics import Form, Metric, number
from properties.plain import given

Arrays = Mapping[str, np.ndarray]
Call = Callable[..., Any]

NAMES = """
    mean_iou mean_IoU average_iou avg_iou compute_mean_iou calculate_mean_iou mean_box_iou
    mean_bbox_iou box_mean_iou
"""
ROLES = {
    "boxes1": "boxes1 boxes_1 pred_boxes predicted_boxes boxes_pred bboxes1 boxes_a pred_bboxes "
    "predicted_bboxes boxes_annotator1 predictions",
    "boxes2": "boxes2 boxes_2 true_boxes gt_boxes target_boxes boxes_true boxes_gt bboxes2 boxes_b "
    "gt_bboxes true_bboxes target_bboxes ground_truth_boxes boxes_annotator2 ground_truths",
}


def of(box: Callable[[np.ndarray], Any]) -> Call:
    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> float:
        result = given(function(**{name: box(boxes) for name, boxes in inputs.items()}))
        if isinstance(result, tuple) and result:
            result = result[0]
        return number(result)

    return call


def lists(boxes: np.ndarray) -> list[tuple[float, ...]]:
    return [tuple(corners) for corners in boxes.tolist()]


PAIRS: Arrays = {
    "boxes1": np.array([[0.0, 0, 4, 2], [2, 1, 6, 5], [10, 10, 12, 13]]),
    "boxes2": np.array([[2.0, 1, 6, 5], [2, 1, 6, 4], [10, 10, 12, 12]]),
}
MEAN = (2 / 22 + 12 / 16 + 4 / 6) / 3
OTHERS = {
    (2 / 18 + 1 + 4 / 6) / 3: "it looks for the best partner of each box",
    (1 + 12 / 16 + 4 / 6) / 3: "it looks for the best partner of each box",
    (6 / 34 + 20 / 25 + 9 / 12) / 3: "it counts whole pixels, both ends included",
}


def forms() -> list[Form]:
    found = []
    for box, words in ((np.copy, ""), (lists, "of lists")):
        domain = {"regime": ("integers",)}
        call = of(box)
        found.append(Form("boxes1 boxes2", call, {}, PAIRS, MEAN, domain, words, spare=True))
        for value, why in OTHERS.items():
            found.append(Form("boxes1 boxes2", call, {}, PAIRS, value, why=why))
    return found


MEAN_IOU = Metric(
    "mean_iou",
    NAMES,
    ROLES,
    forms(),
    """`mean_iou(boxes1, boxes2)`: corners (N, 4) of boxes in pairs, arrays or lists.

    Corners are whole numbers. Also where the shares of the pairs come as a second result.
    """,
)
SPELLINGS = MEAN_IOU.spellings
