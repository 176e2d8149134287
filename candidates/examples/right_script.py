"""Right loops on torch that take their parts from the module, as in scripts and notebooks."""

import torch
import torch.nn.functional as F
from torch import nn, optim

device = torch.device("cpu")
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).to(device)
optimizer = optim.Adam(model.parameters(), lr=1e-3)
train_loader = test_loader = []
log_interval = 10


def train(epoch):
    """One pass over the loader; nothing is returned."""
    model.train()
    for batch_idx, (data, target) in enumerate(train_loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data), target)
        loss.backward()
        optimizer.step()
        if batch_idx % log_interval == 0:
            seen = batch_idx * len(data)
            print(f"{epoch} [{seen}/{len(train_loader.dataset)}] {loss.item():.6f}")


def test():
    """The mean loss, and the accuracy in percent."""
    model.eval()
    test_loss, correct = 0.0, 0
    with torch.no_grad():
        for data, target in test_loader:
            data, target = data.to(device), target.to(device)
            output = model(data)
            test_loss += F.cross_entropy(output, target, reduction="sum").item()
            correct += output.argmax(dim=1).eq(target).sum().item()
    test_loss /= len(test_loader.dataset)
    return test_loss, 100.0 * correct / len(test_loader.dataset)
