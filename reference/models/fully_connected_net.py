"""Fully connected layers of any number, with normalisation and dropout."""

from __future__ import annotations

from typing import Any

from reference._arguments import number
from reference.models._layers import (
    Activation,
    BatchNorm,
    Dropout,
    Flatten,
    Layer,
    LayerNorm,
    Linear,
)
from reference.models._network import Network

NORMALIZATIONS = (None, "batch", "layer")


class FullyConnectedNet(Network):
    """{affine - [batch or layer norm] - relu - [dropout]} x L - affine - softmax.

    x (N, d1, ...) is flattened; layer i has parameters Wi (out, in) and bi (out,), all but the
    last also gammai and betai, where there is a normalization: None, "batch" or "layer". p is the
    fraction dropped, by the masks mask1, mask2, ...; 0: no dropout. running_var_update: as for
    batch_norm. With "layer" and p it is the usual MLP. Oracle: `torch.nn.Sequential` of these.
    """

    def __init__(
        self,
        *arguments: Any,
        normalization: str | None = None,
        p: float = 0.0,
        running_var_update: str = "unbiased",
        **others: Any,
    ) -> None:
        super().__init__(*arguments, **others)
        if normalization not in NORMALIZATIONS:
            raise ValueError(
                f"normalization must be one of {NORMALIZATIONS}, got {normalization!r}"
            )
        self.normalization, self.p = normalization, number("p", p, 0)
        self.running_var_update = running_var_update

    def chain(self) -> list[Layer]:
        depth = sum(name.startswith("W") for name in self.parameters)
        layers: list[Layer] = [Flatten()]
        for i in range(1, depth):
            layers.append(Linear(f"W{i}", f"b{i}"))
            if self.normalization == "batch":
                layers.append(BatchNorm(i, self.running_var_update))
            if self.normalization == "layer":
                layers.append(LayerNorm(i))
            layers.append(Activation("relu"))
            if self.p > 0:
                layers.append(Dropout(f"mask{i}", self.p))
        layers.append(Linear(f"W{depth}", f"b{depth}"))
        return layers
