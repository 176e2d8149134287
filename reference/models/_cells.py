"""A recurrent cell of a model, under one name for all kinds: rnn, gru and lstm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reference.models._layers import Gradients

if TYPE_CHECKING:
    from reference.models._network import Network

CELLS = ("rnn", "gru", "lstm")


@dataclass(frozen=True)
class Cell:
    """A cell over sequences; `suffix` tells its parameters from those of another.

    Wx (D, G H), Wh (H, G H) and b (G H,), for gru bx and bh; G is 1, 3 for gru, 4 for lstm.
    """

    kind: str
    suffix: str

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in the order of the layer's arguments."""
        biases = ("bx", "bh") if self.kind == "gru" else ("b",)
        return tuple(f"{name}{self.suffix}" for name in ("Wx", "Wh", *biases))

    def forward(
        self,
        net: Network,
        x: np.ndarray,
        h: np.ndarray,
        c: np.ndarray | None,
        lengths: np.ndarray | None = None,
    ) -> tuple[np.ndarray, Any, Any]:
        """All states (N, T, H) of x (N, T, D), the last c (lstm alone has one) and a cache."""
        weights = [net.parameters[name] for name in self.names]
        if self.kind == "lstm":
            return net.call("lstm_forward", x, h, *weights, c0=c, lengths=lengths)
        states, cache = net.call(f"{self.kind}_forward", x, h, *weights, lengths=lengths)
        return states, None, cache

    def backward(
        self, net: Network, dh: np.ndarray, dc: np.ndarray | None, cache: Any
    ) -> tuple[np.ndarray, np.ndarray, Any, Gradients]:
        """Gradients of x, of the first h and c, and of the parameters by name."""
        dc_first = None
        if self.kind == "lstm":
            last = np.zeros_like(dh[:, 0]) if dc is None else dc
            dx, dh_first, *gradients, dc_first = net.call("lstm_backward", dh, last, cache)
        else:
            dx, dh_first, *gradients = net.call(f"{self.kind}_backward", dh, cache)
        return dx, dh_first, dc_first, dict(zip(self.names, gradients, strict=True))
