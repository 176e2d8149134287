from __future__ import annotations

import numpy as np

IDS = np.array([[0, 3], [1, 1]])
WORDS = ("<NULL>", "<START>", "<END>", "cat")

BAD = [
    (([[0]], WORDS), {}, TypeError, "captions must be an integer NumPy array, got list"),
    ((IDS * 1.0, WORDS), {}, TypeError, "captions must be an integer NumPy array, got an array"),
    ((IDS[None], WORDS), {}, ValueError, r"captions must have shape \(T\) or \(N, T\), got \(1, 2"),
    ((IDS[:, :0], WORDS), {}, ValueError, r"captions must have at least one id .* \(2, 0\)"),
    ((IDS + 1, WORDS), {}, ValueError, "captions must be at least 0 and below 4, got 4"),
    ((IDS - 1, WORDS), {}, ValueError, "captions must be at least 0 and below 4, got -1"),
    ((IDS, (*WORDS, "cat")), {}, ValueError, "words must hold every token once, got 'cat' twice"),
    ((IDS, dict(enumerate(WORDS))), {}, TypeError, "words must be a str or a tuple .* got dict"),
]

DEFAULTS: dict[str, object] = {}
