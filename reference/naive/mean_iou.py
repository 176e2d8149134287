"""Mean intersection over union of pairs of boxes, one pair at a time."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_mean_iou


def mean_iou_forward(boxes1: np.ndarray, boxes2: np.ndarray) -> np.ndarray:
    """The mean of the diagonal of `torchvision.ops.box_iou`.

    boxes1, boxes2 (N, 4), N at least 1: corners (x1, y1, x2, y2), x1 <= x2 and y1 <= y2, of one
    dtype; the n-th of one belongs to the n-th of the other. The mean is a 0-d array in that dtype,
    from 0 to 1. Boxes that do not meet share nothing, and so do two without any area. Raises
    TypeError and ValueError on bad arguments.
    """
    check_mean_iou(boxes1, boxes2)
    ious = []
    for (x1, y1, x2, y2), (u1, v1, u2, v2) in zip(boxes1, boxes2, strict=True):
        width = max(min(x2, u2) - max(x1, u1), 0)
        height = max(min(y2, v2) - max(y1, v1), 0)
        shared = width * height
        union = (x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - shared
        ious.append(shared / union if shared else 0)
    return np.asarray(sum(ious) / len(ious), boxes1.dtype)
