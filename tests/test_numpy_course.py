"""Free functions with plain arguments, and the layers of deeplearning.ai and Holberton."""

from __future__ import annotations

import importlib
import inspect
import textwrap

import pytest

from candidates.conventions import find_convention, recognise
from candidates.conventions.plain import COMPOSED, REQUIRED
from properties.operator import operator_names
from tests.homework import EXAMPLES, write
from tests.test_command import check, layerproof, statuses

RIGHT = (EXAMPLES / "right_numpy_course.py").read_text()
JUDGED = ["shape", "forward", "gradient"]


def planted(tmp_path, edits):
    source = RIGHT
    for old, new in edits:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    path = tmp_path / "free.py"
    path.write_text(source)
    return path


def judged(path, *arguments, examples=16):
    properties = [word for name in JUDGED for word in ("--property", name)]
    return check(path, *properties, *arguments, examples=examples)


def failing(verdict):
    return {
        row["function"]
        for entry in verdict["operators"]
        for row in entry["properties"]
        if row["status"] not in ("pass", "skipped")
    }


def test_right_functions_pass():
    verdict, run = check(EXAMPLES / "right_numpy_course.py", examples=12)
    assert set(statuses(verdict).values()) == {"pass"}, run.stdout
    assert verdict["convention"] == "numpy-course"
    assert "not judged" not in run.stdout
    assert run.returncode == 0


FORWARD = {
    "conv_forward": ("axes=3) + b[0, 0, 0]", "axes=3)"),
    "pool_forward": ("window.max(axis=(1, 2)) if mode", "A_prev.max(axis=(1, 2)) if mode"),
    "sigmoid": ("return 1 / (1 + np.exp(-x))", "return 1 / (1 + np.exp(x))"),
    "softmax": ("e_x / e_x.sum(axis=0)", "e_x / e_x.sum(axis=0) ** 1.01"),
    "rnn_cell_forward": ('+ parameters["ba"])', ")"),
    "lstm_cell_forward": ("c_next = ft * c_prev +", "c_next = it * c_prev +"),
    "conv2d": ('"nchwij,fcij->nfhw", taps, w', '"nchwij,fcij->nfhw", taps, w[:, :, ::-1]'),
    "max_pool2d": ("stride or kernel_size).max(", "kernel_size).max("),
    "avg_pool2d": ("return taps.mean(", "return taps.sum("),
    "linear_forward": ("return W @ A + b, (A, W)", "return W @ A, (A, W)"),
    "relu": ("return np.maximum(z, 0)", "return np.abs(z)"),
    "tanh": ("return np.tanh(x)", "return np.tanh(x) ** 2"),
    "leaky_relu": ("np.where(x > 0, x, alpha * x)", "np.where(x > 0, x, 0.01 * x)"),
    "elu": ("np.expm1(np.minimum(x, 0))", "np.exp(np.minimum(x, 0))"),
    "log_softmax": ("np.exp(shifted).sum(axis=axis, keepdims=True)", "np.exp(shifted).sum()"),
    "one_hot": ("np.eye(num_classes)[labels]", "np.eye(num_classes)[labels - 1]"),
    "char_to_onehot": ("column[char_to_idx[char]] = 1", "column[-1] = 1"),
    "bilinear_interpolate": ("top, left = int(np.floor(y))", "top, left = int(y)"),
    "deform_conv2d_np": ("+ delta[n, 2 * k, h, w]", "+ delta[n, k, h, w]"),
}
BACKWARD = {
    "conv_backward": ("dA_prev = dpadded[:, pad : pad", "dA_prev = dpadded[:, 0 : 0"),
    "pool_backward": ("columns, c] += share * dA", "columns, c] = share * dA"),
    "rnn_cell_backward": ('"dWaa": dtanh @ a_prev.T', '"dWaa": dtanh @ a_next.T'),
    "lstm_cell_backward": ('"dc_prev": dc * ft}', '"dc_prev": dc_next * ft}'),
    "rnn_backward": ("da[:, :, t] + da_prev, caches[t])\n        dx[:, :, t], da",
                     "da[:, :, t], caches[t])\n        dx[:, :, t], da"),
    "lstm_backward": ("da[:, :, t] + da_prev, dc_prev", "da[:, :, t], dc_prev"),
    "conv2d_backward": ("dout.sum(axis=(0, 2, 3))", "dout.sum(axis=(0, 2, 3)) / len(x)"),
    "linear_backward": ("return W.T @ dZ, dZ @ A.T,", "return W.T @ dZ, dZ @ A.T / A.shape[1],"),
    "relu_backward": ("return dout * (z > 0)", "return dout * (z >= -1)"),
}  # fmt: skip


def test_a_mistake_in_any_forward_is_found(tmp_path):
    verdict, run = judged(planted(tmp_path, FORWARD.values()))
    assert set(FORWARD) - failing(verdict) == set(), run.stdout


