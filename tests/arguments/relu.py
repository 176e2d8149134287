from __future__ import annotations

BAD = [
    (([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
]

DEFAULTS: dict = {}
