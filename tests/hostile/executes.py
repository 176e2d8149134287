"""Becomes another program, which leaves a mark."""

import os
import sys

MARK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "executed")


def relu_forward(x):
    os.execv(sys.executable, [sys.executable, "-c", f"open({MARK!r}, 'w')"])
