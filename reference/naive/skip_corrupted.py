"""A batch of what can be read of a data set, one sample at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._dataset_arguments import check_alike, check_dataset, check_sample


def skip_corrupted_forward(dataset: Any) -> tuple[np.ndarray | None, np.ndarray | None, int]:
    """The samples that can be read as one batch (`torch.utils.data.default_collate`), and a count.

    `dataset[n]` is a pair (x, y) of an array (...) and an int, or None for a sample that is
    corrupted; it may raise any Exception as well. Returns x (N, ...) and y (N,) of the others in
    their order, and how many were skipped; x and y are None where nothing is left. Raises TypeError
    and ValueError on bad arguments.
    """
    N = check_dataset(dataset)
    xs, ys = [], []
    skipped = 0
    for n in range(N):
        try:
            sample = dataset[n]
        except Exception:
            sample = None
        if sample is None:
            skipped += 1
            continue
        check_sample(n, sample)
        x, y = sample
        xs.append(x)
        ys.append(y)
        check_alike(n, x, xs[0])
    if not xs:
        return None, None, skipped
    return np.stack(xs), np.array(ys), skipped
