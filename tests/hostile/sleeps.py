"""Sleeps."""

import time


def relu_forward(x):
    time.sleep(3600)
    return x, x
