from __future__ import annotations

import re

import numpy as np

X = np.ones((2, 3, 1))
NORM = ("bn", "BatchNorm2d", True, True)
ROW = np.ones((1, 3))
ALL = (X, ROW, ROW, ROW, ROW)


def laid(*layers, **others):
    return {"layers": layers, **others}


ROWS = [
    (ALL, {"layers": "bn"}, TypeError, "layers must be a tuple of layers, got str"),
    (ALL, laid(("bn", "BatchNorm2d")), ValueError,
     "layers[0] must be (path, kind, mode, learns), got ('bn', 'BatchNorm2d')"),
    (ALL, laid(NORM, NORM), ValueError, "layers[1] must have a path of its own, got 'bn'"),
    (ALL, laid(("bn", "LayerNorm", True, True)), ValueError,
     "the kind of bn must be one of ('BatchNorm1d', 'BatchNorm2d', 'BatchNorm3d', 'Conv2d', "
     "'Dropout'), got 'LayerNorm'"),
    (ALL, laid(("bn", "BatchNorm2d", 1, True)), TypeError, "the mode of bn must be a bool, got 1"),
    (ALL, laid(("bn", "BatchNorm2d", True, None)), TypeError,
     "whether bn learns must be a bool, got None"),
    (ALL, laid(NORM, frozen=1), TypeError, "frozen must be a bool, got 1"),
    (ALL, laid(NORM, affine=None), TypeError, "affine must be a bool, got None"),
    (ALL, laid(NORM, momentum="a"), TypeError, "momentum must be a number, got 'a'"),
    (ALL, laid(NORM, eps=-1), ValueError, "eps must be at least 0, got -1"),
    ((X[:1], *ALL[1:]), laid(NORM), ValueError,
     "x must have more than one value per channel, got shape (1, 3, 1)"),
    ((X[0], *ALL[1:]), laid(NORM), ValueError, "x must have shape (N, C, L), got (3, 1)"),
    ((X, ROW[:, :2], *ALL[2:]), laid(NORM), ValueError,
     "running_mean must have shape (1, 3), got (1, 2)"),
    ((*ALL[:4], ROW.astype(np.float32)), laid(NORM), TypeError,
     "beta must have the dtype of x, float64, got float32"),
]  # fmt: skip
BAD = [(given, options, error, re.escape(words)) for given, options, error, words in ROWS]

DEFAULTS = {"frozen": True, "affine": False, "momentum": 0.1, "eps": 1e-5}
