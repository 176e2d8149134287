"""Gradient centralization, one output at a time."""

from __future__ import annotations

import numpy as np

from reference._gradient_centralization_arguments import check_gradient


def gradient_centralization_forward(dw: np.ndarray) -> np.ndarray:
    """Gradient centralization (Yong et al. 2020): the mean of each output's weights taken off.

    dw of any shape, its first axis that of the outputs, as in `torch.nn.Linear` and `Conv2d`;
    returns a new array. Vectors and scalars (biases) stay as they are. In torch:
    `dw - dw.mean(dim=tuple(range(1, dw.ndim)), keepdim=True)`. Raises TypeError on a bad argument.
    """
    check_gradient(dw)
    out = dw.copy()
    if dw.ndim > 1:
        for m in range(len(dw)):
            out[m] -= np.sum(dw[m]) / max(dw[m].size, 1)
    return out
