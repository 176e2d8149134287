"""Right checkpoints on torch, in the forms that tutorials and courses give them."""

import torch


def save_checkpoint(model, optimizer, epoch, loss, path):
    """As PyTorch's tutorial names the states."""
    torch.save(
        {
            "epoch": epoch,
            "model_state_dict": model.state_dict(),
            "optimizer_state_dict": optimizer.state_dict(),
            "loss": loss,
        },
        path,
    )


def load_checkpoint(path, model, optimizer):
    """The epoch that was saved, and the loss."""
    checkpoint = torch.load(path)
    model.load_state_dict(checkpoint["model_state_dict"])
    optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
    return checkpoint["epoch"], checkpoint["loss"]


def save_model(net, file_path):
    """The model alone."""
    torch.save(net.state_dict(), file_path)


def load_model(net, file_path, device="cpu"):
    net.load_state_dict(torch.load(file_path, map_location=device))
    net.eval()
    return net


def save_ckpt(epoch, model, optimizer, scheduler, filename="last.pth"):
    """The epoch to go on with."""
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save({**state, "scheduler": scheduler.state_dict(), "start": epoch + 1}, filename)


def load_ckpt(model, optimizer=None, scheduler=None, filename="last.pth"):
    state = torch.load(filename, weights_only=True)
    model.load_state_dict(state["model"])
    if optimizer is not None:
        optimizer.load_state_dict(state["optimizer"])
    if scheduler is not None:
        scheduler.load_state_dict(state["scheduler"])
    start_epoch = state["start"]
    return model, optimizer, start_epoch


def save_state(state, is_best, filename="checkpoint.pth.tar"):
    """A dictionary that the training makes."""
    torch.save(state, filename)
    if is_best:
        torch.save(state, "best.pth.tar")


def load_state(checkpoint, model, optimizer):
    """What the training has loaded itself."""
    model.load_state_dict(checkpoint["state_dict"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    return checkpoint["epoch"]
