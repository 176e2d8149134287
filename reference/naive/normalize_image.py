"""Images normalised channel by channel."""

from __future__ import annotations

import numpy as np

from reference._image_arguments import check_normalize_image


def normalize_image_forward(x: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """`torchvision.transforms.v2.functional.normalize`: (x - mean) / std of each channel.

    x (..., C, H, W), mean and std (C,), std above 0 and of the dtype of x; the output has the shape
    of x. Raises TypeError and ValueError on bad arguments.
    """
    check_normalize_image(x, mean, std)
    out = np.zeros(x.shape, x.dtype)
    for place in np.ndindex(x.shape):
        c = place[-3]
        out[place] = (x[place] - mean[c]) / std[c]
    return out
