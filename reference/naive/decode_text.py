"""The text of ids, one id at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._text_arguments import check_decode_text, codes


def decode_text_forward(
    ids: np.ndarray, vocabulary: Sequence[str], *, separator: str = ""
) -> np.ndarray:
    """The tokens of ids, joined: the inverse of `encode_text`.

    ids (N,) integers; vocabulary a str of characters or a tuple of words, every token once; the
    separator stands between two tokens. Returns the code points (L,) int64 of the text. Raises
    TypeError and ValueError on bad arguments, an id without a token among them.
    """
    check_decode_text(ids, vocabulary, separator)
    text = ""
    for n, place in enumerate(ids):
        between = separator if n else ""
        text += between + vocabulary[place]
    return codes(text)
