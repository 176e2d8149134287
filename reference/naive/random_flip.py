"""Images mirrored at random, one at a time."""

from __future__ import annotations

import numpy as np

from reference._image_arguments import check_random_flip


def random_flip_forward(
    x: np.ndarray, flips: np.ndarray | None = None, *, p: float = 0.5, seed: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """`torchvision.transforms.v2.RandomHorizontalFlip`: left and right exchanged where `flips`.

    x (N, C, H, W). Returns (out, flips): the images, and the bool array (N,) that is True where one
    is mirrored. `flips` that are given are used as they are; otherwise each is True with
    probability p, from a generator of its own, seeded with `seed` (None: by the system). Raises
    TypeError and ValueError on bad arguments.
    """
    p = check_random_flip(x, flips, p, seed)
    if flips is None:
        flips = np.random.default_rng(seed).random(len(x)) < p
    N, C, H, W = x.shape
    out = np.zeros((N, C, H, W), x.dtype)
    for n in range(N):
        for j in range(W):
            k = W - 1 - j if flips[n] else j
            out[n, :, :, j] = x[n, :, :, k]
    return out, flips.copy()
