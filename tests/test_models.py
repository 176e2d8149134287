"""The models: one path equals the other, bad arguments are refused, they learn."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from properties import models
from properties.case import Case
from properties.checks import find_property
from properties.explore import explore
from properties.models import model_names, model_of
from properties.operator import find_operator
from properties.promise import Promise
from properties.references import reference
from properties.trial import Trial
from reference.models.char_rnn import CharRnn
from reference.models.custom_cnn import CustomCnn
from reference.models.fully_connected_net import FullyConnectedNet
from reference.models.seq2seq import Seq2seq
from reference.models.three_layer_convnet import ThreeLayerConvNet
from reference.models.two_layer_net import TwoLayerNet

W, B = np.ones((3, 4)), np.zeros(3)
TWO = {"W1": W, "b1": B, "W2": np.ones((2, 3)), "b2": np.zeros(2)}

BAD = [
    (TWO, {"path": "fast"}, ValueError, "path must be one of"),
    (TWO, {"reg": -1}, ValueError, "reg must be at least 0"),
    (TWO, {"reg": "0"}, TypeError, "reg must be a number"),
    (TWO, {"activation": "gelu"}, ValueError, "activation must be one of .* got 'gelu'"),
    ({**TWO, "W1": [[1.0]]}, {}, TypeError, "W1 must be a floating-point NumPy array, got list"),
]


@pytest.mark.parametrize(("parameters", "options", "error", "sentence"), BAD)
def test_bad_arguments(parameters, options, error, sentence):
    with pytest.raises(error, match=sentence):
        TwoLayerNet(parameters, **options)


def test_a_normalization_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match=r"normalization must be one of .* got 'group'"):
        FullyConnectedNet(TWO, normalization="group")


CNN = {"W1": np.ones((1, 1, 3, 3)), "b1": B[:1], "W2": np.ones((2, 1)), "b2": np.zeros(2)}

BAD_CNN = [
    ({}, ValueError, r"pools must be 1 bools, one a convolution, got \(\)"),
    ({"pools": (1,)}, TypeError, "pools must be a bool, got 1"),
    ({"pools": (True,), "head": "max"}, ValueError, "head must be one of .* got 'max'"),
    ({"pools": (True,), "normalized": None}, TypeError, "normalized must be a bool, got None"),
    ({"pools": (True,), "p": -0.5}, ValueError, "p must be at least 0, got -0.5"),
]


@pytest.mark.parametrize(("options", "error", "sentence"), BAD_CNN)
def test_a_network_that_cannot_be_is_refused(options, error, sentence):
    with pytest.raises(error, match=sentence):
        CustomCnn(CNN, **options)


CHARACTERS = {
    "Wxh": np.ones((2, 3)),
    "Whh": np.ones((2, 2)),
    "Why": np.ones((3, 2)),
    "bh": np.zeros(2),
    "by": np.zeros(3),
}


@pytest.mark.parametrize(
    ("model", "options", "error", "sentence"),
    [
        (CharRnn, {"reduction": "batch"}, ValueError, "reduction must be one of .* got 'batch'"),
        (CharRnn, {"clip_value": -1}, ValueError, "clip_value must be at least 0, got -1"),
        (CharRnn, {"end": -1}, ValueError, "end must be at least 0, got -1"),
        (CharRnn, {"fresh": 1}, TypeError, "fresh must be a bool, got 1"),
        (Seq2seq, {"cell": "elman"}, ValueError, "cell must be one of .* got 'elman'"),
        (Seq2seq, {"attention": "luong"}, ValueError, "attention must be one of .* got 'luong'"),
        (Seq2seq, {"context": "both"}, ValueError, "context must be one of .* got 'both'"),
        (Seq2seq, {"reduction": "none"}, ValueError, "reduction must be one of .* got 'none'"),
        (Seq2seq, {"bridge": None}, TypeError, "bridge must be a bool, got None"),
        (Seq2seq, {"packed": 0}, TypeError, "packed must be a bool, got 0"),
        (Seq2seq, {"null": -1}, ValueError, "null must be at least 0, got -1"),
        (Seq2seq, {"start": "<sos>"}, TypeError, "start must be an int, got '<sos>'"),
        (Seq2seq, {"end": -2}, ValueError, "end must be at least 0, got -2"),
    ],
)
def test_bad_arguments_of_sequence_models(model, options, error, sentence):
    with pytest.raises(error, match=sentence):
        model(CHARACTERS, {"h": np.zeros((1, 2))}, **options)


@pytest.mark.parametrize("wrong", [-2, 3])
def test_a_character_that_is_not_in_the_vocabulary_is_refused(wrong):
    net = CharRnn(CHARACTERS, {"h": np.zeros((1, 2))})
    with pytest.raises(ValueError, match=f"x must hold ids from -1 to 2, got {wrong}"):
        net.loss(np.array([[0, wrong]]), np.array([[1, 2]]))


def test_a_few_characters_are_learned_by_heart():
    """min-char-rnn's own training: windows of a text, the state carried on, Adagrad."""
    rng, text = np.random.default_rng(0), np.array([0, 1, 2, 3, 1, 0, 3, 2] * 4)
    shapes = {"Wxh": (12, 4), "Whh": (12, 12), "Why": (4, 12), "bh": (12,), "by": (4,)}
    parameters = {name: 0.1 * rng.standard_normal(shape) for name, shape in shapes.items()}
    net = CharRnn(parameters, {"h": np.zeros((1, 12))}, clip_value=5.0)
    first = net.perplexity(text[None, :-1], text[None, 1:])
    sums = {name: np.zeros(shape) for name, shape in shapes.items()}
    for step in range(120):
        start = step % 3 * 8
        if start == 0:
            net.state["h"] = np.zeros((1, 12))
        window = text[None, start : start + 9]
        _, gradients = net.loss(window[:, :-1], window[:, 1:])
        for name, gradient in net.clipped(gradients).items():
            sums[name] += gradient**2
            net.parameters[name] -= 0.1 * gradient / np.sqrt(sums[name] + 1e-8)
    net.state["h"] = np.zeros((1, 12))
    last = net.perplexity(text[None, :-1], text[None, 1:])
    assert abs(first - 4) < 0.5
    assert last < 1.2
    assert np.array_equal(net.sample(text[None], 12)[0], text[1:13])


