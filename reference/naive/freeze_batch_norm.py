"""A batch through frozen batch norms, one channel at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._freeze_batch_norm_arguments import Layer, check_freeze_batch_norm

Results = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def freeze_batch_norm_forward(
    x: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    *,
    layers: Sequence[Layer],
    frozen: bool = True,
    affine: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Results:
    """A batch through a model whose B batch norms are frozen: out (B, N, C, L), and what is left.

    layers (path, kind, mode, learns): BatchNorm1d, 2d and 3d, Conv2d and Dropout; mode is whether
    the layer is in training, learns whether its parameters have `requires_grad`. Freezing puts the
    batch norms alone into evaluation, wherever they are, and stops their parameters too if `affine`
    (frozen=False does the reverse): `for m in model.modules(): m.eval()`, if m is a batch norm.
    Then x (N, C, L) goes through each of them as it is; the other arrays are (B, C).
    Returns out, running_mean, running_var (B, C), which dropouts are in training, and which layers
    with parameters learn, in order. Raises TypeError and ValueError on bad arguments.
    """
    arrays = {
        "x": x,
        "running_mean": running_mean,
        "running_var": running_var,
        "gamma": gamma,
        "beta": beta,
    }
    checked, momentum, eps = check_freeze_batch_norm(arrays, layers, frozen, affine, momentum, eps)
    N, C, L = x.shape
    count = N * L
    norms = sum(kind.startswith("BatchNorm") for _, kind, _, _ in checked)
    out = np.zeros((norms, N, C, L), x.dtype)
    means, variances = running_mean.copy(), running_var.copy()
    modes, trained = [], []
    b = 0
    for _path, kind, mode, learns in checked:
        if kind.startswith("BatchNorm"):
            mode = not frozen
            learns = not frozen if affine else learns
        if kind == "Dropout":
            modes.append(mode)
            continue
        trained.append(learns)
        if kind == "Conv2d":
            continue
        for c in range(C):
            mean, var = means[b, c], variances[b, c]
            if mode:
                mean = x[:, c].sum() / count
                var = ((x[:, c] - mean) ** 2).sum() / count
                unbiased = var * count / (count - 1)
                means[b, c] = (1 - momentum) * means[b, c] + momentum * mean
                variances[b, c] = (1 - momentum) * variances[b, c] + momentum * unbiased
            out[b, :, c] = (x[:, c] - mean) / np.sqrt(var + eps) * gamma[b, c] + beta[b, c]
        b += 1
    return out, means, variances, np.array(modes, bool), np.array(trained, bool)
