"""Leaves threads behind that spin for ever, then gives a wrong answer."""

import threading


def _spin():
    while True:
        pass


def relu_forward(x):
    if threading.active_count() < 4:
        threading.Thread(target=_spin).start()
    return x, x
