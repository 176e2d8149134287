"""Whole trainings on torch: right ones pass in any form, and each known mistake is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from candidates.conventions import _torch_fitting
from candidates.conventions._torch_batches import parsed
from candidates.conventions._torch_fitting import criterion_of, obstacle, returned, told
from tests.homework import EXAMPLES
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, statuses

RIGHT = (EXAMPLES / "right_fitting.py").read_text()


def judged(folder, source, function, *properties, examples=25):
    module = loaded(folder, source)
    (spelling,) = spellings_found(module, "torch", function)
    spelling = replace(spelling, promise=spelling.promised(spelling.told(module)))
    return failing(module, spelling, properties or ("forward",), examples)


@pytest.mark.parametrize("function", ["train_model", "fit", "train"])
def test_right_trainings_pass(tmp_path, function):
    assert not judged(
        tmp_path, RIGHT, function, "shape", "forward", "precision", "side_effects", examples=20
    )


def test_the_command_judges_them():
    verdict, run = check(EXAMPLES / "right_fitting.py", "--function", "train", examples=6)
    assert statuses(verdict) == {"train_model": "pass"}, run.stdout


LOADERS_OF_THE_MODULE = edited(
    RIGHT,
    "def train_model(model, dataloaders, criterion",
    "def train_model(model, criterion",
    "epoch_loss = running_loss / seen",
    "epoch_loss = running_loss / dataset_sizes[phase]",
)


def test_loaders_of_the_module_are_given(tmp_path):
    assert not judged(tmp_path, LOADERS_OF_THE_MODULE, "train_model", "shape", "forward")


STEPPED = "                        optimizer.step()\n"
ZEROED = "            optimizer.zero_grad()\n            loss.backward()"
SCHEDULED = '            if phase == "train":\n                scheduler.step()\n'
MISTAKES = [
    ("fit", "copy.deepcopy(net.state_dict())", "net.state_dict()"),
    ("fit", "net.load_state_dict(best_state)", "net.load_state_dict(net.state_dict())"),
    ("fit", "best_loss, counter = val_loss, 0", "best_loss = val_loss"),
    ("fit", "        net.eval()\n", ""),
    ("fit", "        net.train()\n", ""),
    ("fit", '["val_acc"].append(correct / seen)', '["val_acc"].append(0 / seen)'),
    ("train_model", SCHEDULED, ""),
    ("train_model", STEPPED, f"{STEPPED}                        scheduler.step()\n"),
    ("train_model", 'if phase == "val" and epoch_acc > best_acc:', "if epoch_acc > best_acc:"),
    ("train", "    train_losses, ", "    model = copy.deepcopy(model)\n    train_losses, "),
    ("train", "    train_losses, ", "    model[-1] = copy.deepcopy(model[-1])\n    train_losses, "),
    ("train", ZEROED, "            loss.backward()"),
    ("train", "        model.train()\n", ""),
    ("train", "        model.eval()\n        with", "        with"),
]
NAMES = [f"{function}-{old.strip()[:30]}" for function, old, _ in MISTAKES]


@pytest.mark.parametrize(("function", "old", "new"), MISTAKES, ids=NAMES)
def test_a_planted_mistake_is_found(tmp_path, function, old, new):
    # Some lines stand in two functions: the one that is judged is changed.
    head, tail = RIGHT.split(f"\ndef {function}(")
    assert old in tail, old
    source = f"{head}\ndef {function}({tail.replace(old, new, 1)}"
    examples = 100 if "counter" in old else 25
    found = judged(tmp_path, source, function, "shape", examples=examples)
    assert found or judged(tmp_path, source, function, "forward", examples=examples)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("val_loss = total / seen", "val_loss = loss_fn(net(x), y) / 1", ""),
        (
            "x, y = x.to(device), y.to(device)\n            optimizer",
            "x = x.to(device)\n            optimizer",
            "the samples of its batches are moved to the device",
        ),
        (
            'history["train_loss"].append(total / seen)',
            'history["train_loss"].append(loss / 1)',
            "its train_losses hold the graphs of their batches",
        ),
    ],
)
def test_a_mistake_is_told(tmp_path, old, new, said):
    source = RIGHT.replace(old, new)
    if "to the device" in said:
        source = source.replace("x, y = x.to(device), y.to(device)", "x = x.to(device)")
    found = judged(tmp_path, source, "fit", "shape")
    if said:
        assert found["shape"].startswith(said)


def test_what_a_text_promises_is_read():
    space: dict[str, object] = {}
    exec(compile(RIGHT, str(EXAMPLES / "right_fitting.py"), "exec"), space)
    assert returned(space["train"]) == {"train_losses": (0,), "val_losses": (1,)}
    assert returned(space["train_model"]) == {"val_accuracies": (1,)}
    assert returned(space["fit"])["val_losses"] == (None, "val_loss")
    assert criterion_of(parsed(space["train_model"])[1]) == "accuracy"
    assert told(space["fit"], None)["domain"] == {
        "keep": ["loss"],
        "ties": ["first"],
        "patience": [2, 1],
        "gamma": [1.0],
        "plateau": [None],
    }


def test_trainings_that_cannot_be_run_are_passed_over():
    def unknown(model, train_loader, val_loader, optimizer, epochs, teacher):
        teacher.teach(model)

    assert obstacle(unknown) == "what teacher should be cannot be told"


TOLD = {
    "scheduler.step(epochs)": "what its scheduler is told cannot be judged (epochs)",
    "scheduler.step(train_loss)": "what its scheduler is told cannot be judged (train_loss)",
    "scheduler.step(val_loss)": "",
    "scheduler.step(history['val_acc'][-1])": "",
}


@pytest.mark.parametrize("told_", TOLD)
def test_a_scheduler_is_told_a_result_of_the_validation(tmp_path, told_):
    taken = "model, train_loader, val_loader, optimizer, epochs, scheduler"
    source = f"def train({taken}):\n    {told_}\n"
    assert obstacle(loaded(tmp_path, source).train) == TOLD[told_]


TUTORIAL = '            if phase == "train":\n                scheduler.step()\n'
PLATEAU = [
    ("fit", "        if val_loss < best_loss:", "        scheduler.step(val_loss)\n{}"),
    (
        "fit",
        "        if val_loss < best_loss:",
        '        scheduler.step(history["val_acc"][-1])\n{}',
    ),
    (
        "train_model",
        '            if phase == "val" and epoch',
        '            if phase == "val":\n                scheduler.step(epoch_loss)\n{}',
    ),
]
WRONG = [
    (
        "fit",
        "scheduler.step(val_loss)",
        "scheduler.step(val_loss)\n        scheduler.step(val_loss)",
    ),
    ("fit", "scheduler.step(val_loss)", "val_loss = history['train_loss'][-1]\n        {}"),
    ("train_model", "scheduler.step(epoch_loss)", "scheduler.step(-epoch_loss)"),
]


def on_plateau(function, before, after):
    source = RIGHT.replace("epochs, device", "epochs, scheduler, device")
    source = source.replace(TUTORIAL, "") if function == "train_model" else source
    return edited(source, before, after.format(before))


@pytest.mark.parametrize(("function", "before", "after"), PLATEAU)
def test_right_trainings_on_a_plateau_pass(tmp_path, function, before, after):
    source = on_plateau(function, before, after)
    assert not judged(tmp_path, source, function, "shape", "forward", examples=20)


@pytest.mark.parametrize(("function", "old", "new"), WRONG)
def test_a_mistake_on_a_plateau_is_found(tmp_path, function, old, new):
    right = on_plateau(*next(p for p in PLATEAU if p[0] == function))
    source = edited(right, old, new.format(old))
    found = judged(tmp_path, source, function, "shape", "forward", examples=40)
    assert found


ON_A_GPU = """
def train_model(model, train_loader, val_loader, optimizer, criterion, num_epochs):
    model.cuda()
    for epoch in range(num_epochs):
        model.train()
        for x, y in train_loader:
            optimizer.zero_grad()
            criterion(model(x.cuda()), y.cuda()).backward()
            optimizer.step()
"""


@pytest.mark.parametrize("there", [True, False])
def test_what_moves_to_a_gpu_is_judged_where_there_is_one(tmp_path, monkeypatch, there):
    module = loaded(tmp_path, ON_A_GPU)
    monkeypatch.setattr(_torch_fitting, "has_gpu", lambda: there)
    said = obstacle(module.train_model)
    assert said == ("" if there else "it moves batches to a GPU, and there is none")
