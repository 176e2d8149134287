"""Mean intersection over union of pairs of boxes, all pairs at once."""

from __future__ import annotations

import numpy as np

from reference._metric_arguments import check_mean_iou
from reference.vectorized._boxes import overlaps


def mean_iou_forward(boxes1: np.ndarray, boxes2: np.ndarray) -> np.ndarray:
    """The mean of the diagonal of `torchvision.ops.box_iou`.

    boxes1, boxes2 (N, 4), N at least 1: corners (x1, y1, x2, y2), x1 <= x2 and y1 <= y2, of one
    dtype; the n-th of one belongs to the n-th of the other. The mean is a 0-d array in that dtype,
    from 0 to 1. Boxes that do not meet share nothing, and so do two without any area. Raises
    TypeError and ValueError on bad arguments.
    """
    check_mean_iou(boxes1, boxes2)
    return np.asarray(overlaps(boxes1, boxes2).mean(), boxes1.dtype)
