"""Loops that take parts from their module: right ones pass, each known mistake is told."""

from __future__ import annotations

import pytest

from candidates.conventions import _torch_held
from candidates.conventions._torch_batches import NO_PAIRS
from tests.homework import EXAMPLES
from tests.in_process import failures_of_operator
from tests.spelled import edited, loaded
from tests.test_command import check, statuses

RIGHT = (EXAMPLES / "right_script.py").read_text()


def judged(folder, text, *options, examples=15):
    path = folder / "script.py"
    path.write_text(text)
    return check(path, "--convention", "torch", *options, examples=examples)


LOOPS = ("--operator", "train_epoch", "--operator", "evaluate")


def test_right_loops_pass(tmp_path):
    verdict, run = judged(tmp_path, RIGHT, *LOOPS, examples=30)
    assert statuses(verdict) == {"train_epoch": "pass", "evaluate": "pass"}, run.stdout


def test_a_script_whose_data_is_not_there_is_judged(tmp_path):
    text = edited(RIGHT, "train_loader = test_loader = []", "train_loader = open('/no/such/file')")
    verdict, run = judged(tmp_path, text, *LOOPS)
    assert statuses(verdict) == {"train_epoch": "pass", "evaluate": "pass"}, run.stdout


MISTAKES = [
    ("train_epoch", "        optimizer.zero_grad()\n", "", "W1"),
    ("train_epoch", "        optimizer.step()\n", "", ""),
    (
        "train_epoch",
        "loss.backward()\n        optimizer.step()",
        "optimizer.step()\n        loss.backward()",
        "",
    ),
    ("train_epoch", "    model.train()\n", "    model.eval()\n", ""),
    ("train_epoch", "in enumerate(train_loader)", "in enumerate(test_loader)", ""),
    ("evaluate", "    model.eval()\n", "", ""),
    ("evaluate", ', reduction="sum")', ")", "losses[0]"),
    (
        "evaluate",
        "100.0 * correct / len(test_loader.dataset)",
        "100.0 * correct / len(test_loader)",
        "accuracies",
    ),
    ("evaluate", "in test_loader:", "in train_loader:", ""),
]


@pytest.mark.parametrize(("operator", "old", "new", "said"), MISTAKES)
def test_a_planted_mistake_is_told(tmp_path, operator, old, new, said):
    found = failures_of_operator(
        tmp_path, edited(RIGHT, old, new), operator, convention="torch", examples=15
    )
    assert "wrong" in {status for status, _ in found.values()}, found
    assert any(said in message for _, message in found.values()), found


def spelling_of(name, operator):
    found = (s for s in _torch_held.spellings() if (s.forward, s.operator) == (name, operator))
    return next(found)


OBSTACLES = [
    (
        "    model.train()\n",
        "    for epoch in range(10):\n        model.train()\n",
        "how many epochs it runs",
    ),
    ("loss = F.cross_entropy(", "loss = F.cross_entropy(", ""),
    ("loss = F.cross_entropy(", "loss = helper(", "what helper is, its file does not say"),
    (
        "log_interval = 10",
        "log_interval, criterion = 10, nn.CrossEntropyLoss(label_smoothing=0.1)",
        "its CrossEntropyLoss is not the plain mean over the samples",
    ),
    (
        "        data, target = data.to(device), target.to(device)\n        opt",
        "        data = data.cuda()\n        opt",
        "it moves batches to a GPU",
    ),
    (
        "        data, target = data.to(device), target.to(device)\n        opt",
        "        if use_cuda:\n            data = data.cuda()\n        opt",
        "",
    ),
]


@pytest.mark.parametrize(("old", "new", "reason"), OBSTACLES)
def test_what_a_script_is_not_judged_for_is_named(tmp_path, old, new, reason):
    text = edited(RIGHT, old, new)
    if "criterion" in new:
        text = edited(text, "loss = F.cross_entropy(", "loss = criterion(")
    module = loaded(tmp_path, text)
    spelling = spelling_of("train", "train_epoch")
    assert spelling.when(module.train)
    said = spelling.obstacle(module.train)
    assert said.startswith(reason) if reason else not said


UNLABELLED = """
def evaluate():
    predictions = []
    model.eval()
    for batch in test_loader:
        data = batch
        output = model(torch.as_tensor(data).float())
        predictions += output.argmax(1).tolist()
    return predictions
"""


def test_a_script_for_samples_without_labels_is_not_judged(tmp_path):
    module = loaded(tmp_path, RIGHT + UNLABELLED)
    said = spelling_of("evaluate", "evaluate").obstacle(module.evaluate)
    assert said in ("it raises ValueError on batches of samples and class ids", NO_PAIRS)


VALIDATES = """
def checked():
    model.eval()
    for data, _ in test_loader:
        model(data)
"""


def test_a_validation_between_steps_that_leaves_its_mode_is_told(tmp_path):
    text = edited(
        RIGHT, "        optimizer.step()\n", "        optimizer.step()\n        checked()\n"
    )
    verdict, run = judged(tmp_path, text + VALIDATES, "--operator", "train_epoch")
    assert statuses(verdict) == {"train_epoch": "wrong"}, run.stdout
    assert "the model is in evaluation mode at a step of its training" in run.stdout


def test_a_module_is_left_as_it_was(tmp_path):
    module = loaded(tmp_path, RIGHT)
    before = dict(vars(module))
    spelling = spelling_of("train", "train_epoch")
    loop = _torch_held.loop_of(module.train, "training")
    _torch_held.KINDS["training"].tried(loop)
    assert dict(vars(module)) == before
    assert spelling.when(module.train)


def test_functions_that_take_all_are_none_of_these(tmp_path):
    module = loaded(tmp_path, (EXAMPLES / "right_training.py").read_text())
    for name in ("train_epoch", "train_loop", "validate", "check_accuracy", "evaluate"):
        kinds = ("training", "evaluation", "fitting")
        function = getattr(module, name)
        found = [k for k in kinds if _torch_held.loop_of(function, k) is not None]
        assert not found, (name, found)
