"""Training loops of homework: right ones pass in any form, and each known mistake is told."""

from __future__ import annotations

import pytest

from candidates.conventions._torch_callers import evaluated_by_caller
from candidates.conventions._torch_returned import returned
from candidates.conventions._torch_training import obstacle, roles
from tests.homework import EXAMPLES
from tests.in_process import failures_of_operator
from tests.spelled import loaded
from tests.test_command import check, statuses

RIGHT = (EXAMPLES / "right_training.py").read_text()


def judged(folder, text, *options, examples=15):
    path = folder / "training.py"
    path.write_text(text)
    return check(path, "--convention", "torch", *options, examples=examples)


def of_operator(folder, text, operator):
    return failures_of_operator(folder, text, operator, convention="torch", examples=15)


def edited(*old_new):
    text = RIGHT
    for old, new in zip(old_new[::2], old_new[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def test_right_loops_pass(tmp_path):
    verdict, run = judged(tmp_path, RIGHT, examples=20)
    assert statuses(verdict) == {"train_epoch": "pass", "evaluate": "pass"}, run.stdout
    found = {row["function"] for entry in verdict["operators"] for row in entry["properties"]}
    of_training = {"train_epoch", "train_loop", "train_one_epoch"}
    assert found == {*of_training, "evaluate", "validate", "check_accuracy"}


LOADED = "        loss.backward()\n        optimizer.step()\n        running_loss"
IN_TRAINING = "the model is in training mode while it is evaluated"
MISTAKES = [
    ("train_epoch", "optimizer.zero_grad()\n        outputs", "outputs", "wrong", "W1"),
    ("train_epoch", LOADED, LOADED.replace("        optimizer.step()\n", ""), "wrong", ""),
    (
        "train_epoch",
        LOADED,
        LOADED.replace("loss.backward()", "loss.backward(); loss.backward()"),
        "crash",
        "raised RuntimeError",
    ),
    (
        "train_epoch",
        "model.train()\n    running_loss",
        "model.eval()\n    running_loss",
        "wrong",
        "the model is in evaluation mode at a step of its training",
    ),
    ("train_epoch", "loss.item() * images.size(0)", "loss.item()", "wrong", "losses[0]"),
    (
        "train_epoch",
        "correct / total\n\n\ndef train_loop",
        "correct / len(train_loader)\n\n\ndef train_loop",
        "wrong",
        "accuracies[0]",
    ),
    (
        "train_epoch",
        "running_loss += loss.item() * images",
        "running_loss += loss * images",
        "wrong",
        "still holds the graph",
    ),
    ("evaluate", "    model.eval()\n    val_loss", "    val_loss", "wrong", IN_TRAINING),
    (
        "evaluate",
        "    model.eval()\n    val_loss",
        "    model.train()\n    val_loss",
        "wrong",
        IN_TRAINING,
    ),
    (
        "evaluate",
        "criterion(outputs, labels).item() * len(labels)",
        "criterion(outputs, labels).item()",
        "wrong",
        "losses[0]",
    ),
    (
        "evaluate",
        "outputs.argmax(1) == labels",
        "outputs.argmax(0)[:1] == labels",
        "wrong",
        "accuracies[0]",
    ),
    ("evaluate", "@torch.no_grad()\ndef validate", "def validate", "pass", ""),
]


@pytest.mark.parametrize(("operator", "old", "new", "status", "said"), MISTAKES)
def test_a_planted_mistake_is_told(tmp_path, operator, old, new, status, said):
    found = of_operator(tmp_path, edited(old, new), operator)
    assert status in {s for s, _ in found.values()} if status != "pass" else not found, found
    assert status == "pass" or any(said in message for _, message in found.values()), found


NAMED = [
    ("gradients not zeroed", "optimizer.zero_grad()\n        outputs", "outputs"),
    ("no step", LOADED, LOADED.replace("        optimizer.step()\n", "")),
    (
        "accuracy divided by the number of batches",
        "correct / total\n\n\ndef train_loop",
        "correct / len(train_loader)\n\n\ndef train_loop",
    ),
]


@pytest.mark.parametrize(("name", "old", "new"), NAMED, ids=[name for name, *_ in NAMED])
def test_a_mistake_is_called_by_its_name(tmp_path, name, old, new):
    options = ("--function", "train_epoch", "--hints", "full")
    _, run = judged(tmp_path, edited(old, new), *options, examples=20)
    assert f"equals *{name}*" in run.stdout, run.stdout


def test_who_calls_an_epoch_may_set_the_mode(tmp_path):
    text = edited("    model.train()\n    for batch", "    for batch")
    assert not of_operator(tmp_path, text, "train_epoch")


CALLER = """

def run(model, loader, criterion):
    {}
    return validate(model, loader, criterion)
"""


@pytest.mark.parametrize(("line", "status"), [("model.eval()", "pass"), ("model.train()", "wrong")])
def test_who_calls_an_evaluation_may_set_the_mode(tmp_path, line, status):
    text = edited("    model.eval()\n    val_loss", "    val_loss") + CALLER.format(line)
    verdict, run = judged(tmp_path, text, "--function", "validate")
    assert statuses(verdict) == {"evaluate": status}, run.stdout


def test_callers_are_found_in_the_files_around(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "trainer").mkdir()
    (tmp_path / "main.py").touch()
    (tmp_path / "trainer" / "trainer.py").write_text(
        "class Trainer:\n    def epoch(self):\n        self.model.eval()\n"
        "        return evaluate(self.model)\n"
    )
    module = loaded(tmp_path / "model", "def evaluate(model):\n    return model\n")
    assert evaluated_by_caller(module.evaluate)
    module = loaded(tmp_path / "trainer", "def validate(model):\n    return model\n")
    assert not evaluated_by_caller(module.validate)


def test_gradients_left_by_an_evaluation_are_told(tmp_path):
    text = edited(
        "@torch.no_grad()\ndef validate",
        "def validate",
        "        val_loss += criterion",
        "        criterion(outputs, labels).backward()\n        val_loss += criterion",
    )
    found = of_operator(tmp_path, text, "evaluate")
    assert "leaves gradients in the parameters" in found["shape"][1]


def test_roles_are_told_by_names():
    def train(net, optim, data_loader, loss_fn, epoch, device, log_interval=10): ...

    def trial(model, train_dl, teacher):
        teacher.teach(model)

    assert roles(train) == {
        "net": "model",
        "optim": "optimizer",
        "data_loader": "loader",
        "loss_fn": "criterion",
        "epoch": "epoch",
        "device": "device",
    }
    assert obstacle(trial) == "what teacher should be cannot be told"


def test_loops_for_other_data_are_not_judged():
    def triples(model, loader, optimizer):
        for images, _masks, _ in loader:
            model(images)

    def dictionaries(model, loader, optimizer):
        for _step, batch in enumerate(loader):
            model(batch["image"])

    def two_inputs(model, loader, optimizer):
        for images, labels in loader:
            model(images, labels)

    def pairs(model, loader, optimizer):
        for batch in loader:
            x, _y = batch
            model(x)

    def places(model, loader, optimizer):
        for _step, batch in enumerate(loader):
            model(batch[0])

    def on_a_gpu(model, loader, optimizer):
        for x, _y in loader:
            model(x.cuda())

    assert obstacle(on_a_gpu) in ("", "it moves batches to a GPU, and there is none")
    assert obstacle(triples) == obstacle(dictionaries)
    assert obstacle(triples) == "its batches are no pairs of samples and class ids"
    assert obstacle(two_inputs) == "it hands the model more than the samples of a batch"
    assert obstacle(pairs) == obstacle(places) == ""


def test_sums_that_nothing_divides_are_not_compared():
    def summed(model, loader):
        running_loss = 0.0
        correct = 0
        return running_loss, correct

    def averaged(model, loader):
        running_loss, correct = 0.0, 0
        running_loss /= len(loader)
        accuracy = 100 * correct / len(loader)
        return {"val_loss": running_loss, "val_acc": accuracy}

    def meters(model, loader):
        losses = top1 = loader
        return top1.avg, losses.avg

    assert returned(summed) == {}
    assert returned(averaged) == {"losses": "val_loss", "accuracies": "val_acc"}
    assert returned(meters) == {"accuracies": 0, "losses": 1}
