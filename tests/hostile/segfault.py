"""Reads where there is nothing to read."""

import ctypes


def relu_forward(x):
    ctypes.string_at(0)
