"""Rejects every example, in Hypothesis' words."""

import hypothesis


def relu_forward(x):
    hypothesis.reject()
