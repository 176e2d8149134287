"""Right training loops on torch that add up the gradients of several batches before a step."""

from torch import nn


def train_one_epoch(model, loader, optimizer, criterion, device, accumulation_steps=4):
    """Batches of one size: what is left at the end of the epoch makes a step too."""
    model.train()
    running_loss, correct, total = 0.0, 0, 0
    optimizer.zero_grad()
    for i, (images, labels) in enumerate(loader):
        images, labels = images.to(device), labels.to(device)
        outputs = model(images)
        loss = criterion(outputs, labels)
        (loss / accumulation_steps).backward()
        if (i + 1) % accumulation_steps == 0 or i + 1 == len(loader):
            optimizer.step()
            optimizer.zero_grad()
        running_loss += loss.item() * labels.size(0)
        correct += (outputs.argmax(dim=1) == labels).sum().item()
        total += labels.size(0)
    return running_loss / total, correct / total


def train_epoch(net, train_loader, optimizer, grad_accum_steps):
    """What is left is dropped at the start of the next epoch."""
    net.train()
    optimizer.zero_grad()
    for step, (x, y) in enumerate(train_loader, start=1):
        loss = nn.functional.cross_entropy(net(x), y) / grad_accum_steps
        loss.backward()
        if step % grad_accum_steps == 0:
            optimizer.step()
            optimizer.zero_grad()


def train(model, dataloader, accumulation, criterion, optimizer):
    """What is left stays in the gradients."""
    model.train()
    losses, samples = 0.0, 0
    for i, (inputs, targets) in enumerate(dataloader):
        loss = criterion(model(inputs), targets)
        losses += loss.item() * len(targets)
        samples += len(targets)
        loss /= accumulation
        loss.backward()
        if (i + 1) % accumulation == 0:
            optimizer.step()
            optimizer.zero_grad()
    return losses / samples


def train_loop(dataloader, model, loss_fn, optimizer, accumulate=2):
    """Each sample counts alike, in a smaller batch and in what is left as well."""
    batches = list(dataloader)
    for start in range(0, len(batches), accumulate):
        group = batches[start : start + accumulate]
        samples = sum(len(y) for _, y in group)
        optimizer.zero_grad()
        for x, y in group:
            loss = loss_fn(model(x), y)
            (loss * len(y) / samples).backward()
        optimizer.step()
