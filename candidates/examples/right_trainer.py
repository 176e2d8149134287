"""Right loops on torch that are methods of a trainer."""

import torch
from torch import nn


class Trainer:
    """It is given all that it works on, and keeps a history."""

    def __init__(
        self, model, train_loader, val_loader, optimizer, criterion=None, device="cpu", epochs=10
    ):
        self.model = model.to(device)
        self.train_loader = train_loader
        self.val_loader = val_loader
        self.optimizer = optimizer
        self.criterion = criterion or nn.CrossEntropyLoss()
        self.device = device
        self.epochs = epochs
        self.history = {"train_loss": [], "val_loss": [], "val_acc": []}

    def train_epoch(self):
        """One pass over the loader; the mean loss of its samples."""
        self.model.train()
        total_loss, seen = 0.0, 0
        for images, labels in self.train_loader:
            images, labels = images.to(self.device), labels.to(self.device)
            self.optimizer.zero_grad()
            loss = self._loss(images, labels)
            loss.backward()
            self.optimizer.step()
            total_loss += loss.item() * len(labels)
            seen += len(labels)
        return total_loss / seen

    def _loss(self, images, labels):
        return self.criterion(self.model(images), labels)

    @torch.no_grad()
    def validate(self):
        """The mean loss, and the fraction classified rightly."""
        self.model.eval()
        total_loss, correct, seen = 0.0, 0, 0
        for images, labels in self.val_loader:
            images, labels = images.to(self.device), labels.to(self.device)
            outputs = self.model(images)
            total_loss += self.criterion(outputs, labels).item() * len(labels)
            correct += (outputs.argmax(1) == labels).sum().item()
            seen += len(labels)
        return total_loss / seen, correct / seen

    def fit(self):
        """Epochs, each followed by a validation."""
        for epoch in range(self.epochs):
            train_loss = self.train_epoch()
            val_loss, val_acc = self.validate()
            self.history["train_loss"].append(train_loss)
            self.history["val_loss"].append(val_loss)
            self.history["val_acc"].append(val_acc)
            print(f"{epoch}: {train_loss:.4f} {val_loss:.4f} {val_acc:.4f}")
        return self.history


class Learner:
    """It makes its own optimizer and loss; the loaders are given to its methods."""

    def __init__(self, net: nn.Module, lr: float, save_dir: str):
        self.net = net
        self.save_dir = save_dir
        self.loss_fn = nn.CrossEntropyLoss()
        self.opt = torch.optim.Adam(self.net.parameters(), lr=lr)
        self.scheduler = torch.optim.lr_scheduler.StepLR(self.opt, 5)

    def train_one_epoch(self, loader):
        """Nothing is returned."""
        self.net.train()
        for x, y in loader:
            loss = self.loss_fn(self.net(x), y)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()

    def evaluate(self, loader):
        """The accuracy in percent."""
        self.net.eval()
        right = total = 0
        with torch.no_grad():
            for x, y in loader:
                right += (self.net(x).argmax(dim=1) == y).sum().item()
                total += y.size(0)
        return 100.0 * right / total
