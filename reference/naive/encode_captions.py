"""The ids of captions, one word at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._text_arguments import END, NULL, START, UNKNOWN, check_encode_captions


def encode_captions_forward(
    captions: Sequence[str], words: Sequence[str], *, length: int
) -> np.ndarray:
    """Captions as CS231n's data has them: <START>, the ids of the words, <END>, and <NULL>s.

    captions a tuple of texts, whose words stand between white space; words a tuple, every word once
    and the four special ones among them: <UNK> stands for each that is not there. Of a longer
    caption the first `length` - 2 words are taken. Returns ids (N, length) int64. Raises TypeError
    and ValueError on bad arguments.
    """
    length = check_encode_captions(captions, words, length)
    ids = np.zeros((len(captions), length), np.int64)
    for n, caption in enumerate(captions):
        tokens = [START, *caption.split()[: length - 2], END]
        padding = [NULL] * (length - len(tokens))
        for t, word in enumerate(tokens + padding):
            ids[n, t] = words.index(word if word in words else UNKNOWN)
    return ids
