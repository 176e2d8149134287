"""Loops that are methods of a trainer: right ones pass in any form, each known mistake is told."""

from __future__ import annotations

import pytest

from candidates.conventions import _torch_held
from tests.homework import EXAMPLES
from tests.in_process import failures_of_operator
from tests.spelled import edited, loaded
from tests.test_command import check, statuses

RIGHT = (EXAMPLES / "right_trainer.py").read_text()
BACKWARD = """            loss.backward()
            self.optimizer.step()
            total_loss"""
ZERO = """            self.optimizer.zero_grad()
"""
VALIDATED = """        self.model.eval()
        total_loss"""


def judged(folder, text, *options, examples=15):
    path = folder / "trainer.py"
    path.write_text(text)
    return check(path, "--convention", "torch", *options, examples=examples)


def test_right_trainers_pass(tmp_path):
    verdict, run = judged(tmp_path, RIGHT, examples=20)
    wanted = {"train_epoch": "pass", "evaluate": "pass", "train_model": "pass"}
    assert statuses(verdict) == wanted, run.stdout
    found = {row["function"] for entry in verdict["operators"] for row in entry["properties"]}
    of_learner = {"Learner.train_one_epoch", "Learner.evaluate"}
    assert found == {"Trainer.train_epoch", "Trainer.validate", "Trainer.fit", *of_learner}


MISTAKES = [
    ("train_epoch", ZERO, "", "wrong", "W1"),
    (
        "train_epoch",
        BACKWARD,
        BACKWARD.replace("            self.optimizer.step()\n", ""),
        "wrong",
        "",
    ),
    (
        "train_epoch",
        BACKWARD,
        BACKWARD.replace("            loss.backward()\n", "").replace(
            "step()", "step()\n            loss.backward()"
        ),
        "wrong",
        "",
    ),
    ("train_epoch", "self.model.train()", "self.model.eval()", "wrong", ""),
    (
        "train_epoch",
        "total_loss += loss.item() * len(labels)",
        "total_loss += loss.item()",
        "wrong",
        "losses[0]",
    ),
    (
        "train_epoch",
        "total_loss += loss.item() * len(labels)",
        "total_loss += loss * len(labels)",
        "wrong",
        "still holds the graph",
    ),
    ("train_epoch", "in self.train_loader:", "in self.val_loader:", "wrong", ""),
    ("train_epoch", "self.opt.zero_grad()", "pass", "wrong", ""),
    ("evaluate", VALIDATED, "        total_loss", "wrong", ""),
    ("evaluate", VALIDATED, "        self.model.train()\n        total_loss", "wrong", ""),
    ("evaluate", "labels).item() * len(labels)", "labels).item()", "wrong", "losses[0]"),
    ("evaluate", "correct / seen", "correct / len(self.val_loader)", "wrong", "accuracies[0]"),
    ("evaluate", "in self.val_loader:", "in self.train_loader:", "wrong", ""),
    ("evaluate", "    @torch.no_grad()\n", "", "pass", ""),
    (
        "train_model",
        "            train_loss = self.train_epoch()\n",
        "            train_loss = 0.0\n",
        "wrong",
        "",
    ),
    ("train_model", ZERO, "", "wrong", "W1"),
    (
        "train_model",
        "for epoch in range(self.epochs)",
        "for epoch in range(1, self.epochs)",
        "wrong",
        "",
    ),
]


@pytest.mark.parametrize(("operator", "old", "new", "status", "said"), MISTAKES)
def test_a_planted_mistake_is_told(tmp_path, operator, old, new, status, said):
    found = failures_of_operator(
        tmp_path, edited(RIGHT, old, new), operator, convention="torch", examples=15
    )
    assert status in {s for s, _ in found.values()} if status != "pass" else not found, found
    assert status == "pass" or any(said in message for _, message in found.values()), found


TRAINER = """
import torch
from torch import nn


class Trainer:
    def __init__(self, model, loader, optimizer, {more}):
        {made}
        self.model, self.loader = model, loader
        self.optimizer = optimizer
        self.loss = nn.CrossEntropyLoss({loss})

    def train_epoch(self):
        self.model.train()
        for x, y in self.loader:
            self.optimizer.zero_grad()
            self.loss(self.model(x), y).backward()
            {step}
"""
PLAIN = {"more": "device=None", "made": "pass", "loss": "", "step": "self.optimizer.step()"}
OBSTACLES = [
    ({}, ""),
    ({"more": "save_dir"}, ""),
    ({"more": "temperature", "made": "self.t = temperature * 2"}, "what temperature should be"),
    ({"more": "tokenizer", "made": "self.pad = tokenizer.pad"}, "what tokenizer should be"),
    ({"made": "raise KeyError('wandb')"}, "Trainer(...) raises KeyError"),
    ({"made": "model = nn.Linear(3, 3)"}, "the model that it works on is not the one"),
    ({"loss": "label_smoothing=0.1"}, "its CrossEntropyLoss is not the plain mean"),
    ({"loss": "reduction='sum'"}, "its CrossEntropyLoss is not the plain mean"),
    ({"step": "torch.optim.Adam(self.model.parameters()).step()"}, "it makes an optimizer"),
    ({"step": "self.optimizer.param_groups[0]['lr'] = 1"}, "it sets the learning rate itself"),
    ({"step": "self.update()"}, ""),
]


@pytest.mark.parametrize(("changed", "reason"), OBSTACLES)
def test_what_a_trainer_is_not_judged_for_is_named(tmp_path, changed, reason):
    module = loaded(tmp_path, TRAINER.format(**PLAIN | changed))
    named = "*.train_epoch"
    spelling = next(s for s in _torch_held.spellings() if s.forward == named)
    assert spelling.when(module.Trainer.train_epoch)
    said = spelling.obstacle(module.Trainer.train_epoch)
    assert said.startswith(reason) if reason else not said


OTHERS = """
import torch


class Net(torch.nn.Module):
    def __init__(self, model, loader):
        super().__init__()

    def train_epoch(self):
        pass


class Plain:
    def __init__(self, x):
        self.x = x

    def train_epoch(self):
        pass

    @staticmethod
    def evaluate(model, loader):
        pass
"""


def test_other_classes_are_no_trainers(tmp_path):
    module = loaded(tmp_path, OTHERS)
    for method in (module.Net.train_epoch, module.Plain.train_epoch, module.Plain.evaluate):
        kinds = ("training", "evaluation", "fitting")
        assert not any(_torch_held.loop_of(method, kind) for kind in kinds)


def test_an_epoch_of_many_is_no_whole_training(tmp_path):
    module = loaded(tmp_path, RIGHT)
    method = module.Trainer.train_epoch
    assert _torch_held.loop_of(method, "training") is not None
    assert _torch_held.loop_of(method, "fitting") is None
    assert _torch_held.loop_of(module.Trainer.fit, "training") is None
