"""Update rules in the convention of CS231n: state in a dictionary that may be written to."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES, write
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, rows, statuses

RIGHT = (EXAMPLES / "right_optim.py").read_text()

STUB = """
def sgd_momentum(w, dw, config=None):
    if config is None:
        config = {}
    v = config.get("velocity", np.zeros_like(w))
    next_w = None
    config["velocity"] = v
    return next_w, config
"""

IN_PLACE = """
def rmsprop(x, dx, config=None):
    decay = config["decay_rate"]
    config.setdefault("cache", np.zeros_like(x))
    config["cache"] *= decay
    config["cache"] += (1 - decay) * dx**2
    x -= config["learning_rate"] * dx / (np.sqrt(config["cache"]) + config["epsilon"])
    return x, config
"""


def spelled(module, function):
    (found,) = spellings_found(module, "cs231n", function)
    return found


def test_a_stub_is_missing(tmp_path):
    verdict, run = check(write(tmp_path, STUB), "--operator", "sgd", examples=20)
    assert statuses(verdict) == {"sgd": "missing"}, run.stdout


def test_w_and_the_state_may_be_written_to(tmp_path):
    verdict, run = check(write(tmp_path, IN_PLACE), "--operator", "rmsprop", examples=100)
    assert statuses(verdict) == {"rmsprop": "pass"}, run.stdout


def test_the_gradient_may_not(tmp_path):
    spoiled = IN_PLACE.replace("    x -=", "    dx *= 1.5\n    x -=")
    verdict, run = check(write(tmp_path, spoiled), "--operator", "rmsprop", examples=40)
    assert rows(verdict, "rmsprop")["side_effects"]["status"] == "side-effect", run.stdout


def test_the_default_of_t_is_not_the_students(tmp_path):
    module = loaded(tmp_path, edited(RIGHT, 'setdefault("t", 0)', 'setdefault("t", 1)'))
    assert not failing(module, spelled(module, "adam"), ["forward", "steps"])


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("sgd", 'w -= config["learning_rate"] * dw', "w -= dw"),
        ("sgd_momentum", '- config["learning_rate"] * dw', "- dw"),
        ("sgd_momentum", 'return w + config["velocity"]', "return w + v"),
        ("rmsprop", "+ (1 - decay) * dw**2", "+ dw**2"),
        ("adam", 'config["t"] += 1', "pass"),
        ("adam", 'config["m"] / (1 - beta1 ** config["t"])', 'config["m"]'),
        ("adam", 'np.sqrt(v_hat) + config["epsilon"]', 'np.sqrt(v_hat + config["epsilon"])'),
    ],
)
def test_mistakes_are_found(tmp_path, function, old, new):
    module = loaded(tmp_path, edited(RIGHT, old, new))
    assert failing(module, spelled(module, function), ["forward"])


def test_a_result_without_a_dictionary_is_wrong(tmp_path):
    source = edited(RIGHT, 'w -= config["learning_rate"] * dw\n    return w, config', "return w, 1")
    verdict, run = check(write(tmp_path, source), "--function", "sgd", examples=20)
    assert statuses(verdict)["sgd"] == "wrong"
    assert "config is int, expected a dictionary" in run.stdout
