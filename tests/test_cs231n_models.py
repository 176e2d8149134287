"""CS231n's classifiers: right ones pass, planted mistakes are told, layers get their blame."""

from __future__ import annotations

import pytest

from candidates.diagnosis.blame import right_layers
from tests.homework import EXAMPLES
from tests.in_process import failures_of_operator, put_beside
from tests.test_command import check, rows

LAYERS, RNN, MODELS, CAPTIONING = (
    EXAMPLES / name
    for name in ("right.py", "right_rnn.py", "right_models.py", "right_captioning.py")
)


def written(folder, *, layers=(), models=(), rnn=()):
    """The files with texts replaced, each of which must be there."""
    for path, edits in ((LAYERS, layers), (RNN, rnn), (MODELS, models)):
        text = path.read_text()
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        (folder / path.name).write_text(text)
    return folder / MODELS.name


def judged(path, *operators, examples=25, hints="none"):
    options = [word for name in operators for word in ("--operator", name)]
    return check(path, *options, examples=examples, hints=hints)


@pytest.fixture
def failing(tmp_path, monkeypatch):
    """What fails of an operator of a file, judged in this process with its layers beside it."""

    def found(file, operator):
        put_beside(monkeypatch, tmp_path, *(tmp_path / path.name for path in (LAYERS, RNN)))
        return failures_of_operator(
            tmp_path, file.read_text(), operator, convention="cs231n", examples=25
        )

    return found


def test_right_models_pass(tmp_path):
    verdict, run = judged(
        written(tmp_path), "two_layer_net", "fully_connected_net", "three_layer_convnet"
    )
    assert {o["operator"]: o["status"] for o in verdict["operators"]} == {
        "two_layer_net": "pass",
        "fully_connected_net": "pass",
        "three_layer_convnet": "pass",
    }, run.stdout
    steps = rows(verdict, "fully_connected_net")["steps"]
    assert steps["examples"] > 5


PENALTY = "loss += 0.5 * self.reg * np.sum(self.params[name] ** 2)"
MISTAKES = [
    ("two_layer_net", PENALTY, PENALTY.replace("0.5 * ", ""), "loss differs"),
    ("two_layer_net", PENALTY, "loss += 0", "loss differs"),
    (
        "two_layer_net",
        "weight_scale * np.random.randn(hidden_dim, num_classes)",
        "np.random.randn(hidden_dim, num_classes)",
        "at the start params['W2'] has the standard deviation",
    ),
    (
        "two_layer_net",
        '"b1": np.zeros(hidden_dim)',
        '"b1": np.ones(hidden_dim)',
        "at the start params['b1'] is not 0 everywhere",
    ),
    (
        "two_layer_net",
        '"W1": weight_scale * np.random.randn(input_dim, hidden_dim)',
        '"W1": weight_scale * np.random.randn(hidden_dim, input_dim)',
        "params['W1'] has shape",
    ),
    (
        "fully_connected_net",
        'mode = "test" if y is None else "train"',
        'mode = "train"',
        "scores[",
    ),
    (
        "fully_connected_net",
        'grads[f"gamma{i}"], grads[f"beta{i}"] = dgamma, dbeta',
        'grads[f"gamma{i}"] = dgamma',
        "dbeta1 is None",
    ),
    (
        "three_layer_convnet",
        '"pad": (p["W1"].shape[2] - 1) // 2',
        '"pad": 1',
        "",
    ),
    (
        "three_layer_convnet",
        'for name in ("W1", "W2", "W3"):\n            loss',
        'for name in ("W2", "W3"):\n            loss',
        "loss differs",
    ),
]


@pytest.mark.parametrize(("operator", "old", "new", "said"), MISTAKES)
def test_a_planted_mistake_is_told(tmp_path, failing, operator, old, new, said):
    found = failing(written(tmp_path, models=[(old, new)]), operator)
    assert {status for status, _ in found.values()} & {"wrong", "crash"}, found
    assert any(said in message for _, message in found.values()), found


