"""Writes two gigabytes to both streams, through Python and beneath it; the answer is wrong."""

import os
import sys


def relu_forward(x):
    text = "x" * (1 << 20)
    for _ in range(8):
        print(text)
        print(text, file=sys.stderr)
    for _ in range(1024):
        os.write(1, text.encode())
        os.write(2, text.encode())
    return x, x
