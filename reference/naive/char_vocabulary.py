"""The characters of a text and their ids, one character at a time."""

from __future__ import annotations

import numpy as np

from reference._text_arguments import check_char_vocabulary


def char_vocabulary_forward(text: str, *, order: str = "sorted") -> tuple[np.ndarray, np.ndarray]:
    """`torch.unique(text, return_inverse=True)`: the characters of a text, each once, and its ids.

    text a str. Returns the vocabulary (V,), code points of the characters, sorted by them or in the
    order in which they occur first, and the ids (N,): the text's characters as places in the
    vocabulary. Both int64. Raises TypeError and ValueError on bad arguments.
    """
    check_char_vocabulary(text, order)
    found: list[str] = []
    for character in text:
        if character not in found:
            found.append(character)
    if order == "sorted":
        found.sort()
    ids = np.zeros(len(text), np.int64)
    for n, character in enumerate(text):
        ids[n] = found.index(character)
    return np.array([ord(character) for character in found], np.int64), ids