def test_a_mistake_in_any_backward_is_found(tmp_path):
    verdict, run = judged(planted(tmp_path, BACKWARD.values()))
    assert set(BACKWARD) - failing(verdict) == set(), run.stdout


HOLBERTON = """
def conv_forward(A_prev, W, b, activation, padding="same", stride=(1, 1)):
    (m, h, w, _), (kh, kw, _, c) = A_prev.shape, W.shape
    (sh, sw) = stride
    assert padding == "valid"
    Z = np.zeros((m, (h - kh) // sh + 1, (w - kw) // sw + 1, c))
    for i in range(Z.shape[1]):
        for j in range(Z.shape[2]):
            window = A_prev[:, i * sh : i * sh + kh, j * sw : j * sw + kw]
            Z[:, i, j] = np.tensordot(window, W, axes=3)
    return activation(Z + b)


def pool_forward(A_prev, kernel_shape, stride=(1, 1), mode="max"):
    (m, h, w, c), (kh, kw), (sh, sw) = A_prev.shape, kernel_shape, stride
    A = np.zeros((m, (h - kh) // sh + 1, (w - kw) // sw + 1, c))
    for i in range(A.shape[1]):
        for j in range(A.shape[2]):
            window = A_prev[:, i * sh : i * sh + kh, j * sw : j * sw + KW]
            A[:, i, j] = window.max(axis=(1, 2)) if mode == "max" else window.mean(axis=(1, 2))
    return A


def pool_backward(dA, A_prev, kernel_shape, stride=(1, 1), mode="max"):
    (kh, kw), (sh, sw) = kernel_shape, stride
    dA_prev = np.zeros(A_prev.shape)
    for m, i, j, c in np.ndindex(*dA.shape):
        place = np.s_[m, i * sh : i * sh + kh, j * sw : j * sw + kw, c]
        share = A_prev[place] == A_prev[place].max() if mode == "max" else 1 / (kh * kw)
        dA_prev[place] += dA[m, i, j, c] * share
    return dA_prev
"""


def test_pairs_of_holberton(tmp_path):
    verdict, run = check(write(tmp_path, HOLBERTON.replace("KW", "kw")))
    found = {"avg_pool2d": "pass", "conv2d": "pass", "max_pool2d": "pass"}
    assert statuses(verdict) == found, run.stdout


def test_a_width_taken_for_the_height_is_found(tmp_path):
    verdict, _ = judged(write(tmp_path, HOLBERTON.replace("KW", "kh")))
    assert statuses(verdict) == {"avg_pool2d": "wrong", "conv2d": "pass", "max_pool2d": "wrong"}


CONV = """
def conv2d({parameters}):
    {before}
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    out = np.zeros((N, F, (H - KH) // stride + 1, (W - KW) // stride + 1))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            window = x[:, None, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
            out[:, :, i, j] = (window * w).sum(axis=(2, 3, 4)) + b
    return {result}
"""


def conv(parameters="x, w, b, stride=1", before="pass", result="out"):
    return CONV.format(parameters=parameters, before=before, result=result)


@pytest.mark.parametrize(
    "source",
    [
        conv(),
        conv("filters, stride, inputs, bias", "x, w, b = inputs, filters, bias"),
        conv("x, w, b", "stride = 1"),
        conv("x, w, b, padding='same', stride=1", "assert padding == 'valid'"),
        conv("X, W, b, stride=1", "x, w = X, W", "out, (X, W)"),
        conv("x, w, b, stride=(1, 1)", "stride, _ = stride"),
    ],
    ids=["plain", "other order", "no stride", "named padding", "with a cache", "pairs"],
)
def test_parameters_are_known_by_name(tmp_path, source):
    path = write(tmp_path, source)
    verdict, run = judged(path)
    assert run.stdout.splitlines()[1] == "  conv2d: conv2d"
    expected = "wrong" if "_ = stride" in source else "pass"  # one stride serves both axes
    assert statuses(verdict) == {"conv2d": expected}, run.stdout


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def conv2d(images, kernel):\n    return images @ kernel[:, :, 0]", "it raises"),
        (conv("x, w, b, gain"), "its parameter gain is not known"),
        ("def conv2d(x):\n    return x", "no parameter of it is known to be w"),
        ("def conv2d(*arrays):\n    return arrays[0]", "have no names to go by"),
        ("def conv2d(x, w, inputs):\n    return x", "two of its parameters could be x"),
        ("def conv2d(x, w):\n    return x", "which is no conv2d"),
        ("def conv2d(x, w):\n    while True: pass", "takes too long"),
        ("import os\ndef conv2d(x, w):\n    os._exit(0)", "ends its process"),
        ("def leaky_relu(x):\n    return x", "no parameter for negative_slope"),
        ("def conv2d(image, kernel):\n    return image", "its parameter image is not known"),
        ("def bilinear_interpolate(im, x, y):\n    return 0", "not known"),
        ("def cross_entropy(y, p):\n    return -np.log(p[y]).mean()", "p is not known"),
    ],
)
def test_what_is_not_certain_is_not_judged_and_the_reason_said(tmp_path, source, reason):
    run = layerproof("check", write(tmp_path, source), "--convention", "numpy-course")
    assert run.returncode == 2
    assert "has no function of the convention numpy-course" in run.stderr
    assert reason in run.stderr
    assert "Traceback" not in run.stderr


