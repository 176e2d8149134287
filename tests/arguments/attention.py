from __future__ import annotations

import numpy as np

Q, K, V = np.ones((2, 3, 4)), np.ones((2, 5, 4)), np.ones((2, 5, 6))
MASK = np.ones((3, 5), bool)

BAD = [
    ((Q[0, 0], K, V), {}, ValueError, "q must have shape"),
    ((Q.tolist(), K, V), {}, TypeError, "q must be a floating-point NumPy array, got list"),
    ((Q, K[:1], V), {}, ValueError, r"k must have shape \(2, 5, 4\)"),
    ((Q, K[..., :3], V), {}, ValueError, r"k must have shape \(2, 5, 4\)"),
    ((Q[..., :0], K[..., :0], V), {}, ValueError, "q must have at least one feature"),
    ((Q, K, V[:, :4]), {}, ValueError, r"v must have shape \(2, 5, 6\)"),
    ((Q, K, V.astype(np.float32)), {}, TypeError, "v must have the dtype of q"),
    ((Q, K, V), {"mask": MASK * 1.0}, TypeError, "mask must be a boolean .* array of float64"),
    ((Q, K, V), {"mask": [True]}, TypeError, "mask must be a boolean .* got list"),
    ((Q, K, V), {"mask": MASK.T}, ValueError, "mask must have a shape that broadcasts to"),
    ((Q, K, V), {"mask": MASK[None, None]}, ValueError, "mask must have a shape that broadcasts"),
    ((Q, K, V), {"causal": 1}, TypeError, "causal must be a bool"),
    ((Q, K, V), {"scale": "1"}, TypeError, "scale must be a number or None"),
]

DEFAULTS = {"mask": None, "causal": False, "scale": None}
