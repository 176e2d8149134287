"""The text of captions: what stands behind the first <END> is masked in all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._text_arguments import END, NULL, check_decode_captions, codes, stacked


def decode_captions_forward(captions: np.ndarray, words: Sequence[str]) -> np.ndarray:
    """CS231n's `decode_captions`: the words of ids, up to and with <END>, without <NULL>.

    captions (N, T) integers, or one of them, (T,); words a tuple, every word once, the one at i
    being that of id i. Words are joined by single spaces. Returns code points (N, L) int64, with -1
    behind the end of what is shorter than the longest, or (L,) for one caption. Raises TypeError
    and ValueError on bad arguments, an id without a word among them.
    """
    check_decode_captions(captions, words)
    ends, nulls = (np.array([word == special for word in words], bool) for special in (END, NULL))
    rows = captions.reshape(-1, captions.shape[-1])
    before = np.cumsum(ends[rows], axis=1) - ends[rows]
    kept = (before == 0) & ~nulls[rows]
    texts = [
        " ".join(map(words.__getitem__, row[keep].tolist()))
        for row, keep in zip(rows, kept, strict=True)
    ]
    return stacked(texts) if captions.ndim == 2 else codes(texts[0])
