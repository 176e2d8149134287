from __future__ import annotations

import numpy as np

X = np.ones((2, 3, 5, 6))
W = np.ones((3, 3, 3, 3))
F = np.ones(3)
MAIN = (W, F, F, W, F, F)
SKIP = np.ones((3, 3, 1, 1))

BAD = [
    ((X.tolist(), *MAIN), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ((X[0], *MAIN), {}, ValueError, r"x must have shape \(N, C, H, W\), got \(3, 5, 6\)"),
    ((X, W[0], *MAIN[1:]), {}, ValueError, r"w1 must have shape \(F, C, 3, 3\)"),
    ((X, W[:, :, :1], *MAIN[1:]), {}, ValueError, r"w1 must have shape \(3, 3, 3, 3\)"),
    ((X, W, F, F, W[:, :2], F, F), {}, ValueError, r"w2 must have shape \(3, 3, 3, 3\)"),
    ((X, W, F[:2], F, W, F, F), {}, ValueError, r"gamma1 must have shape \(3,\), got \(2,\)"),
    ((X, W, F, None, W, F, F), {}, TypeError, "beta1 must be a floating-point .* got NoneType"),
    ((X, W, F, F, W.astype(np.float32), F, F), {}, TypeError, "w2 must have the dtype of x"),
    ((X, *MAIN, SKIP, F), {}, ValueError, "all given or all None, got None for .'beta_skip'."),
    ((X, *MAIN, W, F, F), {}, ValueError, r"w_skip must have shape \(3, 3, 1, 1\)"),
    ((X, *MAIN, SKIP, F, F[:1]), {}, ValueError, r"beta_skip must have shape \(3,\)"),
    ((X, *MAIN), {"stride": 2}, ValueError, "w_skip must be given where stride is not 1"),
    ((X[:, :2], W[:, :2], *MAIN[1:]), {}, ValueError, "got None for stride 1, 2 channels and 3"),
    ((X, *MAIN, SKIP, F, F), {"stride": 0}, ValueError, "stride must be at least 1, got 0"),
    ((X, *MAIN, SKIP, F, F), {"stride": (2, 2)}, TypeError, "stride must be an int"),
    ((X, *MAIN), {"eps": -0.5}, ValueError, "eps must be at least 0, got -0.5"),
    ((X[:1, :, :1, :1], *MAIN), {}, ValueError, "x must have more than 1 value per channel"),
]

DEFAULTS = {"w_skip": None, "gamma_skip": None, "beta_skip": None, "stride": 1, "eps": 1e-05}
