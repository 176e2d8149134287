"""Two fully connected layers with a nonlinearity between them."""

from __future__ import annotations

from typing import Any

from reference.models._layers import Activation, Flatten, Layer, Linear
from reference.models._network import Network

ACTIVATIONS = ("relu", "sigmoid", "tanh")


class TwoLayerNet(Network):
    """affine - activation - affine - softmax.

    x (N, d1, ...) is flattened; parameters W1 (H, D), b1 (H,), W2 (C, H), b2 (C,). activation:
    "relu", "sigmoid" or "tanh". Oracle: `torch.nn.Sequential` of these.
    """

    def __init__(self, *arguments: Any, activation: str = "relu", **others: Any) -> None:
        super().__init__(*arguments, **others)
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {ACTIVATIONS}, got {activation!r}")
        self.activation = activation

    def chain(self) -> list[Layer]:
        first, second = Linear("W1", "b1"), Linear("W2", "b2")
        return [Flatten(), first, Activation(self.activation), second]
