"""A convolution and a fully connected layer."""

from __future__ import annotations

from typing import Any

from reference.models._layers import Activation, Conv, Flatten, Layer, Linear, MaxPool
from reference.models._network import Network


class ConvClassifier(Network):
    """conv - relu - max pool - affine - softmax.

    x (N, C, H, W); parameters W1 (F, C, K, K), b1 (F,), W2 (classes, F H' W'), b2 (classes,), where
    H' and W' are what the pooling leaves. It is the NumPy `ConvNet` of CS7643 and, with the
    defaults and K = 7, its vanilla CNN. Oracle: `torch.nn.Sequential` of these. The layers raise
    ValueError and TypeError for strides, paddings and windows that they refuse.
    """

    def __init__(
        self,
        *arguments: Any,
        stride: int = 1,
        padding: int = 0,
        pool_size: int = 2,
        pool_stride: int = 2,
        **others: Any,
    ) -> None:
        super().__init__(*arguments, **others)
        self.stride, self.padding = stride, padding
        self.pool_size, self.pool_stride = pool_size, pool_stride

    def chain(self) -> list[Layer]:
        return [
            Conv("W1", "b1", stride=self.stride, padding=self.padding),
            Activation("relu"),
            MaxPool(self.pool_size, stride=self.pool_stride),
            Flatten(),
            Linear("W2", "b2"),
        ]