BY_THE_COMMAND = [
    (
        "fully_connected_net",
        'self.bn_params = [{"mode": "train"} for _ in hidden_dims]',
        'self.bn_params = [{"mode": "train"}] * len(hidden_dims)',
        "running_mean",
    ),
    (
        "fully_connected_net",
        "        if self.use_dropout:\n            dout = dropout_backward(dout, dropout_cache)\n",
        "",
        "dW1",
    ),
]


@pytest.mark.parametrize(("operator", "old", "new", "said"), BY_THE_COMMAND)
def test_the_command_tells_of_a_planted_mistake(tmp_path, operator, old, new, said):
    verdict, run = judged(written(tmp_path, models=[(old, new)]), operator)
    (found,) = verdict["operators"]
    assert found["status"] in ("wrong", "crash"), run.stdout
    assert any(said in row["message"] for row in found["properties"]), run.stdout


def test_a_model_that_is_not_written_is_missing(tmp_path):
    path = tmp_path / "fc_net.py"
    path.write_text(
        "class TwoLayerNet(object):\n"
        "    def __init__(self, input_dim=3072, hidden_dim=100, num_classes=10,\n"
        "                 weight_scale=1e-3, reg=0.0):\n"
        "        self.params = {}\n"
        "        self.reg = reg\n\n"
        "    def loss(self, X, y=None):\n"
        "        scores = None\n"
        "        if y is None:\n"
        "            return scores\n"
        "        loss, grads = 0, {}\n"
        "        return loss, grads\n"
    )
    verdict, run = judged(path, "two_layer_net", examples=10)
    assert verdict["operators"][0]["status"] == "missing", run.stdout


def sentences(verdict, operator):
    (found,) = (o for o in verdict["operators"] if o["operator"] == operator)
    return [entry["sentence"] for row in found["properties"] for entry in row["diagnosis"]]


def test_a_wrong_layer_is_blamed_and_the_model_judged_with_a_right_one(tmp_path):
    eps = [("np.sqrt(var + eps)", "(np.sqrt(var) + eps)")]
    verdict, run = judged(written(tmp_path, layers=eps), "fully_connected_net", hints="gentle")
    said = sentences(verdict, "fully_connected_net")
    assert any(s.startswith("the fault is in batchnorm") for s in said), run.stdout
    assert any(s.endswith("in its place the model passes") for s in said), said


def test_a_model_that_is_wrong_too_is_told_so(tmp_path):
    path = written(
        tmp_path,
        layers=[("return dout * (cache > 0)", "return 2 * dout * (cache > 0)")],
        models=[(PENALTY, "loss += 0")],
    )
    verdict, run = judged(path, "two_layer_net", hints="gentle")
    said = sentences(verdict, "two_layer_net")
    assert not any(s.endswith("the model passes") for s in said), run.stdout


def test_the_models_own_fault_is_not_its_layers(tmp_path):
    path = written(tmp_path, models=[(PENALTY, "loss += 0")])
    verdict, run = judged(path, "two_layer_net", hints="full")
    said = sentences(verdict, "two_layer_net")
    assert said, run.stdout
    assert not any(s.startswith("the fault is in") for s in said)


def test_a_right_layer_has_its_fast_names_too():
    layers = right_layers("right.py")
    assert {"conv_forward_naive", "conv_backward_fast"} <= set(layers.groups["conv"])
    assert "batchnorm_backward_alt" in layers.groups["batchnorm"]


