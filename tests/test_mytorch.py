"""The mytorch convention: layers of CMU 11-785 in the definitions of all its years."""

from __future__ import annotations

import pytest

from candidates.conventions import recognise
from properties.operator import operator_names
from tests.homework import EXAMPLES
from tests.loading import loaded as in_a_worker
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, statuses

RIGHT = (EXAMPLES / "right_mytorch.py").read_text()

AVERAGES = (
    "        self.dLdW = dLdZ.T @ self.A\n        self.dLdb = dLdZ.sum(axis=0)[:, None]\n",
    "        dLdW = dLdZ.T @ self.A\n        dLdb = dLdZ.sum(axis=0)[:, None]\n"
    "        self.N = len(self.A)\n        self.dLdW = dLdW / self.N\n"
    "        self.dLdb = dLdb / self.N\n",
)
OLD_LINEAR = """
import numpy as np


class Linear:
    def __init__(self, in_feature, out_feature, weight_init_fn, bias_init_fn):
        self.W = weight_init_fn(in_feature, out_feature)
        self.b = bias_init_fn(out_feature)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, delta):
        self.dW = self.x.T @ delta / len(delta)
        self.db = delta.mean(axis=0, keepdims=True)
        return delta @ self.W.T
"""
FLAT_LINEAR = """
import numpy as np


class Linear:
    def __init__(self, in_features, out_features):
        self.W, self.b = np.zeros((out_features, in_features)), np.zeros(out_features)

    def init_weights(self, W, b):
        self.W, self.b = W, b

    def forward(self, A):
        self.A = A
        return A @ self.W.T + self.b

    def backward(self, dLdZ):
        rows = dLdZ.reshape(-1, dLdZ.shape[-1])
        self.dLdW = rows.T @ self.A.reshape(len(rows), -1)
        self.dLdb = rows.sum(axis=0)
        return dLdZ @ self.W
"""
OLD_FLAT_LINEAR = (
    FLAT_LINEAR.replace("_features", "_feature")
    .replace(
        "self.dLdW = rows.T @ self.A.reshape(len(rows), -1)",
        "self.dW = rows.T @ self.A / len(rows)",
    )
    .replace("self.dLdb = rows.sum(axis=0)", "self.db = rows.mean(axis=0)")
)
DERIVATIVE = (
    "    def backward(self, dLdA):\n        return dLdA * self.A * (1 - self.A)",
    "    def backward(self):\n        return self.A * (1 - self.A)",
)
OLDER_DERIVATIVE = (DERIVATIVE[0], DERIVATIVE[1].replace("backward", "derivative"))
ALONG = (
    "class Softmax:\n    def forward(self, Z):\n"
    "        e = np.exp(Z - Z.max(axis=1, keepdims=True))\n"
    "        self.A = e / e.sum(axis=1, keepdims=True)",
    "class Softmax:\n    def __init__(self, dim=-1):\n        self.dim = dim\n\n"
    "    def forward(self, Z):\n        e = np.exp(Z - Z.max(axis=self.dim, keepdims=True))\n"
    "        self.A = e / e.sum(axis=self.dim, keepdims=True)",
    "(dLdA - (dLdA * self.A).sum(axis=1, keepdims=True))\n\n\nclass MSE",
    "(dLdA - (dLdA * self.A).sum(axis=self.dim, keepdims=True))\n\n\nclass MSE",
)
HALVED = (
    "((A - Y) ** 2).mean()",
    "((A - Y) ** 2).mean() / 2",
    "2 * (self.A - self.Y) / self.A.size",
    "(self.A - self.Y) / self.A.size",
)
DIFFERENCE = ("2 * (self.A - self.Y) / self.A.size", "self.A - self.Y")
UNDIVIDED = ("(self.softmax - self.Y) / len(self.Y)", "self.softmax - self.Y")
OLD_NORM = (
    "class BatchNorm1d:\n    axes = (0,)",
    "class BatchNorm:\n    axes = (0,)",
    "class BatchNorm2d(BatchNorm1d):\n    axes = (0, 2, 3)",
    "",
)
UNSCALED = ("return self.mask * delta", "return (self.mask != 0) * delta")
CELL = ("class RNNCell:", "class RNN_Cell:")


