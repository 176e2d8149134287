from __future__ import annotations

import numpy as np

B = np.ones(4)

BAD = [
    ((np.ones(()), np.ones((2, 4))), {}, ValueError, "x must have shape"),
    ((np.ones((3, 5)), np.ones((2, 4))), {}, ValueError, "x|w"),
    ((np.ones((3, 4)), np.ones((2, 4)), B), {}, ValueError, "b must have shape"),
]

DEFAULTS = {"b": None}
