"""Intersection over union of boxes, all pairs at once by broadcasting."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_boxes
from reference.vectorized._boxes import overlaps


def box_iou_forward(boxes1: np.ndarray, boxes2: np.ndarray) -> np.ndarray:
    """`torchvision.ops.box_iou`: what two boxes share, divided by what they cover together.

    boxes1 (N, 4), boxes2 (M, 4) corners (x1, y1, x2, y2), x1 <= x2 and y1 <= y2, of one dtype. The
    output is (N, M) in that dtype, from 0 to 1; N and M may be 0. Boxes that do not meet share
    nothing, and so do two without any area (torchvision gives nan for 0 / 0). Raises TypeError
    and ValueError on bad arguments.
    """
    check_boxes(boxes1, boxes2)
    return overlaps(boxes1[:, None], boxes2)