def old_norm():
    source = edited(RIGHT, *OLD_NORM).replace("num_features", "in_feature")
    names = {"self.dLdBW": "self.dgamma", "self.dLdBb": "self.dbeta", "self.BW": "self.gamma"}
    names |= {"self.Bb": "self.beta", "running_M": "running_mean", "running_V": "running_var"}
    for new, old in names.items():
        source = source.replace(new, old)
    return source


def old_gru():
    source = RIGHT
    for gate in "rzn":
        source = source.replace(f"b{gate}x", f"bi{gate}").replace(f"b{gate}h", f"bh{gate}")
    return source


OLD_CONV = """
import numpy as np


class Conv2D:
    def __init__(
        self, in_channel, out_channel, kernel_size, stride, weight_init_fn=None, bias_init_fn=None
    ):
        self.kernel_size, self.stride = kernel_size, stride
        self.W = weight_init_fn(out_channel, in_channel, kernel_size, kernel_size)
        self.b = bias_init_fn(out_channel)
        self.dW, self.db = np.zeros(self.W.shape), np.zeros(self.b.shape)

    def under(self, i, j):
        rows, columns = i * self.stride, j * self.stride
        return np.s_[:, :, rows : rows + self.kernel_size, columns : columns + self.kernel_size]

    def forward(self, x):
        self.x = x
        height, width = ((n - self.kernel_size) // self.stride + 1 for n in x.shape[2:])
        out = np.zeros((len(x), len(self.W), height, width))
        for i, j in np.ndindex(height, width):
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", x[self.under(i, j)], self.W) + self.b
        return out

    def backward(self, delta):
        dx = np.zeros(self.x.shape)
        for i, j in np.ndindex(delta.shape[2:]):
            there = delta[:, :, i, j]
            dx[self.under(i, j)] += np.einsum("nf,fchw->nchw", there, self.W)
            self.dW += np.einsum("nf,nchw->fchw", there, self.x[self.under(i, j)])
            self.db += there.sum(axis=0)
        return dx
"""


ROW_DELTA = (
    "        dn = delta * (1 - self.z)",
    "        (delta,) = delta\n        dn = delta * (1 - self.z)",
)

SPELLED = [
    ("linear", "Linear"),
    ("sigmoid", "Sigmoid"),
    ("tanh", "Tanh"),
    ("relu", "ReLU"),
    ("softmax", "Softmax"),
    ("batch_norm", "BatchNorm1d"),
    ("batch_norm", "BatchNorm2d"),
    ("conv2d", "Conv2d"),
    ("conv2d", "Conv2d_stride1"),
    ("max_pool2d", "MaxPool2d"),
    ("max_pool2d", "MaxPool2d_stride1"),
    ("avg_pool2d", "MeanPool2d"),
    ("avg_pool2d", "MeanPool2d_stride1"),
    ("mse_loss", "MSELoss"),
    ("cross_entropy", "CrossEntropyLoss"),
    ("cross_entropy", "SoftmaxCrossEntropy"),
    ("dropout", "Dropout"),
    ("rnn_step", "RNNCell"),
    ("gru", "GRUCell"),
    ("attention", "ScaledDotProductAttention"),
    ("sgd", "SGD"),
    ("adam", "Adam"),
    ("adamw", "AdamW"),
]


def spelling(module, name):
    (found,) = spellings_found(module, "mytorch", name)
    return found


def test_every_spelling_is_recognised(tmp_path):
    module = loaded(tmp_path, RIGHT)
    convention = recognise(module, operator_names())
    assert convention is not None
    assert convention.name == "mytorch"
    found = [(s.operator, s.forward) for s in spellings_found(module, "mytorch")]
    assert found == SPELLED


