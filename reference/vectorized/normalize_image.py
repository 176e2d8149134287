"""Images normalised channel by channel: the division is done where the differences stand."""

from __future__ import annotations

import numpy as np

from reference._image_arguments import check_normalize_image


def normalize_image_forward(x: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """`torchvision.transforms.v2.functional.normalize`: (x - mean) / std of each channel.

    x (..., C, H, W), mean and std (C,), std above 0 and of the dtype of x; the output has the shape
    of x. Raises TypeError and ValueError on bad arguments.
    """
    check_normalize_image(x, mean, std)
    out = x - mean[:, None, None]
    out /= std[:, None, None]
    return out
