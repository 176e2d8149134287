"""Intersection over union of boxes, one pair at a time."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_boxes


def box_iou_forward(boxes1: np.ndarray, boxes2: np.ndarray) -> np.ndarray:
    """`torchvision.ops.box_iou`: what two boxes share, divided by what they cover together.

    boxes1 (N, 4), boxes2 (M, 4) corners (x1, y1, x2, y2), x1 <= x2 and y1 <= y2, of one dtype. The
    output is (N, M) in that dtype, from 0 to 1; N and M may be 0. Boxes that do not meet share
    nothing, and so do two without any area (torchvision gives nan for 0 / 0). Raises TypeError
    and ValueError on bad arguments.
    """
    check_boxes(boxes1, boxes2)
    iou = np.zeros((len(boxes1), len(boxes2)), boxes1.dtype)
    for i, (x1, y1, x2, y2) in enumerate(boxes1):
        for j, (u1, v1, u2, v2) in enumerate(boxes2):
            width = max(min(x2, u2) - max(x1, u1), 0)
            height = max(min(y2, v2) - max(y1, v1), 0)
            shared = width * height
            union = (x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - shared
            iou[i, j] = shared / union if shared else 0
    return iou
