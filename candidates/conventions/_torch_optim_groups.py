"""Parameter groups: an optimizer of torch's kind moves each by the rates of its own group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from candidates.conventions._signatures import Call
from candidates.conventions._tensors import load_torch, run, to_array
from properties.plain import WrongResult

At = Mapping[str, Any]
CLOSE = 1e-5
SLOWER, DECAY = 0.25, 0.25  # of the second group, beside the first one's


def has_groups(made: Any) -> bool:
    """Whether an optimizer is a subclass of torch's, and keeps its learning rate in its groups."""
    optimizer = load_torch().optim.Optimizer
    return isinstance(made, optimizer) and "lr" in getattr(made, "defaults", {})


class Groups:
    """Two parameters in two groups of one optimizer, and the second alone in one of its rates.

    Both of the second must move alike, from the same numbers and by the same gradients.
    """

    def __init__(self, kind: Any, call: Call, at: At, w: Any) -> None:
        torch = load_torch()
        self._first, self._second, self._alone = (torch.nn.Parameter(w.clone()) for _ in range(3))
        takes = {p.names[0] for p in (*call.positional, *call.keywords.values())}
        own = {"lr": SLOWER * at["lr"]}
        own |= {"weight_decay": at["weight_decay"] + DECAY} if "weight_decay" in takes else {}
        groups = [{"params": [self._first]}, {"params": [self._second], **own}]
        positional, named = call.arguments(at, {"params": groups})
        self._both = run(kind, *positional, **named)
        positional, named = call.arguments({**at, **own}, {"params": [self._alone]})
        self._one = run(kind, *positional, **named)

    def rate(self, lr: float) -> None:
        self._both.param_groups[0]["lr"] = lr
        for made in (self._both, self._one):
            made.param_groups[-1]["lr"] = SLOWER * lr

    def step(self, gradient: Any) -> None:
        """A step of both. Raises WrongResult where the second parameter moves in two ways."""
        for parameter in (self._first, self._second, self._alone):
            parameter.grad = gradient.clone()
        with load_torch().no_grad():
            run(self._both.step)
            run(self._one.step)
        pair = (self._second, self._alone)
        second, alone = (to_array("w", p.detach().clone()) for p in pair)
        if not np.allclose(second, alone, CLOSE, CLOSE, equal_nan=True):
            raise WrongResult(
                "a parameter in a second group, with its own learning rate and weight decay, "
                "moves otherwise than in an optimizer made with these"
            )
