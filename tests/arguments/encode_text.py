from __future__ import annotations

BAD = [
    ((b"ab", "ab"), {}, TypeError, "text must be a str or a tuple of words, got bytes"),
    ((("a", 1), ("a", "b")), {}, TypeError, "text must hold words, got 1"),
    (("ab", {"a": 0, "b": 1}), {}, TypeError, "vocabulary must be a str or a tuple .* got dict"),
    (("ab", "aba"), {}, ValueError, "vocabulary must hold every token once, got 'a' twice"),
    (("abc", "ab"), {}, ValueError, "text must consist of tokens of the vocabulary, got 'c'"),
    ((("ab",), ("a", "b")), {}, ValueError, "text must consist of tokens .* got 'ab'"),
    (("ab", "ab"), {"unknown": "?"}, ValueError, "unknown must be None or one .* got '\\?'"),
]

DEFAULTS = {"unknown": None}
