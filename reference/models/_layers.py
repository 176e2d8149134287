"""The layers of a network: which parameters they take, and what their gradients are called.

A layer calls the functions of the path that the network was made for. `forward` returns its output
and a cache, `backward` the gradients of its input and, by name, of its parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from reference.models._network import Network

Gradients = dict[str, np.ndarray]


class Layer(Protocol):
    """One layer of a network, which it is handed to find its parameters in."""

    def forward(self, net: Network, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]: ...

    def backward(
        self, net: Network, dout: np.ndarray, cache: Any
    ) -> tuple[np.ndarray, Gradients]: ...


class Flatten:
    """(N, d1, ...) to (N, d1 * ...), in C order."""

    def forward(self, net: Network, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]:
        return x.reshape(len(x), -1), x.shape

    def backward(self, net: Network, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, Gradients]:
        return dout.reshape(cache), {}


@dataclass(frozen=True)
class Activation:
    """An operator of one array and no parameters: relu, sigmoid, tanh."""

    name: str

    def forward(self, net: Network, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]:
        return net.call(f"{self.name}_forward", x)

    def backward(self, net: Network, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, Gradients]:
        return net.call(f"{self.name}_backward", dout, cache), {}


@dataclass(frozen=True)
class Linear:
    """x (N, in) to (N, out) by a weight (out, in) and a bias (out,), named here, or None."""

    w: str
    b: str | None

    def forward(self, net: Network, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]:
        b = None if self.b is None else net.parameters[self.b]
        return net.call("linear_forward", x, net.parameters[self.w], b)

    def backward(self, net: Network, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, Gradients]:
        dx, dw, db = net.call("linear_backward", dout, cache)
        return dx, {self.w: dw} if self.b is None else {self.w: dw, self.b: db}


@dataclass(frozen=True)
class Conv:
    """x (N, C, H, W) to (N, F, H', W') by filters (F, C, KH, KW) and a bias (F,), named here."""

    w: str
    b: str
    stride: int
    padding: int

    def forward(self, net: Network, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]:
        w, b = net.parameters[self.w], net.parameters[self.b]
        return net.call("conv2d_forward", x, w, b, stride=self.stride, padding=self.padding)

    def backward(self, net: Network, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, Gradients]:
        dx, dw, db = net.call("conv2d_backward", dout, cache)
        return dx, {self.w: dw, self.b: db}


@dataclass(frozen=True)
class MaxPool:
    """The largest of each window of `size` by `size`, `stride` apart."""

    size: int
    stride: int

    def forward(self, net: Network, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]:
        return net.call("max_pool2d_forward", x, self.size, stride=self.stride)

    def backward(self, net: Network, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, Gradients]:
        return net.call("max_pool2d_backward", dout, cache), {}


class GlobalAveragePool:
    """The mean of each map: (N, C, H, W) to (N, C, 1, 1)."""

    def forward(self, net: Network, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]:
        return net.call("adaptive_avg_pool2d_forward", x, 1)

    def backward(self, net: Network, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, Gradients]:
        return net.call("adaptive_avg_pool2d_backward", dout, cache), {}


@dataclass(frozen=True)
class BatchNorm:
    """Batch normalisation over all but axis 1; its running statistics are state of the network."""

    number: int
    running_var_update: str = "unbiased"

    def _names(self, *stems: str) -> Iterable[str]:
        return (f"{stem}{self.number}" for stem in stems)

    def forward(self, net: Network, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]:
        gamma, beta = (net.parameters[name] for name in self._names("gamma", "beta"))
        mean, var = self._names("running_mean", "running_var")
        out, net.state[mean], net.state[var], cache = net.call(
            "batch_norm_forward",
            x,
            gamma,
            beta,
            net.state[mean],
            net.state[var],
            training=training,
            running_var_update=self.running_var_update,
        )
        return out, cache

    def backward(self, net: Network, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, Gradients]:
        dx, *gradients = net.call("batch_norm_backward", dout, cache)
        return dx, dict(zip(self._names("gamma", "beta"), gradients, strict=True))


@dataclass(frozen=True)
class LayerNorm:
    """Layer normalisation of the last axis."""

    number: int

    def forward(self, net: Network, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]:
        gamma, beta = (net.parameters[f"{stem}{self.number}"] for stem in ("gamma", "beta"))
        return net.call("layer_norm_forward", x, gamma, beta)

    def backward(self, net: Network, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, Gradients]:
        dx, dgamma, dbeta = net.call("layer_norm_backward", dout, cache)
        return dx, {f"gamma{self.number}": dgamma, f"beta{self.number}": dbeta}


@dataclass(frozen=True)
class Dropout:
    """Inverted dropout of a fraction p, with the mask that the network was given by this name."""

    mask: str
    p: float

    def forward(self, net: Network, x: np.ndarray, training: bool) -> tuple[np.ndarray, Any]:
        mask = net.masks[self.mask] if training else None
        out, _, cache = net.call("dropout_forward", x, mask, p=self.p, training=training)
        return out, cache

    def backward(self, net: Network, dout: np.ndarray, cache: Any) -> tuple[np.ndarray, Gradients]:
        return net.call("dropout_backward", dout, cache), {}
