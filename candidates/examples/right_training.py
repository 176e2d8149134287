"""Right training loops on torch, in the forms that tutorials and courses give them."""

import torch
from torch import nn


def train_epoch(model, train_loader, criterion, optimizer, device):
    """One pass over the loader; the mean loss and the accuracy over its samples."""
    model.train()
    running_loss, correct, total = 0.0, 0, 0
    for images, labels in train_loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item() * images.size(0)
        correct += (outputs.argmax(dim=1) == labels).sum().item()
        total += labels.size(0)
    return running_loss / total, correct / total


def train_loop(dataloader, model, loss_fn, optimizer):
    """As in PyTorch's own tutorial: nothing is returned."""
    model.train()
    for batch, (X, y) in enumerate(dataloader):
        loss = loss_fn(model(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if batch % 100 == 0:
            print(f"loss: {loss.item():>7f}")


def train_one_epoch(model, loader, optimizer, criterion, device, scaler, max_norm=1.0):
    """With a scaled loss, as on a GPU in half precision; clipped once it is unscaled."""
    model.train()
    total_loss = 0.0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device_type=device.type):
            loss = criterion(model(images), labels)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        scaler.step(optimizer)
        scaler.update()
        total_loss += loss.item() * len(labels)
    return total_loss / len(loader.dataset)


@torch.no_grad()
def validate(model, val_loader, criterion, device="cpu"):
    """The mean loss and the accuracy in percent."""
    model.eval()
    val_loss, correct = 0.0, 0
    for images, labels in val_loader:
        images, labels = images.to(device), labels.to(device)
        outputs = model(images)
        val_loss += criterion(outputs, labels).item() * len(labels)
        correct += (outputs.argmax(1) == labels).sum().item()
    size = len(val_loader.dataset)
    return val_loss / size, 100.0 * correct / size


def check_accuracy(loader, model):
    """The fraction classified rightly."""
    num_correct = num_samples = 0
    model.eval()
    with torch.no_grad():
        for x, y in loader:
            _, predicted = model(x).max(1)
            num_correct += (predicted == y).sum()
            num_samples += predicted.size(0)
    acc = float(num_correct) / num_samples
    print(f"Got {num_correct} / {num_samples} correct ({100 * acc:.2f})")
    return acc


def evaluate(net, test_loader):
    """A dictionary of the loss and the accuracy."""
    was_training = net.training
    net.eval()
    losses, hits = [], []
    with torch.inference_mode():
        for x, y in test_loader:
            scores = net(x)
            losses.append(nn.functional.cross_entropy(scores, y, reduction="none"))
            hits.append(scores.argmax(dim=-1) == y)
    net.train(was_training)
    loss = torch.cat(losses).mean().item()
    return {"loss": loss, "accuracy": torch.cat(hits).float().mean().item()}