def test_an_unknown_backward_is_passed_over_and_the_forward_judged(tmp_path):
    source = "def relu(x):\n    return x * (x > 0)\n\ndef relu_backward(x, gain, dout): ...\n"
    verdict, run = judged(write(tmp_path, source))
    assert statuses(verdict) == {"relu": "pass"}
    assert (
        "not judged: relu_backward: its first parameter, x, is not known to be dout" in run.stdout
    )


def test_a_function_that_is_not_written_is_missing(tmp_path):
    verdict, _ = judged(write(tmp_path, "def conv2d(x, w, b):\n    raise NotImplementedError"))
    assert statuses(verdict) == {"conv2d": "missing"}


def test_functions_of_libraries_are_not_the_candidates_own(tmp_path):
    namespace: dict[str, object] = {}
    exec("from numpy import tanh\nfrom numpy.linalg import norm as softmax", namespace)
    module = type("Module", (), namespace)
    assert recognise(module, operator_names()) is None


@pytest.mark.parametrize(
    ("dtype", "term", "status"),
    [
        ("np.float32", "+ 0", "pass"),
        ("np.float32", "+ 1e-3", "wrong"),
        ("float", "+ 1e-9", "wrong"),
    ],
)
def test_results_in_float32_are_compared_as_closely_as_float32_allows(
    tmp_path, dtype, term, status
):
    source = f"def relu(x):\n    return (np.maximum(x, 0) {term}).astype({dtype})"
    verdict, run = check(write(tmp_path, source), "--convention", "numpy-course", examples=60)
    assert statuses(verdict) == {"relu": status}, run.stdout


def test_plain_knows_what_the_references_call_their_arguments():
    names = {
        parameter.name
        for operator in sorted(set(operator_names()) - COMPOSED)
        for parameter in inspect.signature(
            getattr(importlib.import_module(f"reference.naive.{operator}"), f"{operator}_forward")
        ).parameters.values()
        if parameter.default is parameter.empty
    }
    assert names == REQUIRED


RNN = """
def rnn_forward(inputs, W_xh, W_hh, b_xh, b_hh, W_hy, b_y, hidden_size):
    h = np.zeros((hidden_size, 1))
    outputs, states = [], {-1: h}
    for t, x in enumerate(inputs):
        h = np.tanh(W_xh @ x + b_xh + W_hh @ h + b_hh)
        states[t] = h
        outputs.append(W_hy @ h + b_y)
    return RESULT
"""
BATCHES = """
def rnn_forward(x_sequence, Wx, Wh, b, h0):
    h, states = h0, []
    for t in range(x_sequence.shape[1]):
        h = np.tanh(x_sequence[:, t] @ Wx + h @ Wh + b)
        states.append(h)
    return np.stack(states, axis=1), h
"""


@pytest.mark.parametrize("result", ["outputs, states", "outputs, h", "states", "outputs"])
def test_sequences_of_columns_are_judged_by_their_hidden_states(tmp_path, result):
    verdict, run = judged(write(tmp_path, RNN.replace("RESULT", result)))
    assert statuses(verdict) == {"rnn": "pass"}, run.stdout
    assert "rnn: rnn_forward (the state starts at zero, one sequence at a time)" in run.stdout


@pytest.mark.parametrize(
    ("old", "new"),
    [("W_hh @ h + b_hh", "W_hh @ h"), ("W_xh @ x + b_xh", "W_xh @ x + 0.999 * b_xh")],
)
def test_a_sequence_that_is_wrong_is_not_taken_for_another_form(tmp_path, old, new):
    source = RNN.replace("RESULT", "outputs, states").replace(old, new)
    verdict, run = judged(write(tmp_path, source))
    assert statuses(verdict) == {"rnn": "wrong"}, run.stdout


def test_batches_of_sequences_with_a_first_state(tmp_path):
    source = BATCHES.replace("x_sequence", "inputs")
    verdict, run = judged(write(tmp_path, source))
    assert statuses(verdict) == {"rnn": "pass"}, run.stdout
    assert "at a time" not in run.stdout


def test_common_names_give_way_to_a_convention_that_finds_as_many(tmp_path):
    namespace: dict[str, object] = {}
    exec(textwrap.dedent("""
        def linear_forward(x, w, b): return x @ w.T + b, (x, w)
        def linear_backward(dout, cache): ...
    """), namespace)  # fmt: skip
    module = type("Module", (), namespace)
    found = recognise(module, operator_names())
    assert found is find_convention("plain")
