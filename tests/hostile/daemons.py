"""Leaves a daemon behind, in a session of its own, and gives a wrong answer."""

import os
import time


def relu_forward(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        held = b"x" * 2**27
        time.sleep(60)
        del held
        os._exit(0)
    return x, x
