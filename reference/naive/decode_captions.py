"""The text of captions, one word at a time."""

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
    texts = []
    for caption in captions.reshape(-1, captions.shape[-1]):
        kept = []
        for place in caption:
            word = words[place]
            if word != NULL:
                kept.append(word)
            if word == END:
                break
        texts.append(" ".join(kept))
    return stacked(texts) if captions.ndim == 2 else codes(texts[0])
