"""Early stops on torch: right ones pass in each usual form, and known mistakes die."""

from __future__ import annotations

import pytest

from candidates.conventions._torch_stopping import obstacle
from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings
from tests.spelled import edited

RIGHT = (EXAMPLES / "right_stopping.py").read_text()
JUDGED = ("shape", "forward", "side_effects", "laws")

RESET = "self.best_score, self.counter = score, 0"
MISTAKES = {
    "count never reset": ("EarlyStopping", RESET, "self.best_score = score"),
    "best never moves": ("EarlyStopping", f"        {RESET}\n", "        self.counter = 0\n"),
    "delta ignored": ("EarlyStopping", "self.best_score + self.delta", "self.best_score"),
    "against the one before": (
        "EarlyStopping",
        "self.counter += 1\n",
        "self.counter += 1\n            self.best_score = score\n",
    ),
    "count goes down": ("EarlyStopping", RESET, f"{RESET[:-1]}max(self.counter - 1, 0)"),
    "mode max is min": ("EarlyStopper", '-1 if mode == "min" else 1', "-1"),
    "best moves by small gains": (
        "EarlyStopper",
        "            self.waited += 1\n",
        "            self.waited += 1\n            self.best += max(gain, 0)\n",
    ),
}


@pytest.mark.parametrize("name", ["EarlyStopping", "EarlyStopper"])
def test_the_right_ones_pass(tmp_path, name):
    assert not failures(load(tmp_path, RIGHT), "torch", name, examples=40)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found(tmp_path, mistake):
    name, old, new = MISTAKES[mistake]
    module = load(tmp_path, edited(RIGHT, old, new))
    assert failures(module, "torch", name, *JUDGED, examples=150)


def test_forms_are_told(tmp_path):
    module = load(tmp_path, RIGHT)
    found = spellings(module, "torch")
    words = {
        name: found[name].told(module)["differs"] for name in ("EarlyStopping", "EarlyStopper")
    }
    assert words["EarlyStopping"] == "small numbers are good, equal ones are as good as better ones"
    assert words["EarlyStopper"] == "it stops when the patience is exceeded"


def test_large_numbers_may_be_good(tmp_path):
    module = load(tmp_path, edited(RIGHT, "score = -val_loss", "score = val_loss"))
    assert spellings(module, "torch")["EarlyStopping"].told(module)["domain"]["mode"] == ["max"]
    assert not failures(module, "torch", "EarlyStopping", *JUDGED, examples=20)


def test_a_slack_is_another_definition(tmp_path):
    slack = "self.waited += metric * -self.sign > -self.best + self.min_delta"
    source = edited(RIGHT, "gain > self.min_delta", "gain > 0", "self.waited += 1", slack)
    assert "EarlyStopper" not in spellings(load(tmp_path, source), "torch")


def test_what_cannot_be_told_a_number_is_not_judged(tmp_path):
    source = edited(RIGHT, "val_loss, model):", "val_loss, model, epoch):")
    assert obstacle(load(tmp_path, source).EarlyStopping) == (
        "it has no method that takes a number, and perhaps a model"
    )


def test_the_model_may_stand_first(tmp_path):
    source = edited(RIGHT, "val_loss, model):", "model, val_loss):")
    assert not failures(load(tmp_path, source), "torch", "EarlyStopping", *JUDGED, examples=20)