NEURAL = """
import numpy as np


class TwoLayerNet(object):
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {{
            "W1": std * np.random.randn(input_size, hidden_size),
            "b1": np.zeros(hidden_size),
            "W2": std * np.random.randn(hidden_size, output_size),
            "b2": np.zeros(output_size),
        }}

    def loss(self, X, y=None, reg=0.0):
        W1, b1, W2, b2 = (self.params[n] for n in ("W1", "b1", "W2", "b2"))
        hidden = np.maximum(X @ W1 + b1, 0)
        scores = hidden @ W2 + b2
        if y is None:
            return scores
        shifted = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(y))
        logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        loss = -logp[rows, y].mean() + {factor} * reg * ((W1**2).sum() + (W2**2).sum())
        p[rows, y] -= 1
        p /= len(y)
        dhidden = (p @ W2.T) * (hidden > 0)
        grads = {{
            "W2": hidden.T @ p + 2 * {factor} * reg * W2,
            "b2": p.sum(axis=0),
            "W1": X.T @ dhidden + {slope} * reg * W1,
            "b1": dhidden.sum(axis=0),
        }}
        return loss, grads
"""


@pytest.mark.parametrize(
    ("factor", "slope", "status"), [(1, 2, "pass"), (0.5, 1, "pass"), (1, 1, "wrong")]
)
def test_the_penalty_of_the_first_assignment_is_that_of_either_year(
    tmp_path, factor, slope, status
):
    path = tmp_path / "neural_net.py"
    path.write_text(NEURAL.format(factor=factor, slope=slope))
    verdict, run = judged(path, "two_layer_net")
    assert verdict["operators"][0]["status"] == status, run.stdout


def test_the_dropout_of_2016_is_a_fraction_dropped(tmp_path):
    models = [
        ("dropout_keep_ratio=1,", "dropout=0,"),
        ("dropout_keep_ratio != 1", "dropout > 0"),
        ('"p": dropout_keep_ratio', '"p": dropout'),
    ]
    verdict, run = judged(written(tmp_path, models=models), "fully_connected_net")
    assert verdict["operators"][0]["status"] == "pass", run.stdout


def captioning(folder, *old_new, rnn=()):
    """The file of the captioning model with texts replaced, beside its layers."""
    written(folder, rnn=rnn)
    text = CAPTIONING.read_text()
    for old, new in zip(old_new[::2], old_new[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    (folder / CAPTIONING.name).write_text(text)
    return folder / CAPTIONING.name


def test_a_right_captioning_model_passes(tmp_path):
    verdict, run = judged(captioning(tmp_path), "captioning_rnn")
    assert verdict["operators"][0]["status"] == "pass", run.stdout
    assert rows(verdict, "captioning_rnn")["steps"]["examples"] > 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mask = captions_out != self._null", "mask = captions_out >= 0", "loss differs"),
        (
            "captions_in, captions_out = captions[:, :-1], captions[:, 1:]",
            "captions_in, captions_out = captions[:, 1:], captions[:, 1:]",
            "loss differs",
        ),
        ("np.full(len(features), self._start)", "np.full(len(features), self._null)", "words"),
        ("h, c, _ = lstm_step_forward(x, h, c,", "h, _, _ = lstm_step_forward(x, h, c,", "words"),
        (
            "word = captions[:, t] = scores.argmax(axis=1)",
            "captions[:, t] = word\n            word = scores.argmax(axis=1)",
            "words",
        ),
        (
            '_, grads["W_proj"], grads["b_proj"] = affine_backward(dh0, projection)',
            '_, grads["W_proj"], _ = affine_backward(dh0, projection)',
            "db_proj is None",
        ),
    ],
)
def test_a_mistake_in_captioning_is_told(tmp_path, failing, old, new, said):
    found = failing(captioning(tmp_path, old, new), "captioning_rnn")
    assert "wrong" in {status for status, _ in found.values()}, found
    assert any(said in message for _, message in found.values()), found


def test_a_recurrent_layer_is_blamed(tmp_path):
    rnn = [
        (
            "def word_embedding_backward(dout, cache):",
            "def word_embedding_backward(dout, cache):\n    dout = 2 * dout",
        )
    ]
    verdict, run = judged(captioning(tmp_path, rnn=rnn), "captioning_rnn", hints="gentle")
    said = sentences(verdict, "captioning_rnn")
    assert any(s.startswith("the fault is in word_embedding") for s in said), run.stdout
