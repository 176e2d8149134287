"""The small model that loops are judged on: smooth, so that no step depends on rounding."""

from __future__ import annotations

from typing import Any

from reference.models._layers import Activation, BatchNorm, Dropout, Flatten, Layer, Linear
from reference.models._network import Network


class Classifier(Network):
    """affine - [batch norm] - tanh - [dropout] - affine - softmax.

    Parameters W1 (H, D), then b1 (H,) or, with batch norm, gamma1 and beta1 (H,); W2 (C, H),
    b2 (C,). Dropout of a fraction p > 0 can be evaluated only: training it takes masks.
    """

    def __init__(self, *arguments: Any, p: float = 0.0, **others: Any) -> None:
        super().__init__(*arguments, **others)
        self.p = p

    def chain(self) -> list[Layer]:
        normalised = "gamma1" in self.parameters
        first = Linear("W1", None if normalised else "b1")
        norm: list[Layer] = [BatchNorm(1)] if normalised else []
        dropout: list[Layer] = [Dropout("mask1", self.p)] if self.p > 0 else []
        return [Flatten(), first, *norm, Activation("tanh"), *dropout, Linear("W2", "b2")]


class LinearClassifier(Network):
    """affine - softmax: parameters W (C, D) and b (C,)."""

    def chain(self) -> list[Layer]:
        return [Flatten(), Linear("W", "b")]
