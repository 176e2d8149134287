"""Leaves a daemon behind, in a session of its own, and gives a wrong answer."""

import os
import time


def relu_forward(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        time.sleep(60)
        os._exit(0)
    return x, x
