"""Solvers of CS231n and EECS 498: right ones pass, and each known mistake is found."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, statuses

RIGHT = (EXAMPLES / "right_solver.py").read_text()
# What the worker finds where the course's own module is not there.
ALONE = RIGHT.replace("from cs231n import optim", "optim = None")
ON_TENSORS = edited(
    ALONE.replace("np.argmax(scores, axis=1)", "torch.argmax(scores, dim=1)")
    .replace("np.mean(np.hstack(y_pred) == y)", "(torch.cat(y_pred) == y).float().mean().item()")
    .replace("v.copy()", "v.clone()")
    .replace("import numpy as np", "import torch"),
    'getattr(optim, kwargs.pop("update_rule", "sgd"))',
    'kwargs.pop("update_rule")',
    "np.random.choice(self.X_train.shape[0], self.batch_size)",
    "torch.randperm(self.X_train.shape[0])[: self.batch_size]",
    "np.random.choice(N, num_samples)",
    "torch.randperm(N)[:num_samples]",
)


def judged(folder, source, convention="cs231n", properties=("shape", "forward", "laws")):
    module = loaded(folder, source)
    (spelling,) = spellings_found(module, convention)
    return failing(module, spelling, properties)


def test_a_right_solver_passes():
    verdict, run = check(EXAMPLES / "right_solver.py", examples=20)
    assert statuses(verdict) == {"solver": "pass"}, run.stdout


def test_a_right_solver_on_tensors_passes(tmp_path):
    assert not judged(tmp_path, ON_TENSORS, "eecs498")


MISTAKES = [
    ("            if epoch_end:\n                self.epoch += 1\n", "            if True:\n"),
    ("v.copy() for", "v for"),
    ("        self.model.params = self.best_params\n", ""),
    ("y_batch = self.y_train[batch_mask]", "y_batch = self.y_train[: self.batch_size]"),
    ("dict(self.optim_config) for", "self.optim_config for"),
    ("self.check_accuracy(self.X_val, self.y_val)", "train_acc"),
    ("if t == 0 or epoch_end:", "if epoch_end:"),
    ("num_iterations = self.num_epochs * iterations_per_epoch", "num_iterations = self.num_epochs"),
    ("np.random.choice(self.X_train.shape[0], self.batch_size)", "np.arange(self.batch_size)"),
    ("if val_acc > self.best_val_acc", "if train_acc > self.best_val_acc"),
    ("self.loss_history.append(loss)", "self.loss_history.append((loss, 0))"),
]


@pytest.mark.parametrize(("old", "new"), MISTAKES, ids=[old.strip()[:30] for old, _ in MISTAKES])
def test_a_planted_mistake_is_found(tmp_path, old, new):
    properties = ("shape",) if "(loss, 0)" in new else ("shape", "forward")
    properties = ("laws",) if "arange" in new else properties
    assert judged(tmp_path, edited(ALONE, old, new), properties=properties)


def test_a_solver_with_other_options_is_not_judged(tmp_path):
    source = ALONE.replace("num_epochs", "epochs")
    module = loaded(tmp_path, source)
    assert not spellings_found(module, "cs231n")
