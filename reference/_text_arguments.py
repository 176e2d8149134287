"""The checked arguments of text and ids of it, shared by both paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reference._arguments import integer, integers
from reference._metric_arguments import one_of

ORDERS = ("sorted", "first")
LASTS = ("row", "next", "window", "zero")

NULL, START, END, UNKNOWN = SPECIAL = ("<NULL>", "<START>", "<END>", "<UNK>")
"""What stands in captions for padding, their beginning and end, and a word that is not known."""

PAD = -1  # behind the end of a text, in an array of several


def codes(text: str) -> np.ndarray:
    """The code points of a text, (N,) int64: how text is given back."""
    return np.array([ord(character) for character in text], np.int64)


def stacked(texts: Sequence[str]) -> np.ndarray:
    """The code points of several texts, (N, longest), with -1 behind their ends."""
    out = np.full((len(texts), max(map(len, texts), default=0)), PAD, np.int64)
    for row, text in zip(out, texts, strict=True):
        row[: len(text)] = codes(text)
    return out


def check_text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, got {type(value).__name__}")
    return value


def check_char_vocabulary(text: Any, order: Any) -> None:
    """Refuse what is no text, or another order than those there are."""
    check_text("text", text)
    one_of("order", order, ORDERS)


def check_tokens(name: str, value: Any) -> Sequence[str]:
    """A text, whose tokens are its characters, or a tuple or list of words."""
    if isinstance(value, str):
        return value
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{name} must be a str or a tuple of words, got {type(value).__name__}")
    for word in value:
        if not isinstance(word, str):
            raise TypeError(f"{name} must hold words, got {word!r}")
    return value


def check_vocabulary(name: str, value: Any) -> Sequence[str]:
    """Tokens without repetition."""
    tokens = check_tokens(name, value)
    seen: set[str] = set()
    for token in tokens:
        if token in seen:
            raise ValueError(f"{name} must hold every token once, got {token!r} twice")
        seen.add(token)
    return tokens


def check_encode_text(text: Any, vocabulary: Any, unknown: Any) -> int | None:
    """The id of tokens that are not known, None where every token is."""
    check_tokens("text", text)
    tokens = check_vocabulary("vocabulary", vocabulary)
    if unknown is not None and unknown not in tokens:
        raise ValueError(f"unknown must be None or one of the vocabulary, got {unknown!r}")
    known = set(tokens)
    for token in text:
        if unknown is None and token not in known:
            raise ValueError(f"text must consist of tokens of the vocabulary, got {token!r}")
    return None if unknown is None else tokens.index(unknown)


def check_places(name: str, ids: np.ndarray, count: int) -> None:
    """Refuse ids that are not below `count`."""
    wrong = ids[(ids < 0) | (ids >= count)]
    if wrong.size:
        raise ValueError(f"{name} must be at least 0 and below {count}, got {wrong[0]}")


def check_decode_text(ids: Any, vocabulary: Any, separator: Any) -> None:
    """Refuse ids that have no token."""
    check_text("separator", separator)
    integers("ids", ids, "N")
    check_places("ids", ids, len(check_vocabulary("vocabulary", vocabulary)))


def check_decode_captions(captions: Any, words: Any) -> None:
    """Refuse ids that have no word."""
    integers("captions", captions, "T", "N T")
    if not captions.shape[-1]:
        raise ValueError(f"captions must have at least one id each, got {captions.shape}")
    check_places("captions", captions, len(check_vocabulary("words", words)))


def check_encode_captions(captions: Any, words: Any, length: Any) -> int:
    """The length. Raises TypeError or ValueError naming the bad argument."""
    if isinstance(captions, str):
        raise TypeError(f"captions must be a tuple of texts, got the str {captions!r}")
    check_tokens("captions", captions)
    known = check_vocabulary("words", words)
    for special in SPECIAL:
        if special not in known:
            raise ValueError(f"words must hold {special}, got {tuple(known)}")
    return integer("length", length, 2)


def check_shifted_targets(ids: Any, start: Any, length: Any) -> int:
    """How many ids there are for a window: `length`, or what is left with a target."""
    integers("ids", ids, "T ...")
    start, length = integer("start", start, 0), integer("length", length, 1)
    left = len(ids) - 1 - start
    if left < 1:
        raise ValueError(f"start must be below {len(ids) - 1} for {len(ids)} ids, got {start}")
    return min(length, left)


def check_sequence_batches(ids: Any, batch: Any, length: Any, last: Any) -> int:
    """The number of batches that the ids are enough for."""
    integers("ids", ids, "N")
    window = integer("batch", batch, 1) * integer("length", length, 1)
    one_of("last", last, LASTS)
    if len(ids) < window:
        raise ValueError(f"ids must be at least batch x length = {window}, got {len(ids)}")
    return len(ids) // window
