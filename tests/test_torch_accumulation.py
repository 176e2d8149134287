"""Accumulating loops on torch: right ones pass in each usual form, and known mistakes die."""

from __future__ import annotations

from dataclasses import replace

import pytest

from candidates.conventions._torch_accumulation import form_of
from candidates.conventions._torch_fitting import obstacle as obstacle_of_training
from candidates.conventions._torch_training import obstacle
from tests.homework import EXAMPLES
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, statuses

RIGHT = (EXAMPLES / "right_accumulation.py").read_text()
FORMS = {
    "train_one_epoch": ("steps", "step"),
    "train_epoch": ("batches", "drop"),
    "train": ("steps", "keep"),
    "train_loop": ("samples", "step"),
}


def judged(folder, source, function, *properties, examples=20):
    module = loaded(folder, source)
    (spelling,) = (
        s
        for s in spellings_found(module, "torch", function)
        if s.operator == "accumulate_gradients"
    )
    spelling = replace(spelling, promise=spelling.promised(spelling.told(module)))
    return failing(module, spelling, properties or ("forward",), examples)


@pytest.mark.parametrize("function", FORMS)
def test_right_loops_pass(tmp_path, function):
    properties = "shape", "forward", "precision", "side_effects"
    assert not judged(tmp_path, RIGHT, function, *properties, examples=30)


@pytest.mark.parametrize("function", FORMS)
def test_the_form_is_told(tmp_path, function):
    assert form_of(getattr(loaded(tmp_path, RIGHT), function)) == FORMS[function]


def test_the_command_judges_them_with_and_without_accumulation():
    path, function = EXAMPLES / "right_accumulation.py", ("--function", "train_epoch")
    verdict, run = check(path, *function, examples=6)
    assert statuses(verdict) == {"accumulate_gradients": "pass", "train_epoch": "pass"}, run.stdout
    assert "batches that are left at the end of an epoch are dropped" in run.stdout


SCALED = "(loss / accumulation_steps).backward()"
ENDS = "if (i + 1) % accumulation_steps == 0 or i + 1 == len(loader):"
STEPPED = "            optimizer.step()\n            optimizer.zero_grad()\n        running_loss"
ZEROED = "    optimizer.zero_grad()\n    for i, (images"
TOLD = "running_loss += loss.item() * labels"
SHARED = "(loss * len(y) / samples).backward()"
GROUP = "        optimizer.zero_grad()\n        for x, y in group:\n"
MISTAKES = {
    "not scaled": ("train_one_epoch", SCALED, "loss.backward()"),
    "scaled twice": ("train_one_epoch", SCALED, "(loss / accumulation_steps**2).backward()"),
    "counted from zero": ("train_one_epoch", ENDS, ENDS.replace("(i + 1) %", "i %")),
    "never zeroed": (
        "train_one_epoch",
        STEPPED,
        STEPPED.replace("            optimizer.zero_grad()\n", ""),
    ),
    "zeroed at every batch": (
        "train_one_epoch",
        "outputs = model(images)\n",
        "outputs = model(images)\n        optimizer.zero_grad()\n",
    ),
    "stepped at every batch": ("train_one_epoch", ENDS, "if True:"),
    "stepped once": ("train_one_epoch", ENDS, "if i + 1 == len(loader):"),
    "zeroed at every batch, the rest dropped": (
        "train_epoch",
        "        loss = nn.functional",
        "        optimizer.zero_grad()\n        loss = nn.functional",
    ),
    "not scaled, the rest dropped": ("train_epoch", " / grad_accum_steps\n", "\n"),
    "not scaled, the rest kept": ("train", "        loss /= accumulation\n", ""),
    "scaled loss told": (
        "train_one_epoch",
        TOLD,
        TOLD.replace("loss.item()", "(loss / accumulation_steps).item()"),
    ),
    "shares of all samples": (
        "train_loop",
        "sum(len(y) for _, y in group)",
        "len(dataloader.dataset)",
    ),
    "zeroed in a group": ("train_loop", GROUP, f"{GROUP}            optimizer.zero_grad()\n"),
    "one group is enough": (
        "train_loop",
        f"{SHARED}\n        optimizer.step()\n",
        f"{SHARED}\n        optimizer.step()\n        break\n",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found(tmp_path, mistake):
    function, old, new = MISTAKES[mistake]
    assert judged(tmp_path, edited(RIGHT, old, new), function)


def test_batches_of_a_step_may_count_alike(tmp_path):
    source = edited(RIGHT, SHARED, "(loss / len(group)).backward()")
    assert form_of(loaded(tmp_path, source).train_loop) == ("batches", "step")
    assert not judged(tmp_path, source, "train_loop")


def test_a_number_that_nobody_tells_is_no_mistake():
    def inside(model, loader, optimizer):
        accumulation_steps = 4
        for i, (x, _y) in enumerate(loader):
            model(x)
            if (i + 1) % accumulation_steps == 0:
                optimizer.step()

    def logged(model, loader, optimizer, log_interval=10):
        for i, (x, _y) in enumerate(loader):
            model(x)
            if i % log_interval == 0:
                optimizer.step()

    said = "it adds up the gradients of several batches, how many says accumulation_steps"
    assert obstacle(inside) == said
    assert obstacle(logged) == ""


ACCUMULATING = """
def fit(model, train_loader, val_loader, optimizer, epochs):
    for epoch in range(epochs):
        for i, (x, y) in enumerate(train_loader):
            model(x)
            if (i + 1) % args.grad_accum == 0:
                optimizer.step()
"""


def test_neither_is_it_in_a_whole_training(tmp_path):
    said = obstacle_of_training(loaded(tmp_path, ACCUMULATING).fit)
    assert said == "it adds up the gradients of several batches, how many says args.grad_accum"
