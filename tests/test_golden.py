"""Values printed in course material, reproduced by both paths to the digits printed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import reference.naive
import reference.vectorized
from reference._arguments import output_size

GOLDEN = json.loads((Path(__file__).parent / "golden" / "course_values.json").read_text())
PATHS = [reference.naive, reference.vectorized]


def array(described):
    if described is None:
        return None
    if "values" in described:
        return np.array(described["values"], dtype=float)
    start, stop = described["linspace"]
    return np.linspace(start, stop, int(np.prod(described["shape"]))).reshape(described["shape"])


def close(got, printed):
    np.testing.assert_allclose(got, np.array(printed), rtol=1e-7, atol=5e-9)


@pytest.mark.parametrize("path", PATHS, ids=lambda module: module.__name__)
@pytest.mark.parametrize("given", GOLDEN["conv2d"])
def test_conv2d(path, given):
    x, w, b = (array(given[name]) for name in ("x", "w", "b"))
    out, _ = path.conv2d_forward(x, w, b, stride=given["stride"], padding=given["padding"])
    close(out, given["out"])


@pytest.mark.parametrize("path", PATHS, ids=lambda module: module.__name__)
@pytest.mark.parametrize("given", GOLDEN["max_pool2d"])
def test_max_pool2d(path, given):
    out, _ = path.max_pool2d_forward(
        array(given["x"]), given["kernel_size"], stride=given["stride"]
    )
    close(out, given["out"])


@pytest.mark.parametrize("path", PATHS, ids=lambda module: module.__name__)
@pytest.mark.parametrize("given", GOLDEN["batch_norm"])
def test_batch_norm(path, given):
    """Two samples a channel: normalised, they are 1 and -1 whatever they were."""
    x = array(given["x"])
    ones, zeros = np.ones(x.shape[1]), np.zeros(x.shape[1])
    out, *_ = path.batch_norm_forward(
        x, ones, zeros, zeros, ones, training=given["training"], eps=given["eps"]
    )
    close(out, given["out"])


@pytest.mark.parametrize("path", PATHS, ids=lambda module: module.__name__)
@pytest.mark.parametrize("given", GOLDEN["layer_norm"])
def test_layer_norm(path, given):
    x = array(given["x"])
    ones, zeros = np.ones(x.shape[1]), np.zeros(x.shape[1])
    out, _ = path.layer_norm_forward(x, ones, zeros, eps=given["eps"])
    close(out, given["out"])


@pytest.mark.parametrize("path", PATHS, ids=lambda module: module.__name__)
@pytest.mark.parametrize("given", GOLDEN["rnn_step"])
def test_rnn_step(path, given):
    next_h, _ = path.rnn_step_forward(
        *(array(given[name]) for name in ("x", "prev_h", "Wx", "Wh", "b"))
    )
    close(next_h, given["next_h"])


@pytest.mark.parametrize("given", GOLDEN["output_sizes"])
def test_output_size(given):
    pairs = ((given[n],) * 2 for n in ("size", "kernel_size", "stride", "padding"))
    assert output_size(*pairs, (1, 1)) == (given["out"],) * 2
