"""A batch through frozen batch norms: all of them and all channels at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._freeze_batch_norm_arguments import NORMS, Layer, check_freeze_batch_norm

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
    modes = np.array([mode for _, kind, mode, _ in checked if kind == "Dropout"], bool)
    learning = [(k in NORMS, learns) for _, k, _, learns in checked if k != "Dropout"]
    is_norm, trained = np.array(learning, bool).reshape(-1, 2).T
    trained = np.where(is_norm & affine, not frozen, trained)
    means, variances = running_mean.copy(), running_var.copy()
    mean, var = means, variances
    if not frozen:
        mean, var = np.broadcast_to(x.mean((0, 2)), means.shape), x.var((0, 2))
        unbiased = x.var((0, 2), ddof=1)
        means += momentum * (mean - means)
        variances += momentum * (unbiased - variances)
    scale = gamma / np.sqrt(var + eps)
    out = (x - mean[:, None, :, None]) * scale[:, None, :, None] + beta[:, None, :, None]
    return out, means, variances, modes, trained
