"""The CS7643 convention: modules that leave their gradients on themselves."""

from __future__ import annotations

import pytest

from candidates.conventions import recognise
from properties.operator import operator_names
from tests.homework import EXAMPLES
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, statuses

RIGHT = (EXAMPLES / "right_cs7643.py").read_text()

SPELLED = [
    ("conv2d", "Conv2D"),
    ("max_pool2d", "MaxPooling"),
    ("linear", "Linear"),
    ("relu", "ReLU"),
    ("cross_entropy", "SoftmaxCrossEntropy"),
    ("softmax", "SoftmaxCrossEntropy"),
    ("sigmoid", "_baseNetwork.sigmoid"),
    ("relu", "_baseNetwork.ReLU"),
    ("softmax", "_baseNetwork.softmax"),
]


def test_every_spelling_is_recognised(tmp_path):
    module = loaded(tmp_path, RIGHT)
    convention = recognise(module, operator_names())
    assert convention is not None
    assert convention.name == "cs7643"
    found = [(s.operator, s.forward) for s in spellings_found(module, "cs7643")]
    assert found == SPELLED


def test_the_right_example_passes():
    verdict, run = check(EXAMPLES / "right_cs7643.py", examples=60)
    assert set(statuses(verdict).values()) == {"pass"}, run.stdout
    assert run.returncode == 0


@pytest.mark.parametrize(
    ("operator", "name", "judged", "edits"),
    [
        ("conv2d", "Conv2D", "shape", ("p : height - p, p : width - p]", "p:-p, p:-p]")),
        ("conv2d", "Conv2D", "gradient", ("dout.sum(axis=(0, 2, 3))", "dout.mean(axis=(0, 2, 3))")),
        ("conv2d", "Conv2D", "forward", ("return out + self.bias", "return out - self.bias")),
        ("max_pool2d", "MaxPooling", "gradient", ("] += dout[n", "] = dout[n")),
        ("linear", "Linear", "shape", ("@ self.weight.T).reshape(x.shape)", "@ self.weight.T)")),
        ("linear", "Linear", "gradient", ("(len(x), -1).T @ dout", "(len(x), -1).T @ dout / 2")),
        ("relu", "ReLU", "gradient", ("(self.cache > 0)", "(self.cache < 0)")),
        ("cross_entropy", "SoftmaxCrossEntropy", "gradient", ("/= len(y)", "/= 1")),
        ("cross_entropy", "SoftmaxCrossEntropy", "forward", ("y].mean()", "y].sum()")),
        ("softmax", "SoftmaxCrossEntropy", "forward", ("return probs, ", "return log_probs, ")),
        ("sigmoid", "_baseNetwork.sigmoid", "gradient", ("out * (1 - out)", "out * out")),
        ("sigmoid", "_baseNetwork.sigmoid", "forward", ("(X > 0, 1, e)", "(X < 0, 1, e)")),
        ("relu", "_baseNetwork.ReLU", "gradient", ("(X > 0).as", "(X < 0).as")),
        ("softmax", "_baseNetwork.softmax", "forward", ("e / e.sum(axis=1", "e / e.sum(axis=0")),
    ],
)
def test_a_mistake_in_each_spelling_dies(tmp_path, operator, name, judged, edits):
    module = loaded(tmp_path, edited(RIGHT, *edits))
    (spelling,) = (
        s for s in spellings_found(module, "cs7643") if (s.operator, s.forward) == (operator, name)
    )
    assert judged in failing(module, spelling, ["shape", judged])


def of_linear(tmp_path, *edits):
    module = loaded(tmp_path, edited(RIGHT, *edits))
    (linear,) = (s for s in spellings_found(module, "cs7643") if s.forward == "Linear")
    return failing(module, linear, ["forward", "gradient", "reuse", "determinism", "aliasing"])


def test_gradients_must_not_add_up_from_batch_to_batch(tmp_path):
    adds = "self.dw = (0 if self.dw is None else self.dw) + x.reshape(len(x), -1).T @ dout"
    found = of_linear(tmp_path, "self.dw = x.reshape(len(x), -1).T @ dout", adds)
    assert found.keys() == {"reuse"}
    assert "differs when its object has done another batch before" in found["reuse"]


@pytest.mark.parametrize(
    "edits",
    [
        ("self.cache = x\n        return x.resh", "self.x = x\n        return x.resh"),
        (
            "self.cache = x\n        return x.resh",
            "if self.cache is None:\n            self.cache = x\n        return x.resh",
        ),
    ],
)
def test_what_an_object_keeps_from_the_first_batch_is_seen(tmp_path, edits):
    found = of_linear(tmp_path, *edits)
    assert "reuse" in found or "gradient" in found


def test_nothing_but_numpys_random_state_is_restored(tmp_path):
    """The handed-out constructors seed NumPy; a forward that draws is changing global state."""
    module = loaded(
        tmp_path,
        edited(
            RIGHT,
            "self.cache = x\n        return np.max",
            "np.random.rand()\n        return np.max",
        ),
    )
    (relu,) = (s for s in spellings_found(module, "cs7643") if s.forward == "ReLU")
    assert "random state" in failing(module, relu, ["side_effects"])["side_effects"]


UNFINISHED = edited(
    RIGHT,
    "        self.dx = dout * (self.cache > 0)",
    "        self.dx = None",
    "return probs, -log",
    "return None, -log",
    "        self.cache = x\n        return out\n\n    def backward(self, dout):\n        x, k",
    "        self.cache = (x, H_out, W_out)\n        return out\n\n"
    "    def backward(self, dout):\n        x, k",
)


def test_what_is_not_written_is_missing(tmp_path):
    path = tmp_path / "modules.py"
    path.write_text(UNFINISHED)
    operators = ("relu", "softmax", "max_pool2d")
    named = (word for operator in operators for word in ("--operator", operator))
    verdict, run = check(path, *named, examples=10)
    found = {
        (row["function"], row["status"])
        for entry in verdict["operators"]
        for row in entry["properties"]
    }
    assert {("ReLU.backward", "missing"), ("MaxPooling", "missing")} <= found, run.stdout
    assert not {status for _, status in found} & {"crash"}, run.stdout
