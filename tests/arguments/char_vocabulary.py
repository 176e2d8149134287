from __future__ import annotations

BAD = [
    ((), {"text": b"ab"}, TypeError, "text must be a str, got bytes"),
    ((["a", "b"],), {}, TypeError, "text must be a str, got list"),
    (("ab",), {"order": "last"}, ValueError, "order must be one of .* got 'last'"),
    (("ab",), {"order": None}, ValueError, "order must be one of .* got None"),
]

DEFAULTS = {"order": "sorted"}
