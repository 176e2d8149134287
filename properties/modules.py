"""Modules of torch, put together by the paths of what they hold."""

from __future__ import annotations

from typing import Any


def holder_of(root: Any, path: str) -> tuple[Any, str]:
    """The module that a dotted path leads to inside `root`, made where it is not, and a name in it.

    `a.b.weight` leads to the module at `a.b` and the name `weight`.
    """
    import torch

    *parts, name = path.split(".")
    holder = root
    for part in parts:
        if part not in holder._modules:
            holder.add_module(part, torch.nn.Module())
        holder = holder._modules[part]
    return holder, name
