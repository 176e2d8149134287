"""The characters of a text and their ids: one sort of its code points finds both."""

from __future__ import annotations

import numpy as np

from reference._text_arguments import check_char_vocabulary, codes


def char_vocabulary_forward(text: str, *, order: str = "sorted") -> tuple[np.ndarray, np.ndarray]:
    """`torch.unique(text, return_inverse=True)`: the characters of a text, each once, and its ids.

    text a str. Returns the vocabulary (V,), code points of the characters, sorted by them or in the
    order in which they occur first, and the ids (N,): the text's characters as places in the
    vocabulary. Both int64. Raises TypeError and ValueError on bad arguments.
    """
    check_char_vocabulary(text, order)
    vocabulary, first, ids = np.unique(codes(text), return_index=True, return_inverse=True)
    ids = ids.reshape(-1)
    if order == "sorted":
        return vocabulary, ids
    turned = np.argsort(first)
    places = np.empty_like(turned)
    places[turned] = np.arange(len(turned))
    return vocabulary[turned], places[ids]
