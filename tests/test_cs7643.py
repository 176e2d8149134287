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
    ("conv_classifier", "ConvNet"),
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
        ("conv_classifier", "ConvNet", "gradient", ("reversed(self.modules)", "self.modules[::2]")),
        ("conv_classifier", "ConvNet", "forward", ("x = module.forward(x)", "x = x")),
        (
            "conv_classifier",
            "ConvNet",
            "gradient",
            ("dout = module.dx\n", "dout = self.criterion.dx\n"),
        ),
    ],
)
def test_a_mistake_in_each_spelling_dies(tmp_path, operator, name, judged, edits):
    module = loaded(tmp_path, edited(RIGHT, *edits))
    (spelling,) = (s for s in spellings_found(module, "cs7643", name) if s.operator == operator)
    assert judged in failing(module, spelling, ["shape", judged])


def of_linear(tmp_path, *edits):
    module = loaded(tmp_path, edited(RIGHT, *edits))
    (linear,) = spellings_found(module, "cs7643", "Linear")
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
    (relu,) = spellings_found(module, "cs7643", "ReLU")
    assert "random state" in failing(module, relu, ["side_effects"])["side_effects"]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("x, self.criterion.forward(x, y)[1]", "the probabilities of a sample add up to"),
        ("np.full((len(x), x.shape[1]), 1 / x.shape[1]), 0.1", "that of the probabilities"),
        ("self.criterion.forward(x, y)[0].T, 0.0", "probs has shape"),
    ],
)
def test_a_network_must_give_the_probabilities_that_its_loss_is_of(tmp_path, returned, said):
    old, new = "return self.criterion.forward(x, y)", f"return {returned}"
    module = loaded(tmp_path, edited(RIGHT, old, new))
    (network,) = spellings_found(module, "cs7643", "ConvNet")
    assert said in failing(module, network, ["shape"])["shape"]


def test_a_wrong_module_is_blamed_and_the_network_judged_with_a_right_one(tmp_path):
    path = tmp_path / "modules.py"
    path.write_text(edited(RIGHT, "return out + self.bias[:, None, None]", "return out"))
    verdict, run = check(path, "--operator", "conv_classifier", hints="gentle", examples=25)
    (found,) = verdict["operators"]
    said = [entry["sentence"] for row in found["properties"] for entry in row["diagnosis"]]
    assert any(s.startswith("the fault is in Conv2D") for s in said), run.stdout
    assert any(s.endswith("in its place the model passes") for s in said), said


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
