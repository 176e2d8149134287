from __future__ import annotations

WORDS = ("<NULL>", "<START>", "<END>", "<UNK>", "cat")
GIVEN = {"length": 4}

BAD = [
    (("a cat", WORDS), GIVEN, TypeError, "captions must be a tuple of texts, got the str 'a cat'"),
    ((("a", 1), WORDS), GIVEN, TypeError, "captions must hold words, got 1"),
    ((("a",), WORDS[1:]), GIVEN, ValueError, "words must hold <NULL>, got .*'cat'"),
    ((("a",), WORDS[:3]), GIVEN, ValueError, "words must hold <UNK>, got"),
    ((("a",), (*WORDS, "cat")), GIVEN, ValueError, "words must hold every token once, got 'cat'"),
    ((("a",), WORDS), {"length": 1}, ValueError, "length must be at least 2, got 1"),
    ((("a",), WORDS), {"length": 4.0}, TypeError, "length must be an int, got 4.0"),
]

DEFAULTS: dict[str, object] = {}
