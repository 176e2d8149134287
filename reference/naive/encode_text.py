"""The ids of a text's tokens, one token at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference._text_arguments import check_encode_text


def encode_text_forward(
    text: Sequence[str], vocabulary: Sequence[str], *, unknown: str | None = None
) -> np.ndarray:
    """The place of each token of a text in a vocabulary (`torchtext.vocab.Vocab.forward`).

    text a str, whose tokens are its characters, or a tuple of words; vocabulary likewise, every
    token once. `unknown`, if there is one, is the token of the vocabulary that stands for all that
    are not in it. Returns ids (N,) int64. Raises TypeError and ValueError on bad arguments, a token
    that is not known among them where there is no `unknown`.
    """
    other = check_encode_text(text, vocabulary, unknown)
    ids = np.zeros(len(text), np.int64)
    for n, token in enumerate(text):
        known = token in vocabulary
        place = vocabulary.index(token) if known else other
        assert place is not None  # refused before
        ids[n] = place
    return ids