def test_the_right_example_passes():
    verdict, run = check(EXAMPLES / "right_mytorch.py", examples=40)
    assert set(statuses(verdict).values()) == {"pass"}, run.stdout
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("name", "judged", "edits"),
    [
        ("Linear", "gradient", ("self.dLdW = dLdZ.T @ self.A", "self.dLdW = dLdZ.T @ self.A / 2")),
        ("Linear", "shape", ("dLdZ.sum(axis=0)[:, None]", "dLdZ.sum(axis=0)")),
        ("Sigmoid", "gradient", ("dLdA * self.A * (1 - self.A)", "dLdA * self.A")),
        ("Tanh", "gradient", ("dLdA * (1 - A**2)", "dLdA * (1 - A)")),
        ("ReLU", "gradient", ("dLdA * (self.A > 0)", "dLdA")),
        ("Softmax", "gradient", ("self.A * (dLdA - (dLdA * self.A)", "self.A * (dLdA - (dLdA)")),
        ("BatchNorm1d", "steps", ("(1 - self.alpha) * M", "self.alpha * M")),
        ("BatchNorm1d", "gradient", ("- through_mean - through", "- through")),
        ("BatchNorm2d", "shape", ("axes = (0, 2, 3)", "axes = (0, 2)")),
        ("BatchNorm2d", "forward", ("if eval:", "if False:")),
        ("Conv2d", "gradient", ("p : dLdA.shape[3] - p]", "p : dLdA.shape[3] - p][:, :, ::-1]")),
        ("Conv2d_stride1", "gradient", ("self.dLdb += dLdZ.sum", "self.dLdb += dLdZ.mean")),
        ("MaxPool2d", "gradient", ("i + row, j + column] +=", "i + row, j + column] =")),
        ("MaxPool2d_stride1", "forward", ("windows.max(", "windows.mean(")),
        ("MeanPool2d", "gradient", ("/ self.kernel**2", "/ self.kernel")),
        ("MeanPool2d_stride1", "forward", (".mean(axis=(4, 5))", ".sum(axis=(4, 5))")),
        ("MSELoss", "gradient", ("2 * (self.A - self.Y)", "(self.A - self.Y)")),
        ("MSELoss", "forward", ("((A - Y) ** 2).mean()", "((A - Y) ** 2).mean(axis=0).sum()")),
        ("CrossEntropyLoss", "gradient", UNDIVIDED),
        ("SoftmaxCrossEntropy", "gradient", ("self.softmax - self.labels", "self.softmax")),
        ("Dropout", "laws", ("x.shape) / (1 - self.p)", "x.shape)")),
        ("RNNCell", "gradient", ("self.db_hh += dz.mean(axis=0)", "self.db_hh += dz.sum(axis=0)")),
        ("RNNCell", "forward", ("self.W_hh.T + self.b_hh", "self.W_hh.T")),
        (
            "GRUCell",
            "gradient",
            ("self.bnx, self.bnh".replace("b", "db", 2), "self.dbnh, self.dbnx"),
        ),
        (
            "GRUCell",
            "forward",
            ("(1 - self.z) * self.n + self.z", "self.z * self.n + (1 - self.z)"),
        ),
        ("ScaledDotProductAttention", "forward", ("np.where(mask, -np", "np.where(~mask, -np")),
    ],
)
def test_a_mistake_in_each_spelling_dies(tmp_path, name, judged, edits):
    module = loaded(tmp_path, edited(RIGHT, *edits))
    assert judged in failing(module, spelling(module, name), {"shape": 0, judged: 0})


