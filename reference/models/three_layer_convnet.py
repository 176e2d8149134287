"""A convolution and two fully connected layers."""

from __future__ import annotations

from reference.models._layers import Activation, Conv, Flatten, Layer, Linear, MaxPool
from reference.models._network import Network


class ThreeLayerConvNet(Network):
    """conv - relu - 2x2 max pool - affine - relu - affine - softmax.

    x (N, C, H, W); parameters W1 (F, C, K, K) with K odd, b1 (F,), W2 (hidden, F H/2 W/2),
    b2 (hidden,), W3 (classes, hidden), b3 (classes,). The convolution has stride 1 and the padding
    (K - 1) / 2 that keeps the map's size. Oracle: `torch.nn.Sequential` of these.
    """

    def chain(self) -> list[Layer]:
        padding = (self.parameters["W1"].shape[2] - 1) // 2
        return [
            Conv("W1", "b1", stride=1, padding=padding),
            Activation("relu"),
            MaxPool(2, stride=2),
            Flatten(),
            Linear("W2", "b2"),
            Activation("relu"),
            Linear("W3", "b3"),
        ]
