from __future__ import annotations

import numpy as np

X, Y = np.ones((2, 3)), np.ones((2, 3))
GRAPH = (("add", (0, 1), None),)
GOOD = (X, Y, X, X, Y)


def _with(graph):
    return GOOD, {"graph": graph}


BAD = [
    (*_with(()), ValueError, r"graph must have at least one step, got \(\)"),
    (*_with("add"), ValueError, "graph must have at least one step, got 'add'"),
    (*_with(3), ValueError, "graph must have at least one step, got 3"),
    (*_with((("add", (0, 1)),)), ValueError, r"graph\[0\] must be \(operation, operands, param"),
    (*_with(("add",)), ValueError, r"graph\[0\] must be \(operation, operands, param"),
    (*_with((5,)), ValueError, r"graph\[0\] must be \(operation, operands, param"),
    (*_with((*GRAPH, ("sub", (0, 1), None))), ValueError, r"graph\[1\] must be .* got 'sub'"),
    (*_with((("add", (0,), None),)), ValueError, r"add takes 2 of .* 0 to 1, got \(0,\)"),
    (*_with((("exp", (0, 1), None),)), ValueError, r"exp takes 1 of .* 0 to 1, got \(0, 1\)"),
    (*_with((("exp", (2,), None),)), ValueError, r"exp takes 1 of .* 0 to 1, got \(2,\)"),
    (*_with((("exp", (-1,), None),)), ValueError, r"exp takes 1 of .* 0 to 1, got \(-1,\)"),
    (*_with((*GRAPH, ("exp", (3,), None))), ValueError, r"graph\[1\]: exp .* 0 to 2, got"),
    (([1.0], Y, X, X, Y), {"graph": GRAPH}, TypeError, "x must be a floating-point"),
    ((X, [1.0], X, X, Y), {"graph": GRAPH}, TypeError, "y must be a floating-point"),
    ((X, Y, [1.0], X, Y), {"graph": GRAPH}, TypeError, "v must be a floating-point"),
    ((X, Y, X, [1.0], Y), {"graph": GRAPH}, TypeError, "ux must be a floating-point"),
    ((X, Y, X, X, [1.0]), {"graph": GRAPH}, TypeError, "uy must be a floating-point"),
    ((X, Y, X[0], X, Y), {"graph": GRAPH}, ValueError, r"v must have shape \(2, 3\)"),
    ((X, Y, X, X[0], Y), {"graph": GRAPH}, ValueError, r"ux must have shape \(2, 3\)"),
    ((X, Y, X, X, Y[0]), {"graph": GRAPH}, ValueError, r"uy must have shape \(2, 3\)"),
    ((X, Y.astype("f4"), X, X, Y.astype("f4")), {"graph": GRAPH}, TypeError, "dtype"),
    ((X, Y, X, X.astype("f4"), Y), {"graph": GRAPH}, TypeError, "dtype"),
    ((X, Y, X, X, Y.astype("f4")), {"graph": GRAPH}, TypeError, "dtype"),
    ((X, Y, X.astype("f4"), X, Y), {"graph": GRAPH}, TypeError, "dtype"),
]

DEFAULTS = {}
