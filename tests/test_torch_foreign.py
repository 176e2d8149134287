"""Loops written for their author's own model, data or settings are not judged, and say why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from candidates.conventions._torch_batches import names_of_parts, other_loss, parsed
from candidates.conventions._torch_fitting import obstacle as of_trainings
from candidates.conventions._torch_settings import settings, untold
from candidates.conventions._torch_training import Training, obstacle
from candidates.spelling import Signature
from tests.homework import EXAMPLES
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, statuses

LOOPS = """
import torch
import torch.nn.functional as F
from torch import nn


def train_epoch(model, loader, optimizer, criterion, device):
    model.train()
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        output = model(images)
        loss = criterion(output, labels)
        loss.backward()
        optimizer.step()


def evaluate(model, loader, criterion):
    model.eval()
    total, seen = 0.0, 0
    with torch.no_grad():
        for x, y in loader:
            total += criterion(model(x), y).item() * len(y)
            seen += len(y)
    return total / seen
"""
ARRAYS = {"x": np.ones((3, 4)), "y": np.arange(3)} | {"W1": np.ones((3, 4)), "b1": np.ones(3)}
ARRAYS |= {"W2": np.eye(3), "b2": np.zeros(3)}
TRAIN, CALL, STEP = "    model.train()\n", "output = model(images)", "loss.backward()"
OWN = "it takes {} of its author's own model"
MORE_GIVEN = "its author's own model gives more than scores"
MORE_HANDED = "it hands the model more than the samples of a batch"
NO_PAIRS = "its batches are no pairs of samples and class ids"


def passed_over(folder, *old_new):
    """Why `train_epoch` of an edited file is not judged."""
    return obstacle(loaded(folder, edited(LOOPS, *old_new)).train_epoch)


def judged(folder, source):
    """What fails of `train_epoch`."""
    module = loaded(folder, source)
    (spelling,) = spellings_found(module, "torch", "train_epoch")
    spelling = replace(spelling, promise=spelling.promised(spelling.told(module)))
    return failing(module, spelling, ["shape", "forward"], 10)


FOREIGN = [
    (
        TRAIN,
        f"{TRAIN}    for p in model.srm.parameters():\n        p.requires_grad = False\n",
        "srm",
    ),
    (TRAIN, f"{TRAIN}    hidden = model.init_hidden(3)\n", "init_hidden"),
    (TRAIN, f"{TRAIN}    state = model.module.state_dict()\n", "module"),
    (CALL, f"{CALL} + model.net[0].weight.sum()", "net"),
]


@pytest.mark.parametrize(("old", "new", "name"), FOREIGN)
def test_what_only_its_author_has_is_named(tmp_path, old, new, name):
    assert passed_over(tmp_path, old, new) == OWN.format(name)


def test_so_it_is_where_a_helper_asks(tmp_path):
    helper = "def thaw(net):\n    net.backbone.requires_grad_(True)\n\n\ndef train_epoch"
    text = ("def train_epoch", helper, TRAIN, f"{TRAIN}    thaw(model)\n")
    assert passed_over(tmp_path, *text) == OWN.format("backbone")


PAIR = "    for images, labels in loader:\n        images, labels = images.to(device), labels.to"
ITEMS = """    for batch in loader:
        images, labels = batch.text.to(device), batch.label.to"""
LOSS, TAKEN = "loss = criterion(output, labels)", "criterion, device):\n    model"
NUMBERS = "its loss takes labels as numbers, which are no class ids"
SIGMOID = "it takes sigmoid of its scores, which is for others than those of classes"
OTHERS = [
    (CALL, "output, aux = model(images)", MORE_GIVEN),
    (CALL, f"{CALL}\n        output, aux = output", MORE_GIVEN),
    (CALL, f"{CALL}['out']", MORE_GIVEN),
    (CALL, f"{CALL}\n        output = output['out']", MORE_GIVEN),
    (CALL, f"{CALL}\n        output = output.logits", MORE_GIVEN),
    (CALL, "output = forwarded(model, images)", MORE_HANDED),
    (PAIR, ITEMS, NO_PAIRS),
    (
        TRAIN,
        f"{TRAIN}    loader.dataset.vocabulary\n",
        "it takes vocabulary of its author's own data",
    ),
    (LOSS, f"{LOSS}\n        labels = [label.items() for label in labels]", NO_PAIRS),
    (LOSS, "loss = criterion(output, labels.float())", NUMBERS),
    (LOSS, "labels = labels.unsqueeze(1)\n        loss = criterion(output, labels)", NUMBERS),
    (LOSS, f"{LOSS}\n        probabilities = torch.sigmoid(output)", SIGMOID),
    (LOSS, "loss = F.mse_loss(output, labels)", "its loss mse_loss is none of class ids"),
    (
        TAKEN,
        "criterion, device, args):\n    margin = args.margin\n    model",
        "what args.margin should be cannot be told",
    ),
]
HELPER = "def forwarded(net, x):\n    return net(x, x)\n\n\ndef train_epoch"


@pytest.mark.parametrize(("old", "new", "why"), OTHERS)
def test_other_data_models_and_losses_are_told(tmp_path, old, new, why):
    assert passed_over(tmp_path, "def train_epoch", HELPER, old, new) == why


MISTAKES = [
    ("model.train()", "model.trian()", "no attribute 'trian'"),
    ("optimizer.step()", "optimizer.stop()", "no attribute 'stop'"),
    ("loss.backward()", "loss.bakward()", "no attribute 'bakward'"),
    ("images.to(device), labels", "images.too(device), labels", "no attribute 'too'"),
    (STEP, f"{STEP}\n        nn.utils.clip_grad_norm_(model, 1.0)", "no attribute 'grad'"),
    (LOSS, "loss = criterion(output)", "argument"),
    (LOSS, "loss = criterion(*output, labels)", "argument"),
    (STEP, f"{STEP}\n        first, second = labels.shape", "unpack"),
]


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES)
def test_a_mistake_of_its_own_is_still_a_crash(tmp_path, old, new, said):
    module = loaded(tmp_path, edited(LOOPS, old, new))
    assert obstacle(module.train_epoch) == ""
    at = {"batch_sizes": (3,), "learning_rate": 0.1, "momentum": 0.0, "weight_decay": 0.0}
    with pytest.raises((AttributeError, TypeError, ValueError), match=said):
        Training(module.train_epoch, None, Signature((), ())).forward(at, ARRAYS)


def test_the_command_says_both(tmp_path):
    path = tmp_path / "loops.py"
    model = edited(LOOPS, TRAIN, f"{TRAIN}    model.srm.eval()\n")
    path.write_text(edited(model, "model.eval()", "model.evil()"))
    verdict, run = check(path, "--convention", "torch", examples=3)
    assert statuses(verdict) == {"evaluate": "crash"}, run.stdout
    assert f"not judged: train_epoch: {OWN.format('srm')}" in run.stdout


SLIP = "class Net(nn.Module):\n    def trian(self):\n        pass\n\n\ndef train_epoch"


def test_a_name_that_its_own_model_defines_is_no_slip(tmp_path):
    text = ("def train_epoch", SLIP, "model.train()", "model.trian()")
    assert passed_over(tmp_path, *text) == OWN.format("trian")


def test_what_is_asked_for_under_a_condition_alone_does_not_count(tmp_path):
    guarded = f"{TRAIN}    if hasattr(model, 'backbone'):\n        model.backbone.eval()\n"
    assert passed_over(tmp_path, TRAIN, guarded) == ""


MOVED = "images, labels = images.to(device), labels.to(device)"
BY_NAME = 'images, labels = batch["image"].to(device), batch["label"].to(device)'
ACCURACY = "assert 0 <= accuracy_fn(y_true=labels, y_pred=output.argmax(1)) <= 100"
FORMS = [
    ("for images, labels in loader:", "for batch in loader:", MOVED, BY_NAME),
    (TAKEN, "criterion, args):\n    device, shown = args.device, args.log_interval\n    model"),
    (
        TAKEN,
        "criterion, device):\n    kept = loader.dataset.train, loader.dataset.classes\n    model",
    ),
    (TAKEN, "criterion, config):\n    device = config['device']\n    model"),
    (TAKEN, "criterion, accuracy_fn, device):\n    model", STEP, f"{STEP}\n        {ACCURACY}"),
    (TAKEN, "criterion, device, writer):\n    writer.add_scalar('x', 1, global_step=2)\n    model"),
    ("criterion, device):", "device, unused):", LOSS, "loss = F.nll_loss(output, labels)"),
    ("criterion, device):", "device):\n    criterion = nn.NLLLoss()"),
]


@pytest.mark.parametrize("old_new", FORMS)
def test_usual_forms_of_batches_settings_and_losses_are_judged(tmp_path, old_new):
    source = edited(LOOPS, *old_new)
    assert not judged(tmp_path, source)
    wrong = edited(source, "        optimizer.zero_grad()\n", "")
    assert "forward" in judged(tmp_path, wrong)


def test_whole_trainings_are_asked_too(tmp_path):
    text = (EXAMPLES / "right_fitting.py").read_text()
    module = loaded(tmp_path, edited(text, "        net.train()\n", "        net.head.train()\n"))
    assert of_trainings(module.fit) == OWN.format("head")


def test_settings_hold_what_a_text_asks_for():
    def loop(args):
        return args.lr, args["device"], args.log_interval, args.no_cuda, args.get("x")

    tree = parsed(loop)[1]
    assert untold(tree, "args") == []
    made = settings(tree, "args", {"learning_rate": 0.1, "device": "cpu"})
    assert made == {"lr": 0.1, "device": "cpu", "log_interval": 10, "no_cuda": True}
    assert made.lr == 0.1


def test_the_names_of_a_batch_are_those_that_a_loop_asks_for():
    def named(loader):
        for _step, batch in enumerate(loader):
            print(batch["pixel_values"], batch["labels"])

    def three(loader):
        for batch in loader:
            print(batch["image"], batch["label"], batch["mask"])

    assert names_of_parts(parsed(named)[1], ["loader"]) == ("pixel_values", "labels")
    assert names_of_parts(parsed(three)[1], ["loader"]) is None


def test_losses_are_those_of_the_text_and_of_its_module():
    def both(x, y, nn):
        return nn.MSELoss() if x else nn.CrossEntropyLoss()

    def other(x, y, F):
        return F.binary_cross_entropy_with_logits(x, y)

    assert other_loss(both) == ""
    assert other_loss(other) == "binary_cross_entropy_with_logits"
