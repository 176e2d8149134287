"""A window of ids and the ids that follow them: two slices."""

from __future__ import annotations

import numpy as np

from reference._text_arguments import check_shifted_targets


def shifted_targets_forward(
    ids: np.ndarray, *, start: int, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """What a language model reads at a place, and what it has to predict there.

    ids (T, ...) integers, time first. Returns inputs, ids[start : start + n], and targets,
    ids[start + 1 : start + 1 + n], both (n, ...), where n is `length` or, at the end, the number of
    ids that have a next one. The form of PyTorch's word_language_model (`get_batch`). Raises
    TypeError and ValueError on bad arguments.
    """
    n = check_shifted_targets(ids, start, length)
    return ids[start : start + n].copy(), ids[start + 1 : start + 1 + n].copy()
