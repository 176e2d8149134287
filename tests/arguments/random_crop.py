from __future__ import annotations

import numpy as np

X, AT = np.ones((2, 3, 4, 5)), np.array([0, 2])

BAD = [
    (([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0],), {}, ValueError, r"x must have shape \(N, C, H, W\), got \(3, 4, 5\)"),
    ((X, AT), {}, ValueError, "top and left must be given both or neither, got one of them"),
    ((X, None, AT), {}, ValueError, "top and left must be given both or neither"),
    ((X, AT / 2, AT), {}, TypeError, "top must be an integer NumPy array, got an array of float64"),
    ((X, AT, [0, 1]), {}, TypeError, "left must be an integer NumPy array, got list"),
    ((X, AT[:1], AT), {}, ValueError, r"top must have shape \(2,\), got \(1,\)"),
    ((X, AT + 7, AT), {}, ValueError, "top must be at least 0 and below 9, got 9"),
    ((X, AT, AT - 1), {}, ValueError, "left must be at least 0 and below 9, got -1"),
    ((X, AT, AT), {"size": (4, 12)}, ValueError, "left must be .* below 2, got 2"),
    ((X,), {"size": (13, 1)}, ValueError, r"size must fit in x .* padding 4, got \(13, 1\)"),
    ((X,), {"size": (0, 1)}, ValueError, "size must be at least 1, got 0"),
    ((X,), {"size": 2.0}, TypeError, "size must be an int or a pair of ints, got 2.0"),
    ((X,), {"padding": -1}, ValueError, "padding must be at least 0, got -1"),
    ((X,), {"padding": (1, 1)}, TypeError, r"padding must be an int, got \(1, 1\)"),
    ((X,), {"padding_mode": "wrap"}, ValueError, "padding_mode must be one of .* got 'wrap'"),
    (
        (X,),
        {"padding_mode": "reflect"},
        ValueError,
        r"x must have at least 5 rows and columns for padding 4 in mode 'reflect', got \(2, 3, 4",
    ),
    (
        (X[:, :, :0],),
        {"padding_mode": "edge"},
        ValueError,
        "x must have at least 1 rows and columns for padding 4 in mode 'edge'",
    ),
    ((X,), {"fill": "black"}, TypeError, "fill must be a number, got 'black'"),
    ((X,), {"seed": -1}, ValueError, "seed must be at least 0, got -1"),
]

DEFAULTS = {
    "top": None,
    "left": None,
    "size": None,
    "padding": 4,
    "padding_mode": "constant",
    "fill": 0.0,
    "seed": None,
}
