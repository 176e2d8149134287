"""Reads where there is nothing to read."""

import faulthandler


def relu_forward(x):
    faulthandler._read_null()
