"""Convolutions of any number, some with pooling, under fully connected layers of any number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reference._arguments import boolean, number
from reference.models._layers import (
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalAveragePool,
    Layer,
    Linear,
    MaxPool,
)
from reference.models._network import Network

HEADS = ("flatten", "average")


class CustomCnn(Network):
    """{conv - [batch norm] - relu - [2x2 max pool]} x L - {affine - relu - [dropout]} x M - affine.

    x (N, C, H, W); layer i has a weight Wi, (F, C, K, K) with K odd and then (out, in), and bi; a
    normalized convolution also gammai and betai. Convolutions keep the maps' size. pools says
    after which of them they are halved. head: what the first affine layer reads, the maps
    ("flatten") or the mean of each ("average"). p is the fraction dropped, by the masks maski; 0:
    no dropout. running_var_update: as for batch_norm.

    It is the custom CNN of three, four or six convolutions, plain, deep or normalized, the
    VGG-like net (64-64-128-128-256, one hidden layer of 512) and the convnet with a global average
    pool. Oracle: `torch.nn.Sequential` of these. Raises ValueError where pools are not as many as
    convolutions.
    """

    def __init__(
        self,
        *arguments: Any,
        pools: Sequence[bool] = (),
        head: str = "flatten",
        normalized: bool = False,
        p: float = 0.0,
        running_var_update: str = "unbiased",
        **others: Any,
    ) -> None:
        super().__init__(*arguments, **others)
        if head not in HEADS:
            raise ValueError(f"head must be one of {HEADS}, got {head!r}")
        convolutions = sum(array.ndim == 4 for array in self.parameters.values())
        if len(pools) != convolutions:
            raise ValueError(f"pools must be {convolutions} bools, one a convolution, got {pools}")
        self.pools, self.head = [boolean("pools", pooled) for pooled in pools], head
        self.normalized, self.p = boolean("normalized", normalized), number("p", p, 0)
        self.running_var_update = running_var_update

    def chain(self) -> list[Layer]:
        layers: list[Layer] = []
        for i, pooled in enumerate(self.pools, 1):
            padding = self.parameters[f"W{i}"].shape[2] // 2
            layers.append(Conv(f"W{i}", f"b{i}", stride=1, padding=padding))
            if self.normalized:
                layers.append(BatchNorm(i, self.running_var_update))
            layers.append(Activation("relu"))
            if pooled:
                layers.append(MaxPool(2, stride=2))
        if self.head == "average":
            layers.append(GlobalAveragePool())
        return [*layers, Flatten(), *self._fully_connected()]

    def _fully_connected(self) -> list[Layer]:
        layers: list[Layer] = []
        depth = sum(name.startswith("W") for name in self.parameters)
        for i in range(len(self.pools) + 1, depth):
            layers += [Linear(f"W{i}", f"b{i}"), Activation("relu")]
            if self.p > 0:
                layers.append(Dropout(f"mask{i}", self.p))
        return [*layers, Linear(f"W{depth}", f"b{depth}")]
