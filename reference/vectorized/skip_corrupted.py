"""A batch of what can be read of a data set: samples are written where they belong as they come."""

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
    out, labels, kept = None, np.zeros(N, np.int64), 0
    for n in range(N):
        sample = _read(dataset, n)
        if sample is None:
            continue
        check_sample(n, sample)
        x, labels[kept] = sample
        if out is None:
            out = np.empty((N, *x.shape), x.dtype)
        check_alike(n, x, out[0])
        out[kept] = x
        kept += 1
    if out is None:
        return None, None, N
    return out[:kept].copy(), labels[:kept].copy(), N - kept


def _read(dataset: Any, n: int) -> Any:
    try:
        return dataset[n]
    except Exception:
        return None
