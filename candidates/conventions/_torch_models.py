"""Networks on torch tensors whose architecture their course states: CS231n, EECS 498, CS7643.

A network gives logits (N, C). The loss is torch's cross-entropy of them, gradients are autograd's.
Weights go in by shape and order, and a bias to the module of its weight.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from candidates.conventions._objects import names
from candidates.conventions._tensors import (
    Graph,
    Handed,
    load_torch,
    run,
    run_with_gradients,
    to_array,
)
from candidates.conventions._torch_layers import tried_for_a_while
from candidates.spelling import Signature, Spelling
from properties.models import learned, parts
from properties.plain import WrongResult, given
from properties.promise import Promise

Logits = Callable[[Any, bool], Any]


class Network:
    """What all have in common: scores in evaluation, then the loss in training."""

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._found = forward

    def logits(self, at: Mapping[str, Any], tensors: Mapping[str, Any]) -> Logits:
        """The network of a case as a function of a batch, and whether it trains."""
        raise NotImplementedError

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        torch = load_torch()
        handed, parameters = Handed(), parts(inputs)[0]
        tensors = {name: handed(array) for name, array in inputs.items()}
        graph = Graph({name: tensors[name] for name in parameters})
        logits, shape = self.logits(at, tensors), (len(inputs["y"]), at["classes"])
        with torch.no_grad():
            scores = to_array("scores", _fitting(logits(tensors["x"], False), shape))
        out = _fitting(run_with_gradients(logits, tensors["x"], True), shape)
        with torch.enable_grad():
            loss = torch.nn.functional.cross_entropy(out, tensors["y"])
        outputs = {"scores": scores, **graph.outputs(("loss",), loss)}
        if at.get("learning_rate") is not None:
            gradients = graph.gradients({"loss": np.ones((), outputs["loss"].dtype)})
            outputs |= learned(parameters, gradients, at, inputs)
        handed.take_back()
        return outputs, graph

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        gradients: dict[str, Any] = cache.gradients({"loss": cotangents["loss"]})
        return gradients


def _fitting(logits: Any, shape: tuple[int, int]) -> Any:
    """The logits, if they are a tensor of the shape that the loss takes."""
    given(logits)
    if not isinstance(logits, load_torch().Tensor):
        raise WrongResult(f"the scores are {type(logits).__name__}, expected a tensor")
    if tuple(logits.shape) != shape:
        raise WrongResult(f"the scores have shape {tuple(logits.shape)}, expected {shape}")
    return logits


class FunctionalNetwork(Network):
    """`three_layer_convnet(x, params)`: `conv_w1, conv_b1, conv_w2, conv_b2, fc_w, fc_b = params`.

    conv 5x5 - relu - conv 3x3 - relu - linear. fc_w is (features, classes) or (classes, features),
    whichever a call on a small image takes.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        super().__init__(forward, backward, signature)
        self.transposed = ("W3",) if self._takes(turned=True) else ()

    def _takes(self, turned: bool) -> bool:
        """Whether a call on a small image goes through."""
        torch = load_torch()
        shapes = (2, 3, 5, 5), (2,), (2, 2, 3, 3), (2,), (50, 7) if turned else (7, 50), (7,)
        params = [torch.zeros(shape) for shape in shapes]
        with tried_for_a_while():
            return tuple(self._found(torch.zeros(3, 3, 5, 5), params).shape) == (3, 7)
        return False

    def logits(self, at: Mapping[str, Any], tensors: Mapping[str, Any]) -> Logits:
        params = [tensors[name] for name in ("W1", "b1", "W2", "b2", "W3", "b3")]
        if self.transposed:
            params[4] = params[4].T
        return lambda x, training: run(self._found, x, params)


