"""The worker half of EECS 498's models: CS231n's, whose parameters and batches are tensors.

Their penalty is reg times the squared weights, so that they are given half the strength. Dropout is
a class of the course, whose p is the fraction dropped.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from candidates.conventions import _cs231n_models
from candidates.conventions._cs231n_models import Model, dropout_with, installed, results_of
from candidates.conventions._objects import exchanged_in, names, right_layers
from candidates.conventions._tensors import Handed, Place, load_torch, run, to_array, to_tensor
from candidates.spelling import Signature
from properties.plain import given


class OnArrays:
    """A model on tensors as one on arrays, which share their memory."""

    def __init__(self, made: Any) -> None:
        self._made = made
        self.params = getattr(made, "params", None)
        if isinstance(self.params, dict):
            self.params = {n: to_array(f"params[{n!r}]", t) for n, t in self.params.items()}

    def loss(self, *batch: Any) -> Any:
        handed = Handed()
        self._made.params = handed(self.params)
        results = run(self._made.loss, *map(handed, batch))
        handed.take_back()
        if len(batch) == 1:
            return to_array("scores", results)
        loss, grads = results_of(given(results))
        return to_array("loss", loss), {n: to_array(f"grads[{n!r}]", g) for n, g in grads.items()}


class TensorModel(Model):
    """What the models have in common."""

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        super().__init__(forward, backward, signature)
        self._globals = spaces(forward)

    def construct(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        with load_torch().random.fork_rng(devices=[]):
            return OnArrays(run(super().construct, at, inputs))

    def settings(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        x = to_tensor(inputs["x"])
        found = super().settings(at, inputs)
        return found | {"reg": at["reg"] / 2, "dtype": x.dtype, "device": Place.device}

    @contextmanager
    def _swapped(self, masks: Mapping[str, Any], at: Mapping[str, Any]) -> Iterator[None]:
        exchanged = right_layers(at) | handed_out(self._globals)
        if masks:
            exchanged["Dropout"] = dropout_class({n: to_tensor(mask) for n, mask in masks.items()})
        with exchanged_in(self._globals, exchanged):
            yield


class TwoLayerNet(TensorModel, _cs231n_models.TwoLayerNet):
    """`TwoLayerNet(input_dim, hidden_dim, num_classes, weight_scale, reg, dtype, device)`."""


class TwoLayerFunction(TwoLayerNet):
    """`nn_forward_backward(params, X, y, reg)` of A2, X (N, D), which is given its parameters."""

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind, self._globals = forward, [forward.__globals__]

    def construct(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> Any:
        return OnArrays(_Holder(self._kind, at["reg"] / 2))

    def _check_start(self, made: Any, parameters: Mapping[str, Any]) -> None:
        """There is none: parameters are given."""


class _Holder:
    """Parameters, and the function that takes them, as a model."""

    def __init__(self, function: Any, reg: float) -> None:
        self.params: dict[str, Any] = {}
        self._function, self._reg = function, reg

    def loss(self, *batch: Any) -> Any:
        named = {"reg": self._reg} if len(batch) > 1 else {}
        return self._function(self.params, *batch, **named)


class FullyConnectedNet(TensorModel, _cs231n_models.FullyConnectedNet):
    """`FullyConnectedNet(hidden_dims, input_dim, num_classes, dropout, reg, ...)`, with relu."""

    @property
    def kept(self) -> bool:
        return False


class ThreeLayerConvNet(TensorModel, _cs231n_models.ThreeLayerConvNet):
    """`ThreeLayerConvNet(input_dims, num_filters, filter_size, hidden_dim, num_classes, ...)`."""

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        found = super().arguments(at, inputs)
        return found | {"input_dims": found["input_dim"]}


def told(kind: Any, _: Any) -> dict[str, Any]:
    """What a fully connected net can express: no normalization, and not always dropout."""
    if getattr(kind, "__name__", "") != "FullyConnectedNet":
        return {}
    domain: dict[str, Any] = {"normalization": (None,)}
    has = "Dropout" in kind.loss.__globals__ and "dropout" in names(kind.__init__)
    return {"domain": domain if has else domain | {"p": (0.0,)}}


def spaces(kind: Any) -> list[dict[str, Any]]:
    """The namespaces of a model's file and of those whose classes it names, without libraries'."""
    found = [kind.loss.__globals__]
    for value in list(found[0].values()):
        if inspect.isclass(value):
            methods = [getattr(method, "__func__", method) for method in vars(value).values()]
            found += [method.__globals__ for method in methods if inspect.isfunction(method)]
    first = {id(space): space for space in found if not installed(space)}
    return list(first.values())


def handed_out(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The loss that the course hands out, where the file's helper is not there."""
    here = [space["softmax_loss"] for space in found if "softmax_loss" in space]
    absent = here and not all(map(inspect.isfunction, here))
    return {"softmax_loss": softmax_loss} if absent else {}


def softmax_loss(x: Any, y: Any) -> tuple[Any, Any]:
    """The mean cross-entropy of scores (N, C) and ids (N,), and its gradient."""
    torch = load_torch()
    logp = torch.log_softmax(x, dim=1)
    rows = torch.arange(len(y), device=x.device)
    dx = torch.exp(logp)
    dx[rows, y] -= 1
    return -logp[rows, y].mean(), dx / len(y)


def dropout_class(masks: Mapping[str, Any]) -> type:
    """The course's class of dropout, with the masks of a case, one after the other."""
    functions = dropout_with(masks, kept=False)
    forward, backward = functions["dropout_forward"], functions["dropout_backward"]
    methods = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    return type("Dropout", (), methods)
