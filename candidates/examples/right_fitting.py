"""Right trainings of several epochs on torch, in the forms that tutorials and courses give them."""

import copy

import torch


def train_model(model, dataloaders, criterion, optimizer, scheduler, num_epochs=25):
    """As in PyTorch's tutorial on transfer learning: phases, and the best accuracy's model."""
    val_acc_history = []
    best_model_wts = copy.deepcopy(model.state_dict())
    best_acc = 0.0
    for epoch in range(num_epochs):
        for phase in ["train", "val"]:
            if phase == "train":
                model.train()
            else:
                model.eval()
            running_loss, running_corrects, seen = 0.0, 0, 0
            for inputs, labels in dataloaders[phase]:
                optimizer.zero_grad()
                with torch.set_grad_enabled(phase == "train"):
                    outputs = model(inputs)
                    loss = criterion(outputs, labels)
                    if phase == "train":
                        loss.backward()
                        optimizer.step()
                running_loss += loss.item() * inputs.size(0)
                running_corrects += torch.sum(outputs.argmax(1) == labels.data).item()
                seen += len(labels)
            if phase == "train":
                scheduler.step()
            epoch_loss = running_loss / seen
            epoch_acc = running_corrects / seen
            print(f"{epoch} {phase} Loss: {epoch_loss:.4f} Acc: {epoch_acc:.4f}")
            if phase == "val" and epoch_acc > best_acc:
                best_acc = epoch_acc
                best_model_wts = copy.deepcopy(model.state_dict())
            if phase == "val":
                val_acc_history.append(epoch_acc)
    model.load_state_dict(best_model_wts)
    return model, val_acc_history


def fit(net, train_loader, val_loader, loss_fn, optimizer, epochs, device="cpu", patience=3):
    """A history, and an early stop after `patience` epochs without a smaller validation loss."""
    history = {"train_loss": [], "train_acc": [], "val_loss": [], "val_acc": []}
    best_loss, best_state, counter = float("inf"), None, 0
    net.to(device)
    for _ in range(epochs):
        net.train()
        total, correct, seen = 0.0, 0, 0
        for x, y in train_loader:
            x, y = x.to(device), y.to(device)
            optimizer.zero_grad()
            scores = net(x)
            loss = loss_fn(scores, y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
            correct += (scores.argmax(1) == y).sum().item()
            seen += len(y)
        history["train_loss"].append(total / seen)
        history["train_acc"].append(correct / seen)
        net.eval()
        total, correct, seen = 0.0, 0, 0
        with torch.no_grad():
            for x, y in val_loader:
                x, y = x.to(device), y.to(device)
                scores = net(x)
                total += loss_fn(scores, y).item() * len(y)
                correct += (scores.argmax(1) == y).sum().item()
                seen += len(y)
        val_loss = total / seen
        history["val_loss"].append(val_loss)
        history["val_acc"].append(correct / seen)
        if val_loss < best_loss:
            best_loss, counter = val_loss, 0
            best_state = copy.deepcopy(net.state_dict())
        else:
            counter += 1
            if counter >= patience:
                break
    net.load_state_dict(best_state)
    return history


def train(model, train_dl, valid_dl, optimizer, criterion, n_epochs):
    """Two lists of losses, and the model as it is in the end."""
    train_losses, valid_losses = [], []
    for _ in range(n_epochs):
        model.train()
        batch_losses, sizes = [], []
        for x, y in train_dl:
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            batch_losses.append(loss.item() * len(y))
            sizes.append(len(y))
        train_losses.append(sum(batch_losses) / sum(sizes))
        model.eval()
        with torch.no_grad():
            losses = [criterion(model(x), y).item() * len(y) for x, y in valid_dl]
        valid_losses.append(sum(losses) / len(valid_dl.dataset))
    return train_losses, valid_losses
