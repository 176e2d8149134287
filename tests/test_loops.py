"""The loops of `reference/training/` refuse bad arguments in one sentence."""

from __future__ import annotations

import numpy as np
import pytest

from reference.training._classifier import LinearClassifier
from reference.training.accumulate_gradients import accumulate_gradients
from reference.training.checkpoint import Adam, checkpoint, load, save
from reference.training.solver import solver
from reference.training.train_model import train_model

X, Y = np.ones((4, 2)), np.array([0, 1, 2, 0])
DATA = {"x": X, "y": Y, "x_val": X, "y_val": Y}


def model():
    return LinearClassifier({"W": np.zeros((3, 2)), "b": np.zeros(3)})


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"learning_rate": -1}, ValueError, "learning_rate must be at least 0, got -1"),
        ({"momentum": "high"}, TypeError, "momentum must be a number, got 'high'"),
        ({"lr_decay": -0.5}, ValueError, "lr_decay must be at least 0, got -0.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        ({"epochs": 1.5}, TypeError, "epochs must be an int, got 1.5"),
    ],
)
def test_a_solver_refuses_bad_arguments(options, error, sentence):
    with pytest.raises(error, match=sentence):
        solver(model(), DATA, **{"learning_rate": 0.1, "batch_size": 2, **options})


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"gamma": -1}, ValueError, "gamma must be at least 0, got -1"),
        ({"keep": "best"}, ValueError, r"keep must be one of \(.*\), got 'best'"),
        ({"ties": "all"}, ValueError, r"ties must be one of \(.*\), got 'all'"),
        ({"patience": 0}, ValueError, "patience must be at least 1, got 0"),
        ({"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
    ],
)
def test_a_training_refuses_bad_arguments(options, error, sentence):
    with pytest.raises(error, match=sentence):
        train_model(model(), [(X, Y)], [(X, Y)], **{"learning_rate": 0.1, **options})


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"accumulation_steps": 0}, "accumulation_steps must be at least 1, got 0"),
        ({"shares": "tokens"}, r"shares must be one of \(.*\), got 'tokens'"),
        ({"rest": "lost"}, r"rest must be one of \(.*\), got 'lost'"),
        ({"learning_rate": -1}, "learning_rate must be at least 0, got -1"),
        ({"batches": []}, "batches must have at least one sample, got none"),
    ],
)
def test_an_accumulation_refuses_bad_arguments(options, sentence):
    given = {"batches": [(X, Y)], "accumulation_steps": 2, "learning_rate": 0.1, **options}
    with pytest.raises(ValueError, match=sentence):
        accumulate_gradients(model(), velocities={}, gradients={}, **given)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"saved_after": 2}, ValueError, "saved_after must be at most 1, got 2"),
        ({"saved_after": -1}, ValueError, "saved_after must be at least 0, got -1"),
        ({"epoch": 0.5}, TypeError, "epoch must be an int, got 0.5"),
        ({"counts": "both"}, ValueError, "counts must be 'saved' or 'next', got 'both'"),
        ({"learning_rate": "low"}, TypeError, "learning_rate must be a number, got 'low'"),
        ({"fresh_learning_rate": -1}, ValueError, "fresh_learning_rate must be at least 0, got -1"),
    ],
)
def test_a_checkpoint_refuses_bad_arguments(options, error, sentence):
    rates = {"learning_rate": 0.1, "fresh_learning_rate": 0.1}
    with pytest.raises(error, match=sentence):
        checkpoint(model(), model(), [(X, Y)], **{"saved_after": 1, "epoch": 3, **rates, **options})


def test_a_checkpoint_of_another_model_is_refused():
    other = LinearClassifier({"W": np.zeros((3, 2))})
    saved = save(model(), Adam(model(), 0.1), 3)
    with pytest.raises(ValueError, match=r"the model has \['W'\], but \['W', 'b'\] were saved"):
        load(saved, other, Adam(other, 0.1))


def test_a_solver_learns_what_can_be_told_apart():
    x = np.repeat(np.eye(3), 4, axis=0)
    data = {"x": x, "y": np.arange(12) // 4, "x_val": np.eye(3), "y_val": np.arange(3)}
    net = LinearClassifier({"W": np.zeros((3, 3)), "b": np.zeros(3)})
    history = solver(net, data, learning_rate=1.0, batch_size=4, epochs=10)
    assert history.best == 1.0
    assert np.array_equal(net.predict(np.eye(3)), np.arange(3))