class ModuleNetwork(Network):
    """A module whose parameters are those of the case, in its order."""

    def construct(self, at: Mapping[str, Any]) -> Any:
        """A new module."""
        return self._found()

    def logits(self, at: Mapping[str, Any], tensors: Mapping[str, Any]) -> Logits:
        torch = load_torch()
        with kept_torch_state():
            module = run(self.construct, at)
        if not isinstance(module, torch.nn.Module):
            raise WrongResult(f"it made {type(module).__name__}, expected a torch.nn.Module")
        module.to(tensors["x"])
        ours = parts(tensors)[0]
        swapped = {theirs: ours[name] for name, theirs in places(module, ours).items()}

        def call(x: Any, training: bool) -> Any:
            module.train(training)
            return run(torch.func.functional_call, module, swapped, (x,))

        return call


class kept_torch_state:
    """Torch's random state as it was: what a constructor draws is nobody's concern."""

    def __enter__(self) -> None:
        self._state = load_torch().get_rng_state()

    def __exit__(self, *_: object) -> None:
        load_torch().set_rng_state(self._state)


def places(module: Any, ours: Mapping[str, Any]) -> dict[str, str]:
    """The parameter of a module that each of ours goes to: weights first, each with its bias.

    Raises WrongResult where one has no place, or a place is left over.
    """
    free = {name: tuple(p.shape) for name, p in module.named_parameters()}
    found: dict[str, str] = {}
    for name in sorted(ours, key=lambda n: ours[n].ndim == 1):
        shape = tuple(ours[name].shape)
        fitting = [theirs for theirs in free if free[theirs] == shape]
        beside = found.get(f"W{name[1:]}", "").rpartition(".")[0]
        fitting.sort(key=lambda theirs: theirs.rpartition(".")[0] != beside)
        if not fitting:
            there = ", ".join(f"{n} {s}" for n, s in free.items()) or "no others"
            raise WrongResult(f"no parameter has the shape {shape} of {name}; there are {there}")
        found[name] = fitting[0]
        del free[fitting[0]]
    if free:
        there = ", ".join(f"{n} {s}" for n, s in free.items())
        raise WrongResult(f"it has more parameters than its architecture: {there}")
    return found


class ThreeLayerConvNet(ModuleNetwork):
    """`ThreeLayerConvNet(in_channel, channel_1, channel_2, num_classes)`, on images of 32 by 32.

    conv 5x5 - relu - conv 3x3 - relu - linear, without pooling.
    """

    def construct(self, at: Mapping[str, Any]) -> Any:
        return self._found(at["channels"], *at["filters"], at["classes"])


class Initialized(ModuleNetwork):
    """`model, optimizer = initialize_three_layer_conv_partN()`, on images (3, 32, 32).

    conv 32 5x5 - relu - conv 16 3x3 - relu - linear to 10 classes; the optimizer is SGD with the
    text's options on the model's parameters.
    """

    options: Mapping[str, Any] = {}

    def construct(self, at: Mapping[str, Any]) -> Any:
        results = given(self._found())
        if not isinstance(results, tuple) or len(results) != 2:
            raise WrongResult(f"it returned {type(results).__name__}, not (model, optimizer)")
        self._check(*results)
        return results[0]

    def _check(self, model: Any, optimizer: Any) -> None:
        """Raise WrongResult where the optimizer is not the text's, or not the model's."""
        if type(optimizer) is not load_torch().optim.SGD:
            raise WrongResult(f"the optimizer is {type(optimizer).__name__}, expected SGD")
        moved = {id(p) for group in optimizer.param_groups for p in group["params"]}
        if moved != {id(p) for p in model.parameters()}:
            raise WrongResult("the optimizer does not move the parameters of the model")
        for name, wanted in self.options.items():
            for group in optimizer.param_groups:
                if group[name] != wanted:
                    told = f"{name} {group[name]}, expected {wanted}"
                    raise WrongResult(f"the optimizer has {told}")


class Part3(Initialized):
    """The module and its optimizer: SGD with a learning rate of 3e-3 and a weight decay of 1e-4."""

    options = {"lr": 3e-3, "weight_decay": 1e-4, "momentum": 0, "nesterov": False}  # noqa: RUF012


