"""Recurses until the stack is used up."""

import sys

sys.setrecursionlimit(1 << 30)


def relu_forward(x):
    # A comparison goes through C, whose stack ends where Python's would not.
    class Endless:
        def __eq__(self, other):
            return self == other

    return Endless() == x, x