def test_labels_must_be_ids_and_images_must_fit():
    net = TwoLayerNet(TWO)
    with pytest.raises(TypeError, match="y must be an integer"):
        net.loss(np.ones((2, 4)), np.zeros(2))
    with pytest.raises(ValueError, match="x must have shape"):
        net.scores(np.ones((2, 5)))


def test_every_model_has_its_class():
    for name in model_names():
        assert model_of(importlib.import_module(f"reference.models.{name}")).chain


@pytest.mark.parametrize("path", ["naive", "vectorized"])
def test_a_few_images_are_learned_by_heart(path):
    """Gradient descent on a few images ends at a small loss and all predictions right."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, 2, 4, 4)), np.arange(8) % 3
    net = ThreeLayerConvNet(
        {
            "W1": 0.3 * rng.standard_normal((4, 2, 3, 3)),
            "b1": np.zeros(4),
            "W2": 0.3 * rng.standard_normal((10, 16)),
            "b2": np.zeros(10),
            "W3": 0.3 * rng.standard_normal((3, 10)),
            "b3": np.zeros(3),
        },
        reg=0.0,
        path=path,
    )
    first, _ = net.loss(x, y)
    for _ in range(60):
        _, gradients = net.loss(x, y)
        for name, gradient in gradients.items():
            net.parameters[name] = net.parameters[name] - 0.3 * gradient
    last, _ = net.loss(x, y)
    assert abs(first - np.log(3)) < 1
    assert last < 0.1 * first
    assert np.array_equal(net.predict(x), y)


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov", "adam"])
def test_a_step_of_another_optimizer_is_not_torchs(monkeypatch, optimizer):
    """What training leaves is compared with torch's own optimizer, what that keeps included."""
    step = models._step

    def dampened(g, kept, at):
        return step(0.9 * g if at["optimizer"] == optimizer else g, kept, at)

    operator = find_operator("two_layer_net")
    vectorized = reference(operator, "vectorized")
    assert not explore(operator, vectorized, Promise(), examples=40, seed=0).failing
    monkeypatch.setattr(models, "_step", dampened)
    found = explore(operator, vectorized, Promise(), examples=40, seed=0).failing
    assert found
    assert all(
        trial.case.steps[0]["optimizer"] == optimizer for f in found for trial, _ in f.failing
    )


CANCELLED = (
    '{"operator":"custom_cnn","attributes":{"batch":3,"channels":1,"size":[1,1],"filters":[1,1],'
    '"filter_size":1,"pools":[false,false],"head":"flatten","hidden":[4],"classes":2,'
    '"normalized":true,"p":0.0,"reg":0.5,"fresh":true,"running_var_update":"biased"},'
    '"regime":"normal","steps":[{"learning_rate":0.01,"optimizer":"momentum","momentum":0.9,'
    '"step":0},{"learning_rate":0.01,"optimizer":"momentum","momentum":0.9,"step":1}],"seed":1307}'
)


@pytest.mark.parametrize("path", ["naive", "vectorized"])
def test_momentum_of_a_gradient_that_cancels_is_no_more_precise_than_it(path):
    case = Case.from_json(CANCELLED)
    operator = find_operator("custom_cnn")
    trial = Trial(operator, reference(operator, path), Promise(), case)
    assert trial.cancelled_unit("velocity_b2") > 0
    assert trial.cancelled_unit("W2") == trial.cancelled_unit("velocity_W2") == 0
    assert find_property("precision").failure(trial) is None
