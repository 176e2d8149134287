"""Single steps of training: right ones pass, each mistake fails, what is left is said."""

from __future__ import annotations

import pytest

from tests.in_process import failures, load, passed_over, spellings

HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch.amp import autocast\n"
STEP = """
def train_step(model, x, y, optimizer, criterion):
    model.train()
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()
"""
OF_A_BATCH = """
def train_on_batch(net, batch, opt, device):
    images, labels = (part.to(device) for part in batch)
    opt.zero_grad()
    loss = F.cross_entropy(net(images), labels)
    loss.backward()
    opt.step()
    return {"loss": loss.item(), "count": len(labels)}
"""
SCALED = """
def train_step_amp(model, data, target, optimizer, loss_fn, scaler):
    optimizer.zero_grad(set_to_none=True)
    with autocast("cpu"):
        loss = loss_fn(model(data), target)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    return loss.detach()
"""
EPOCH = """
def train_step(model, dataloader, loss_fn, optimizer, device):
    total = 0.0
    for X, y in dataloader:
        X, y = X.to(device), y.to(device)
        loss = loss_fn(model(X), y)
        total += loss.item() * len(y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return total / len(dataloader.dataset)
"""
RIGHT = {
    "in float32": STEP,
    "in float32 ": OF_A_BATCH,
    "in float32, gradients are clipped to a norm of 1": SCALED,
    "in float32  ": EPOCH,
}


def judged(tmp_path, source):
    module = load(tmp_path, HEAD + source)
    (name,) = spellings(module, "torch")
    return failures(module, "torch", name, "shape", "forward", "laws", examples=30)


@pytest.mark.parametrize("words", RIGHT)
def test_right_ones_pass(tmp_path, words):
    module = load(tmp_path, HEAD + RIGHT[words])
    (spelling,) = spellings(module, "torch").values()
    assert spelling.operator == "train_epoch"
    assert spelling.promised(spelling.told(module)).differs == words.strip()
    assert judged(tmp_path, RIGHT[words]) == {}


WRONG = {
    "no zero_grad": STEP.replace("optimizer.zero_grad()", "pass"),
    "no step": STEP.replace("optimizer.step()", "pass"),
    "no backward": STEP.replace("loss.backward()", "pass"),
    "in evaluation": STEP.replace("model.train()", "model.eval()"),
    "of probabilities": STEP.replace("model(x)", "model(x).softmax(1)"),
    "half the loss": OF_A_BATCH.replace("loss.backward()", "(loss / 2).backward()"),
    "another loss returned": OF_A_BATCH.replace("loss.item()", "abs(loss.item() - 1)"),
    "no update": SCALED.replace("scaler.update()", "pass"),
    "clipped while scaled": SCALED.replace("scaler.unscale_(optimizer)", "pass"),
    "the optimizer's own step": SCALED.replace("scaler.step(optimizer)", "optimizer.step()"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_ones_fail(tmp_path, mistake):
    assert judged(tmp_path, WRONG[mistake])


LEFT = {
    "what mask should be cannot be told": (
        "def train_step(model, x, y, mask, optimizer):\n"
        "    return F.cross_entropy(model(x * mask), y)"
    ),
    "it clips each number of its gradients": SCALED.replace("clip_grad_norm_", "clip_grad_value_"),
    "its loss mse_loss is none of class ids": OF_A_BATCH.replace("cross_entropy", "mse_loss"),
}


@pytest.mark.parametrize("why", LEFT)
def test_what_is_left_is_said(tmp_path, why):
    module = load(tmp_path, HEAD + LEFT[why])
    reasons = passed_over(module, "torch")
    assert why in reasons, reasons
    assert not spellings(module, "torch")
