"""Checkpoints on torch: right ones pass in each usual form, and known mistakes die."""

from __future__ import annotations

from dataclasses import replace

import pytest

from candidates.conventions._torch_checkpoints import spellings
from tests.homework import EXAMPLES
from tests.spelled import edited, failing, loaded, spellings_found
from tests.test_command import check, statuses

RIGHT = (EXAMPLES / "right_checkpoints.py").read_text()
FORMS = {
    "save_checkpoint": "in float32",
    "save_model": "in float32, no optimizer is loaded",
    "save_state": "in float32",
    "save_ckpt": "in float32, the epoch told is the one after that saved",
}


def spelling_of(module, function):
    (spelling,) = spellings_found(module, "torch", function)
    return replace(spelling, promise=spelling.promised(spelling.told(module)))


def judged(folder, source, function, *properties, examples=8):
    module = loaded(folder, source)
    return failing(module, spelling_of(module, function), properties or ("forward",), examples)


@pytest.mark.parametrize("function", FORMS)
def test_right_ones_pass(tmp_path, function):
    properties = "shape", "forward", "precision", "side_effects"
    assert not judged(tmp_path, RIGHT, function, *properties, examples=30)


@pytest.mark.parametrize("function", FORMS)
def test_the_form_is_told(tmp_path, function):
    assert spelling_of(loaded(tmp_path, RIGHT), function).promise.differs == FORMS[function]


def test_the_command_judges_them_where_they_may_write_little():
    path, function = EXAMPLES / "right_checkpoints.py", ("--function", "load_checkpoint")
    verdict, run = check(path, *function, "--containment", "sandbox", examples=4)
    assert statuses(verdict) == {"checkpoint": "pass"}, run.stdout


SAVED_MODEL = '            "model_state_dict": model.state_dict(),\n'
LOADED_MODEL = 'model.load_state_dict(checkpoint["model_state_dict"])'
LOADED_OPTIMIZER = '    optimizer.load_state_dict(checkpoint["optimizer_state_dict"])\n'
TOLD = 'return checkpoint["epoch"], checkpoint["loss"]'
MISTAKES = {
    "optimizer not loaded": ("save_checkpoint", LOADED_OPTIMIZER, ""),
    "model not loaded": ("save_checkpoint", f"    {LOADED_MODEL}\n", ""),
    "the optimizer's hyper-parameters alone": (
        "save_checkpoint",
        '"optimizer_state_dict": optimizer.state_dict()',
        '"optimizer_state_dict": {**optimizer.state_dict(), "state": {}}',
    ),
    "buffers lost": (
        "save_checkpoint",
        SAVED_MODEL,
        '            "model_state_dict": dict(model.named_parameters()),\n',
        LOADED_MODEL,
        'model.load_state_dict(checkpoint["model_state_dict"], strict=False)',
    ),
    "the last layer alone": (
        "save_checkpoint",
        SAVED_MODEL,
        '            "model_state_dict": model[-1].state_dict(),\n',
        LOADED_MODEL,
        'model[-1].load_state_dict(checkpoint["model_state_dict"])',
    ),
    "names that fit nothing": (
        "save_checkpoint",
        SAVED_MODEL,
        '            "model_state_dict": {f"0.{n}": t for n, t in model.state_dict().items()},\n',
        LOADED_MODEL,
        'model.load_state_dict(checkpoint["model_state_dict"], strict=False)',
    ),
    "half precision": (
        "save_checkpoint",
        SAVED_MODEL,
        '            "model_state_dict": {n: t.half() for n, t in model.state_dict().items()},\n',
    ),
    "kept in memory": (
        "save_checkpoint",
        "    torch.save(\n        {\n",
        "    global KEPT\n    KEPT = model.state_dict()\n    torch.save(\n        {\n",
        LOADED_MODEL,
        "model.load_state_dict(KEPT)",
    ),
    "the optimizer of the model before": (
        "save_checkpoint",
        f"    {LOADED_MODEL}\n",
        f"    import copy\n    model = copy.deepcopy(model)\n    {LOADED_MODEL}\n",
        TOLD,
        'return checkpoint["epoch"], model, optimizer',
    ),
    "epoch lost": ("save_checkpoint", TOLD, "epoch = 0\n    return epoch"),
    "epoch counted twice": ("save_checkpoint", TOLD, 'return checkpoint["epoch"] + 2'),
    "epoch missing": ("save_checkpoint", '            "epoch": epoch,\n', ""),
    "state of the model alone": (
        "save_state",
        "torch.save(state, filename)",
        'torch.save(state["state_dict"], filename)',
    ),
    "optimizer of a state not loaded": (
        "save_state",
        '    optimizer.load_state_dict(checkpoint["optimizer"])\n',
        "",
    ),
    "epoch of a state lost": (
        "save_state",
        'optimizer"])\n    return checkpoint["epoch"]\n',
        'optimizer"])\n    epoch = 0\n    return epoch\n',
    ),
    "another key": ("save_ckpt", '{"model": model', '{"net": model'),
    "learning rate reset": (
        "save_ckpt",
        '        optimizer.load_state_dict(state["optimizer"])\n',
        '        optimizer.load_state_dict(state["optimizer"])\n'
        '        optimizer.param_groups[0]["lr"] = 0.001\n',
    ),
    "the whole model for its state": (
        "save_model",
        "net.state_dict(), file_path",
        "net, file_path",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found(tmp_path, monkeypatch, mistake):
    monkeypatch.chdir(tmp_path)
    function, *edits = MISTAKES[mistake]
    assert judged(tmp_path, edited(RIGHT, *edits), function)


def test_a_file_elsewhere_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = edited(RIGHT, "torch.save(net.state_dict(), file_path)", "torch.save({}, 'x.pt')")
    assert (
        "there is no file at the path" in judged(tmp_path, source, "save_model", "shape")["shape"]
    )


ELSEWHERE = "save_model makes the name of its file itself"


def test_a_file_may_be_moved_into_its_place(tmp_path):
    moved = (
        "torch.save(net.state_dict(), file_path + '~')\n    os.replace(file_path + '~', file_path)"
    )
    source = edited(RIGHT, "torch.save(net.state_dict(), file_path)", moved)
    assert not judged(tmp_path, f"import os\n{source}", "save_model")


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        (
            ("def load_model", "def other"),
            "there is no function beside it that loads what it saves",
        ),
        (("def save_model(net, file_path", "def save_model(net, name, file_path"), "what name"),
        (("def load_model(net, ", "def load_model("), "load_model takes no model"),
        (("def load_model(net, ", "def load_model(net, epoch, "), "load_model takes an epoch"),
        (("(net.state_dict(), file_path)", "(net.state_dict(), file_path + '.pt')"), ELSEWHERE),
        (("(net.state_dict(), file_path)", "(net.state_dict(), f'{file_path}/x.pt')"), ELSEWHERE),
    ],
)
def test_what_cannot_be_judged_is_told(tmp_path, edits, reason):
    module = loaded(tmp_path, edited(RIGHT, *edits))
    (spelling,) = (s for s in spellings() if s.forward == "save_model")
    assert not spelling.found(module)
    assert reason in spelling.passed_over(module)["save_model"]