class Part4(Initialized):
    """The same in Sequential, with Nesterov's momentum of 0.5 and a learning rate of 1e-2."""

    options = {"lr": 1e-2, "weight_decay": 1e-4, "momentum": 0.5, "nesterov": True}  # noqa: RUF012


class VanillaCnn(ModuleNetwork):
    """`VanillaCNN()`, on images (3, 32, 32): conv 7x7 - relu - max pool 2x2 - linear."""


def _made(found: Any) -> Any:
    """A module made without arguments, or None."""
    with tried_for_a_while(), kept_torch_state():
        return found()
    return None


def _shapes(found: Any) -> list[tuple[int, ...]]:
    module = _made(found)
    return [tuple(p.shape) for p in module.parameters()] if hasattr(module, "parameters") else []


def _other_architecture(found: Any) -> str:
    """Why a `VanillaCNN` is not the one of CS7643, which has one convolution and one more layer."""
    if [len(shape) for shape in _shapes(found)] == [4, 1, 2, 1]:
        return ""
    return "it is not made of one convolution and one linear layer, each with a bias"


def _vanilla_told(found: Any, backward: Any) -> dict[str, Any]:
    """The number of filters and of classes, which the course leaves open."""
    shapes = _shapes(found)
    return {"domain": {"filters": [shapes[1][0]], "classes": [shapes[3][0]]}}


BASE = Promise(domain={"batch": (1, 2, 3), "reg": (0.0,)}, layouts=())
SIZES = {"first_size": (5,), "second_size": (3,)}
CIFAR: dict[str, tuple[Any, ...]] = {"batch": (1, 2), "steps": (1, 2)}  # images of 32 by 32


def _promised(**domain: tuple[Any, ...]) -> Promise:
    return Promise(domain={**BASE.domain, **domain}, layouts=BASE.layouts)


def _takes(*parameters: str) -> Callable[[Any], bool]:
    """Recognises functions by their parameters."""

    def recognises(found: Any) -> bool:
        return (
            inspect.isfunction(found) and tuple(inspect.signature(found).parameters) == parameters
        )

    return recognises


def _is_module(*parameters: str) -> Callable[[Any], bool]:
    """Recognises modules by their constructors' parameters."""

    def recognises(found: Any) -> bool:
        bases = {f"{c.__module__}.{c.__qualname__}" for c in getattr(found, "__mro__", ())}
        is_module = "torch.nn.modules.module.Module" in bases
        return is_module and names(found.__init__) == parameters

    return recognises


def spellings() -> Iterator[Spelling]:
    yield Spelling(
        "two_conv_net",
        "three_layer_convnet",
        None,
        FunctionalNetwork,
        _promised(channels=(3,), **SIZES),
        when=_takes("x", "params"),
        needs_torch=True,
    )
    yield Spelling(
        "two_conv_net",
        "ThreeLayerConvNet",
        None,
        ThreeLayerConvNet,
        _promised(size=((32, 32),), **SIZES, **CIFAR),
        when=_is_module("in_channel", "channel_1", "channel_2", "num_classes"),
        needs_torch=True,
    )
    for part, kind in ((3, Part3), (4, Part4)):
        yield Spelling(
            "two_conv_net",
            f"initialize_three_layer_conv_part{part}",
            None,
            kind,
            _promised(
                channels=(3,),
                size=((32, 32),),
                filters=((32, 16),),
                classes=(10,),
                **SIZES,
                **CIFAR,
            ),
            when=_takes(),
            needs_torch=True,
        )
    yield Spelling(
        "conv_classifier",
        "VanillaCNN",
        None,
        VanillaCnn,
        _promised(
            channels=(3,),
            pooled=((13, 13),),
            remainder=(0,),
            filter_size=(7,),
            stride=(1,),
            padding=(0,),
            pool_size=(2,),
            pool_stride=(2,),
            **CIFAR,
        ),
        when=_is_module(),
        obstacle=_other_architecture,
        tells=_vanilla_told,
        needs_torch=True,
    )
