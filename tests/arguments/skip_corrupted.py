from __future__ import annotations

import numpy as np

X = np.ones((2, 3))

BAD = [
    ((3,), {}, TypeError, "dataset must have a length and samples by number, got int"),
    ((iter([X]),), {}, TypeError, "dataset must have a length .* got list_iterator"),
    (([(X, 1), X],), {}, TypeError, r"dataset\[1\] must be a pair \(x, y\) or None, got ndarray"),
    (
        ([(X, 1, 2)],),
        {},
        TypeError,
        r"dataset\[0\] must be a pair \(x, y\) or None, got a tuple of 3",
    ),
    (([None, ([1.0], 1)],), {}, TypeError, r"x of dataset\[1\] must be a NumPy array, got list"),
    (([(X, 1.5)],), {}, TypeError, r"y of dataset\[0\] must be an int, got float"),
    (
        ([(X, 1), (X[0], 1)],),
        {},
        ValueError,
        r"x of dataset\[1\] must have shape \(2, 3\), got \(3,\)",
    ),
]

DEFAULTS: dict[str, object] = {}
