"""Loops that scale their loss or clip their gradients: right ones pass, mistakes are told."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

TORCH = "torch"
NAME = "train_one_epoch"
RIGHT = (EXAMPLES / "right_training.py").read_text()
UNSCALED = "        scaler.unscale_(optimizer)\n"
CLIPPED = "        nn.utils.clip_grad_norm_(model.parameters(), max_norm)\n"
STEP, UPDATE = "scaler.step(optimizer)", "        scaler.update()\n"
BACKWARD = "scaler.scale(loss).backward()"
HEAD = "device, scaler, max_norm=1.0):"


def edited(*old_new):
    text = RIGHT
    for old, new in zip(old_new[::2], old_new[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


OWN = "device, use_amp=False):\n    scaler = torch.cuda.amp.GradScaler(enabled=use_amp)"
FORMS = {
    "as it is": ((), "gradients are clipped to a norm of 0.5"),
    "by its number": ((CLIPPED, CLIPPED.replace("max_norm", "2.0"), HEAD, "device, scaler):"),
                      "gradients are clipped to a norm of 2"),
    "not clipped": ((UNSCALED + CLIPPED, "", HEAD, "device, scaler):"), ""),
    "its own": ((UNSCALED + CLIPPED, "", HEAD, OWN), ""),
    "its own, clipped": ((HEAD, OWN, CLIPPED, CLIPPED.replace("max_norm", "1.0")),
                         "gradients are clipped to a norm of 1"),
    "by its name": (("device_type=device.type)", "device, dtype=torch.float16)"),
                    "gradients are clipped to a norm of 0.5"),
    "without": ((BACKWARD, "loss.backward()", UNSCALED, "", STEP, "optimizer.step()", UPDATE, "",
                 HEAD, "device, max_norm=None):"), "gradients are clipped to a norm of 0.5"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_right_loops_pass(tmp_path, form):
    edits, words = FORMS[form]
    module = load(tmp_path, edited(*edits))
    spelling = spellings(module, TORCH)[NAME]
    assert words in spelling.promised(spelling.told(module)).differs
    assert failures(module, TORCH, NAME, examples=25) == {}


WRONG = {
    "clipped while scaled": (UNSCALED + CLIPPED, CLIPPED + UNSCALED),
    "clipped, never unscaled": (UNSCALED, ""),
    "never updated": (UPDATE, ""),
    "the optimizer's step": (STEP, "optimizer.step()"),
    "the optimizer's step, scaled": (UNSCALED, "", STEP, "optimizer.step()"),
    "backward of the plain loss": (BACKWARD, "scaler.scale(loss); loss.backward()"),
    "plain loss alone": (BACKWARD, "loss.backward()"),
    "not zeroed": ("        optimizer.zero_grad(set_to_none=True)\n", ""),
    "scaled loss returned": ("total_loss += loss.item()",
                             "total_loss += scaler.scale(loss).item()"),
    "unscaled twice": (UNSCALED, UNSCALED * 2),
    "never clipped": (CLIPPED, ""),
    "clipped after the step": (CLIPPED, "", UPDATE, UPDATE + CLIPPED),
}  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_found(tmp_path, mistake):
    module = load(tmp_path, edited(*WRONG[mistake]))
    judged = ("shape", "forward")
    assert failures(module, TORCH, NAME, *judged, examples=50, until_first=True)


def test_a_scaler_of_its_own_is_watched_by_what_it_leaves(tmp_path):
    clipped = CLIPPED.replace("max_norm", "1.0")
    text = edited(HEAD, OWN, UNSCALED + CLIPPED, clipped + UNSCALED)
    assert failures(load(tmp_path, text), TORCH, NAME, "forward", examples=50, until_first=True)


def test_autocast_and_scalers_are_as_before_afterwards(tmp_path):
    import torch

    before = vars(torch.amp.autocast_mode.autocast).copy(), vars(torch.amp.GradScaler).copy()
    module = load(tmp_path, RIGHT)
    failures(module, TORCH, NAME, "forward", examples=2)
    assert before == (vars(torch.amp.autocast_mode.autocast), vars(torch.amp.GradScaler))


def test_clipping_by_value_is_not_judged(tmp_path):
    text = edited(CLIPPED, CLIPPED.replace("norm_", "value_"))
    assert NAME not in spellings(load(tmp_path, text), TORCH)


def test_clipping_what_several_batches_gave_is_not_judged(tmp_path):
    from candidates.conventions import find_convention

    text = edited(HEAD, "device, scaler, accumulation_steps, max_norm=1.0):")
    spelled = find_convention(TORCH).spellings(["accumulate_gradients"])
    found = next(s for s in spelled if s.forward == NAME).passed_over(load(tmp_path, text))
    assert "it clips the gradients of several batches" in found[NAME]