@pytest.mark.parametrize(
    ("name", "source", "differs", "mistake"),
    [
        (
            "Linear",
            edited(RIGHT, *AVERAGES),
            "averages",
            ("self.dLdb = dLdb / self.N", "self.dLdb = dLdb"),
        ),
        ("Linear", OLD_LINEAR, "averages", ("delta.mean(axis=0, k", "delta.sum(axis=0, k")),
        ("Linear", FLAT_LINEAR, "", ("rows.sum(axis=0)", "rows.mean(axis=0)")),
        ("Linear", OLD_FLAT_LINEAR, "averages", ("rows.mean(axis=0)", "rows.sum(axis=0)")),
        ("Sigmoid", edited(RIGHT, *DERIVATIVE), "alone", ("self.A * (1 - self.A)", "self.A")),
        ("Sigmoid", edited(RIGHT, *OLDER_DERIVATIVE), "alone", ("self.A * (1 - self.A)", "self.A")),
        ("Softmax", edited(RIGHT, *ALONG), "", ("e / e.sum(axis=self.dim", "e / e.sum(axis=-1")),
        ("MSELoss", edited(RIGHT, *HALVED), "half", ("(A - Y) ** 2", "(A - 2 * Y) ** 2")),
        (
            "MSELoss",
            edited(RIGHT, *DIFFERENCE),
            "A - Y",
            ("(A - Y) ** 2).m", "abs(A - Y) ** 2.5).m"),
        ),
        (
            "CrossEntropyLoss",
            edited(RIGHT, *HALVED, *UNDIVIDED),
            "not divided",
            ("return self.softmax - self.Y", "return self.softmax + self.Y"),
        ),
        ("BatchNorm", old_norm(), "kept", ("- through_mean - through", "- through")),
        ("Conv2D", OLD_CONV, "", ("self.dW += np", "self.dW = np")),
        (
            "Dropout",
            edited(RIGHT, *UNSCALED),
            "without",
            ("(self.mask != 0) * delta", "(self.mask != 0) * delta.sum()"),
        ),
        (
            "RNN_Cell",
            edited(RIGHT, *CELL),
            "averages",
            ("dz.T @ h_prev_t / len(dz)", "dz.T @ h_prev_t"),
        ),
        (
            "GRUCell",
            old_gru(),
            "",
            ("self.dbin, self.dbhn = dn, dn * self.r", "self.dbin, self.dbhn = dn, dn"),
        ),
    ],
)
def test_the_definitions_of_other_years(tmp_path, name, source, differs, mistake):
    judged = ["shape", "forward", "gradient"]
    module = loaded(tmp_path, source)
    found = spelling(module, name)
    assert differs in found.promise.differs
    assert failing(module, found, judged) == {}
    module = loaded(tmp_path, edited(source, *mistake), "mistaken")
    assert failing(module, spelling(module, name), judged)


def test_a_gru_cell_may_take_delta_as_a_row(tmp_path):
    module = loaded(tmp_path, edited(RIGHT, *ROW_DELTA))
    assert failing(module, spelling(module, "GRUCell"), ["shape", "gradient", "reuse"]) == {}


def test_what_is_not_written_is_missing(tmp_path):
    unwritten = edited(
        RIGHT,
        "        return np.tanh(x @ self.W_ih.T",
        "        raise NotImplemented\n        return np.tanh(x @ self.W_ih.T",
    )
    path = tmp_path / "cells.py"
    path.write_text(unwritten)
    verdict, run = check(path, "--operator", "rnn_step", examples=10)
    found = {row["status"] for row in verdict["operators"][0]["properties"]}
    assert "missing" in found, run.stdout
    assert "crash" not in found


def test_a_mean_error_of_another_year_is_not_excused_elsewhere(tmp_path):
    """Without an `MSELoss` of 2022 beside it, a cross entropy has to divide by N."""
    alone = edited(RIGHT, *UNDIVIDED, "class MSELoss:", "class SquaredError:")
    module = loaded(tmp_path, alone)
    assert failing(module, spelling(module, "CrossEntropyLoss"), ["gradient"])


