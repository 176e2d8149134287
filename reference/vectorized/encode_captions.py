"""The ids of captions: rows of padding, in which each caption is one assignment."""

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
    places = {word: place for place, word in enumerate(words)}
    ids = np.full((len(captions), length), places[NULL], np.int64)
    for row, caption in zip(ids, captions, strict=True):
        found = [places.get(word, places[UNKNOWN]) for word in caption.split()[: length - 2]]
        row[: len(found) + 2] = [places[START], *found, places[END]]
    return ids
