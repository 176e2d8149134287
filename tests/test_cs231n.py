"""Where the CS231n convention spells an operator in its own way."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES, write
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, rows, statuses

RIGHT = (EXAMPLES / "right.py").read_text()
RNN = (EXAMPLES / "right_rnn.py").read_text()

DROPPED = '''
def dropout_forward(x, dropout_param):
    """p: Dropout parameter. We drop each neuron output with probability p."""
    p = dropout_param["p"]
    if dropout_param["mode"] == "test":
        return x, (dropout_param, None)
    mask = (np.random.rand(*x.shape) >= p) / (1 - p)
    return x * mask, (dropout_param, mask)


def dropout_backward(dout, cache):
    dropout_param, mask = cache
    return dout if dropout_param["mode"] == "test" else dout * mask
'''


def test_p_is_what_the_text_of_dropout_says(tmp_path):
    verdict, run = check(write(tmp_path, DROPPED), "--operator", "dropout", examples=100)
    assert statuses(verdict) == {"dropout": "pass"}, run.stdout
    assert "p is the fraction dropped, as its text says" in run.stdout
    kept = DROPPED.replace("We drop", "We keep")
    verdict, run = check(write(tmp_path, kept), "--operator", "dropout", examples=100)
    assert statuses(verdict) == {"dropout": "wrong"}
    assert "p is the fraction kept" in run.stdout


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("(np.random.rand(*x.shape) < p) / p", "np.random.rand(*x.shape) < p", "forward"),
        ("np.random.rand(*x.shape)", "np.random.rand(*x.shape[1:])", "laws"),
        ("np.random.rand(*x.shape)", "np.random.RandomState(0).rand(*x.shape)", "laws"),
        ("else dout * mask", "else dout * (mask > 0)", "gradient"),
    ],
)
def test_dropout_is_judged_by_its_mask(tmp_path, old, new, wrong):
    assert RIGHT.count(old) == 1
    path = tmp_path / "layers.py"
    path.write_text(RIGHT.replace(old, new))
    verdict, run = check(path, "--operator", "dropout", examples=200)
    found = {name for name, row in rows(verdict, "dropout").items() if row["status"] == "wrong"}
    assert wrong in found, run.stdout


@pytest.mark.parametrize(("text", "status"), [("(1, C, 1, 1)", "wrong"), ("(C,)", "pass")])
def test_scales_of_group_norm_have_the_shape_of_the_text(tmp_path, text, status):
    source = RIGHT.replace(
        "dgamma.reshape(gamma.shape), dbeta.reshape(gamma.shape)", "dgamma, dbeta"
    )
    head = "def spatial_groupnorm_backward(dout, cache):\n"
    source = source.replace(head, f'{head}    """dgamma of shape {text}"""\n')
    path = tmp_path / "layers.py"
    path.write_text(source)
    verdict, run = check(path, "--operator", "group_norm", examples=60)
    assert statuses(verdict) == {"group_norm": status}, run.stdout


@pytest.mark.parametrize("call", ["forward", "backward"])
def test_a_write_into_the_exchanged_gates_is_seen(tmp_path, call):
    writes = {
        "forward": ("    next_c = f * prev_c", "    Wx *= 2\n    next_c = f * prev_c"),
        "backward": ("    squashed = np", "    Wh += 1\n    squashed = np"),
    }
    path = tmp_path / "rnn_layers.py"
    path.write_text(RNN.replace(*writes[call]))
    verdict, run = check(path, "--operator", "lstm_step", examples=40)
    assert rows(verdict, "lstm_step")["side_effects"]["status"] == "side-effect", run.stdout


def test_gates_in_pytorchs_order_are_wrong(tmp_path):
    path = tmp_path / "rnn_layers.py"
    path.write_text(RNN.replace("i, f, o, g = np.split", "i, f, g, o = np.split"))
    verdict, run = check(path, "--operator", "lstm_step", examples=40)
    assert rows(verdict, "lstm_step")["forward"]["status"] == "wrong", run.stdout


FAST = """
import numpy as np


def conv_forward_fast(x, w, b, conv_param):
    pad, stride = conv_param["pad"], conv_param["stride"]
    (N, C, H, W), (F, _, HH, WW) = x.shape, w.shape
    OH, OW = (H + 2 * pad - HH) // stride + 1, (W + 2 * pad - WW) // stride + 1
    cols = im2col_cython(x, HH, WW, pad, stride)
    out = w.reshape(F, -1) @ cols + b[:, None]
    return out.reshape(F, OH, OW, N).transpose(3, 0, 1, 2), (x, w, b, conv_param, cols)


def conv_backward_fast(dout, cache):
    x, w, b, conv_param, cols = cache
    (N, C, H, W), (F, _, HH, WW) = x.shape, w.shape
    flat = dout.transpose(1, 2, 3, 0).reshape(F, -1)
    dcols = w.reshape(F, -1).T @ flat
    dx = col2im_cython(dcols, N, C, H, W, HH, WW, conv_param["pad"], conv_param["stride"])
    return dx, (flat @ cols.T).reshape(w.shape), dout.sum(axis=(0, 2, 3))


def conv_forward_strided(x, w, b, conv_param):
    return conv_forward_fast(x, w, b, conv_param)


def conv_backward_strided(dout, cache):
    x, w, b, conv_param, cols = cache
    (N, C, H, W), (F, _, HH, WW) = x.shape, w.shape
    _, dw, db = conv_backward_fast(dout, cache)
    dcols = (w.reshape(F, -1).T @ dout.transpose(1, 0, 2, 3).reshape(F, -1)).reshape(
        C, HH, WW, N, *dout.shape[2:]
    )
    pad, stride = conv_param["pad"], conv_param["stride"]
    return col2im_6d_cython(dcols, N, C, H, W, HH, WW, pad, stride), dw, db
"""


def test_what_the_course_compiles_has_an_equivalent(tmp_path):
    """`fast_layers.py` is handed out, and its extension is compiled on the student's machine."""
    path = write(tmp_path, FAST)
    verdict, run = check(path, "--operator", "conv2d", examples=60)
    assert {row["function"] for row in verdict["operators"][0]["properties"]} == {
        *("conv_forward_fast", "conv_backward_fast"),
        *("conv_forward_strided", "conv_backward_strided"),
    }
    assert verdict["operators"][0]["status"] == "pass", run.stdout


def test_an_extension_that_is_not_the_courses_is_a_crash(tmp_path):
    path = write(
        tmp_path,
        """
        def conv_forward_naive(x, w, b, conv_param):
            return im2col_python(x), None
        """,
    )
    verdict, run = check(path, "--operator", "conv2d", examples=20)
    assert verdict["operators"][0]["status"] == "crash", run.stdout


def test_dx_of_a_layer_that_flattens_has_the_shape_of_x(tmp_path):
    flat = edited(RIGHT, "dx = (dout @ w.T).reshape(x.shape)", "dx = dout @ w.T")
    module = loaded(tmp_path, flat)
    (linear,) = (s for s in spellings_found(module, "cs231n") if s.operator == "linear")
    assert "shape" in failing(module, linear, ["shape"])