def test_a_loss_may_be_the_mean_where_the_text_says_to_do_as_before(tmp_path):
    mean = ("return -(y * log_softmax).sum(axis=1)", "return -(y * log_softmax).sum() / len(x)")
    module = loaded(tmp_path, edited(RIGHT, *mean))
    assert failing(module, spelling(module, "SoftmaxCrossEntropy"), ["shape"])
    head = "class SoftmaxCrossEntropy:\n    def forward(self, x, y):\n"
    text = f'{head}        """Do it similar to how you did for HW1P1."""\n'
    module = loaded(tmp_path, edited(RIGHT, *mean, head, text), "like_before")
    judged = ["shape", "forward", "gradient"]
    assert failing(module, spelling(module, "SoftmaxCrossEntropy"), judged) == {}
    divided = ("self.softmax - self.labels", "(self.softmax - self.labels) / len(self.labels)")
    module = loaded(tmp_path, edited(RIGHT, *mean, head, text, *divided), "divided")
    assert failing(module, spelling(module, "SoftmaxCrossEntropy"), judged) == {}


def test_zeroed_gradients_may_be_added_to(tmp_path):
    """The course's models zero them: `self.dLdW +=` is right there, a stale cache is not."""
    judged = ["gradient", "reuse"]
    module = loaded(tmp_path, RIGHT)
    assert failing(module, spelling(module, "Conv2d_stride1"), judged) == {}
    stale = edited(
        RIGHT,
        "        self.A, k = A, self.kernel_size\n",
        "        k = self.kernel_size\n        self.A = getattr(self, 'A', A)\n",
    )
    module = loaded(tmp_path, stale, "stale")
    assert failing(module, spelling(module, "Conv2d_stride1"), judged).keys() == {"reuse"}


@pytest.mark.parametrize(
    ("name", "edits"),
    [
        (
            "RNNCell",
            ("dz = delta * (1 - h_t**2)", "self.b_ih *= 2\n        dz = delta * (1 - h_t**2)"),
        ),
        (
            "CrossEntropyLoss",
            (
                "        return (self.softmax - self.Y)",
                "        self.Y *= 1\n        return (self.softmax - self.Y)",
            ),
        ),
        (
            "GRUCell",
            (
                "        self.x, self.hidden = x",
                "        self.Wnx += 1\n        self.x, self.hidden = x",
            ),
        ),
        ("BatchNorm1d", ("        if eval:", "        self.BW *= 2\n        if eval:")),
    ],
)
def test_a_write_into_what_was_handed_over_is_seen(tmp_path, name, edits):
    module = loaded(tmp_path, edited(RIGHT, *edits))
    found = failing(module, spelling(module, name), ["gradient", "side_effects"])
    assert "side_effects" in found or "read-only" in found.get("gradient", "")


def test_a_softmax_along_an_axis_is_not_asked_for_vectors(tmp_path):
    rows = (
        "class Softmax:\n    def __init__(self, dim=-1):\n        self.dim = dim\n\n"
        "    def forward(self, Z):\n        assert Z.ndim > 1\n"
        "        e = np.exp(Z - Z.max(axis=self.dim, keepdims=True))\n"
        "        self.A = e / e.sum(axis=self.dim, keepdims=True)\n        return self.A\n\n"
        "    def backward(self, dLdA):\n"
        "        return self.A * (dLdA - (dLdA * self.A).sum(axis=self.dim, keepdims=True))\n"
    )
    path = tmp_path / "activation.py"
    path.write_text(f"import numpy as np\n\n\n{rows}")
    verdict, run = check(path, "--convention", "mytorch", examples=30)
    assert verdict["operators"][0]["status"] == "pass", run.stdout


def test_the_softmax_beside_attention_is_the_courses_own(tmp_path):
    three = (
        "class Softmax:\n    def forward(self, Z):\n        return Z.reshape(-1, Z.shape[2])\n\n"
        "    def backward(self, dLdA):\n        return dLdA\n"
    )
    for name in ("attention", "activation"):
        path = tmp_path / f"{name}.py"
        path.write_text(three)
        with in_a_worker(path, "mytorch") as worker:
            assert [f.operator for f in worker.found] == ["softmax"] * (name == "activation")
