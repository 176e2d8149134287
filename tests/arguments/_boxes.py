"""Bad calls of functions of two arrays of boxes."""

from __future__ import annotations

import numpy as np

BOXES = np.array([[0.0, 0.0, 2.0, 1.0], [1.0, 0.0, 3.0, 2.0]])

BAD = [
    (([0.0] * 4, BOXES), {}, TypeError, "boxes1 must be a floating-point .* got list"),
    ((BOXES, BOXES.astype(int)), {}, TypeError, "boxes2 must be a floating-point .* of int64"),
    ((BOXES[0], BOXES), {}, ValueError, r"boxes1 must have shape \(N, 4\), got \(4,\)"),
    ((BOXES, BOXES[:, :3]), {}, ValueError, r"boxes2 must have shape \(N, 4\), got \(2, 3\)"),
    (
        (BOXES[:, ::-1], BOXES),
        {},
        ValueError,
        r"boxes1 must hold boxes with x1 <= x2 and y1 <= y2, got \(1, 2, 0, 0\)",
    ),
    ((BOXES, BOXES[:, [0, 3, 2, 1]]), {}, ValueError, r"boxes2 must hold .* got \(0, 1, 2, 0\)"),
    ((BOXES, BOXES.astype(np.float32)), {}, TypeError, "boxes2 must have the dtype of boxes1"),
]
