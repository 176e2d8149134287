"""Two convolutions and a fully connected layer."""

from __future__ import annotations

from reference.models._layers import Activation, Conv, Flatten, Layer, Linear
from reference.models._network import Network


class TwoConvNet(Network):
    """conv - relu - conv - relu - affine - softmax, without pooling.

    x (N, C, H, W); parameters W1 (F1, C, K1, K1), b1 (F1,), W2 (F2, F1, K2, K2), b2 (F2,),
    W3 (classes, F2 H W), b3 (classes,); K1 and K2 are odd, 5 and 3 in CS231n and EECS 498, which
    call it the three-layer convnet of PyTorch. The convolutions have stride 1 and the padding that
    keeps the maps' size. Oracle: `torch.nn.Sequential` of these.
    """

    def chain(self) -> list[Layer]:
        first, second = (self.parameters[name].shape[2] // 2 for name in ("W1", "W2"))
        return [
            Conv("W1", "b1", stride=1, padding=first),
            Activation("relu"),
            Conv("W2", "b2", stride=1, padding=second),
            Activation("relu"),
            Flatten(),
            Linear("W3", "b3"),
        ]
