from __future__ import annotations

import numpy as np

IDS = np.array([[0, 3], [1, 1]])

BAD = [
    ((IDS * 1.0,), {}, TypeError, "ids must be an integer NumPy array, got an array of float64"),
    (([0, 1],), {}, TypeError, "ids must be an integer NumPy array, got list"),
    ((IDS, 3), {}, ValueError, "ids must be at least 0 and below num_classes, 3, got 3"),
    ((np.array([7, 9]), 3), {}, ValueError, "below num_classes, 3, got 7"),
    ((IDS - 1,), {}, ValueError, "ids must be at least 0 and below num_classes, 3, got -1"),
    ((IDS, 0), {}, ValueError, "num_classes must be -1 .* or at least 1, got 0"),
    ((IDS, -2), {}, ValueError, "num_classes must be at least -1, got -2"),
    ((IDS, 4.0), {}, TypeError, "num_classes must be an int, got 4.0"),
    ((IDS[:0],), {}, ValueError, r"num_classes must be given where there is no id, got ids \(0, 2"),
]

DEFAULTS = {"num_classes": -1}
