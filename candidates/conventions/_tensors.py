"""Arrays as torch tensors that share their memory, and back: for conventions on tensors.

What a candidate writes into a tensor is seen in the array it was made of, on another device after
each call. Torch is imported when a candidate's function is first bound, and runs on one thread.
"""

from __future__ import annotations

import functools
import inspect
import sys
import traceback
import types
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from properties.layouts import Bfloat16, Tf32
from properties.plain import WrongResult, given, named_results

LAYOUTS = ("fortran", "strided", "offset", "channels_last", "broadcast")
"""Layouts of arrays that tensors can have: no negative strides, no other order of bytes."""


class Place:
    """Where tensors live. `mirrors` are those whose memory is not their array's."""

    device = "cpu"
    bfloat16 = False  # whether this call was handed such tensors, and may return them
    mirrors: list[tuple[weakref.ref[np.ndarray], Any]] = []  # noqa: RUF012  (one a process)


@functools.cache
def load_torch() -> Any:
    """The module torch, on one thread, in the precision that it claims."""
    import torch

    torch.set_num_threads(1)
    _allow_tf32(torch, False)
    return torch


def _allow_tf32(torch: Any, allowed: bool) -> None:
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allowed


def use_device(name: str) -> str:
    """Let tensors live on a device from now on. Returns why they cannot, or ''."""
    torch = load_torch()
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as error:
        return f"needs the device {name!r}, which torch does not have here ({_first_line(error)})"
    Place.device = name
    return ""


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]


def to_tensor(array: np.ndarray) -> Any:
    """A tensor with the memory of an array; elsewhere or in bfloat16, a copy that is mirrored."""
    torch = load_torch()
    if isinstance(array, Bfloat16) or array.flags.writeable:
        tensor = torch.from_numpy(array)
    else:
        with warnings.catch_warnings():  # that writes are undefined: `Handed` refuses them
            warnings.simplefilter("ignore")
            tensor = torch.from_numpy(array)
    if tensor.is_floating_point():
        Place.bfloat16 = isinstance(array, Bfloat16)
        if Place.device != "cpu":
            _allow_tf32(torch, isinstance(array, Tf32))
    kind = torch.bfloat16 if isinstance(array, Bfloat16) else tensor.dtype
    if Place.device != "cpu" or kind != tensor.dtype:
        tensor = tensor.to(Place.device, kind)
        Place.mirrors.append((weakref.ref(array), tensor))
    return tensor


def to_array(what: str, value: Any) -> Any:
    """An array with the memory of a tensor. None and Python's numbers stay what they are.

    Raises WrongResult, naming `what`, for anything else: arrays, subclasses of tensors, tensors of
    types and layouts that arrays cannot have.
    """
    torch = load_torch()
    if value is None or type(value) in (int, float):
        return value
    if type(value) not in (torch.Tensor, torch.nn.Parameter):
        kind = type(value)
        raise WrongResult(f"{what} is {kind.__module__}.{kind.__qualname__}, expected a tensor")
    if Place.bfloat16:
        value = _without_bfloat16(value)
    try:
        array = value.numpy(force=True)
    except (TypeError, RuntimeError):
        kinds = f"{value.dtype}, {value.layout} on {value.device}"
        raise WrongResult(f"{what} is a tensor of {kinds}, expected a plain one") from None
    if value.device.type != "cpu":
        Place.mirrors.append((weakref.ref(array), value.detach()))
    return array


def _without_bfloat16(tensor: Any) -> Any:
    """The tensor, in float32 where it is of bfloat16, which arrays have not."""
    return tensor.float() if tensor.dtype == load_torch().bfloat16 else tensor


def synchronize() -> None:
    """Copy what tensors on another device hold now into their arrays."""
    alive = []
    for reference, tensor in Place.mirrors:
        array = reference()
        if array is not None:
            alive.append((reference, tensor))
            if array.flags.writeable:
                array[...] = _without_bfloat16(tensor).numpy(force=True)
    Place.mirrors[:] = alive


class Handed:
    """The arguments of one call: arrays become tensors, in dictionaries too."""

    def __init__(self) -> None:
        self._tensors: list[tuple[np.ndarray, Any, int]] = []
        self._dictionaries: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def __call__(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            tensor = to_tensor(value)
            self._tensors.append((value, tensor, tensor._version))
            return tensor
        if isinstance(value, dict):
            theirs = {key: self(item) for key, item in value.items()}
            self._dictionaries.append((value, theirs))
            return theirs
        return value

    def take_back(self) -> None:
        """Hand over what the call left behind. Raises ValueError for a write into what is
        read-only, even one that changed nothing."""
        if Place.mirrors:
            synchronize()
        for ours, theirs in self._dictionaries:
            tensors = load_torch().Tensor
            ours |= {k: to_array(k, v) if isinstance(v, tensors) else v for k, v in theirs.items()}
        for array, tensor, before in self._tensors:
            if tensor._version != before and not array.flags.writeable:
                raise ValueError("it is read-only")


def run(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a candidate's function; what it raises on torch's behalf, in the words of a verdict."""
    try:
        return function(*arguments, **named)
    except NotImplementedError as error:
        if _raised_by_torch(error):  # it has no such kernel: nothing is missing
            raise TypeError(_first_line(error)) from error
        raise
    except (RuntimeError, AssertionError) as error:
        text = _first_line(error)
        if "leaf Variable that requires grad is being used in an in-place operation" in text:
            raise ValueError(f"read-only for autograd: {text}") from error
        if Place.device == "cpu" and any(words in text for words in WITHOUT_CUDA):
            raise NotImplementedError(
                "it asks for a CUDA device, and there is none here (see --device)"
            ) from error
        raise


def _raised_by_torch(error: BaseException) -> bool:
    """Whether an error comes out of compiled code: no line of Python raised it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return not (place.line or "raise").startswith("raise")


WITHOUT_CUDA = ("not compiled with CUDA", "Found no NVIDIA driver", "No CUDA GPUs", "CUDA driver")


def on_tensors(
    function: Callable[..., Any] | None,
    names: Sequence[str],
    *,
    gives_cache: bool = False,
    takes_cache: bool = False,
) -> Any:
    """A function on tensors, as one on arrays. A cache, the last of what is given or taken, stays
    what it is. `names` are what its results are called in messages."""
    if function is None:
        return None
    load_torch()

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        handed, last = Handed(), len(arguments) - takes_cache
        theirs = [handed(a) if i < last else a for i, a in enumerate(arguments)]
        results = run(function, *theirs)
        handed.take_back()
        if type(results) not in (tuple, list):
            return to_array(names[0], results)
        kept = len(results) - gives_cache
        called = [*names, *(f"result {i + 1}" for i in range(len(names), kept))]
        return tuple(to_array(called[i], r) if i < kept else r for i, r in enumerate(results))

    return call


def by_autograd(
    function: Callable[..., Any], outputs: Sequence[str]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A function on tensors without a cache, as a pair on arrays, whose backward is autograd's.

    The backward gives a gradient for every floating argument, in their order.
    """
    load_torch()

    def forward(*arguments: Any) -> Any:
        handed = Handed()
        theirs = [handed(a) for a in arguments]
        graph = Graph({str(i): t for i, t in enumerate(theirs) if isinstance(t, _tensor_type())})
        results = graph.outputs(outputs, run_with_gradients(function, *theirs))
        handed.take_back()
        return (*results.values(), graph)

    def backward(*cotangents_and_graph: Any) -> Any:
        *cotangents, graph = cotangents_and_graph
        gradients = graph.gradients(dict(zip(outputs, cotangents, strict=True)))
        return tuple(gradients.values()) if len(gradients) > 1 else next(iter(gradients.values()))

    return functools.wraps(function)(forward), backward


def _tensor_type() -> Any:
    return load_torch().Tensor


def run_with_gradients(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    with load_torch().enable_grad():
        return given(run(function, *arguments, **named))


class Graph:
    """What autograd needs for a backward: inputs that want gradients, outputs, and in between."""

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        self._inputs = {n: t for n, t in inputs.items() if t.is_floating_point()}
        for tensor in self._inputs.values():
            if tensor.is_leaf:
                tensor.requires_grad_()
        self._outputs: dict[str, Any] = {}

    def outputs(self, names: Sequence[str], results: Any) -> dict[str, Any]:
        """Results by name, as arrays. Raises WrongResult for another structure."""
        self._outputs, _ = named_results(names, results, cache=False)
        for name, value in self._outputs.items():
            if type(value) in (int, float):
                raise WrongResult(f"{name} is {type(value).__name__}, expected a tensor")
        return {name: to_array(name, value) for name, value in self._outputs.items()}

    def gradients(self, cotangents: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """The gradient of every floating input: zeros where no output depends on it.

        Raises NotImplementedError where no output carries a graph.
        """
        torch = load_torch()
        live = {n: self._outputs[n] for n in cotangents if self._outputs[n].requires_grad}
        if not live:
            raise NotImplementedError("its result has no graph that autograd could follow back")
        handed = Handed()
        gradients = run(
            torch.autograd.grad,
            list(live.values()),
            list(self._inputs.values()),
            [handed(cotangents[n]).to(t.dtype) for n, t in live.items()],
            retain_graph=True,
            allow_unused=True,
        )
        handed.take_back()
        return {
            name: to_array(f"d{name}", torch.zeros_like(t) if g is None else g)
            for (name, t), g in zip(self._inputs.items(), gradients, strict=True)
        }


def warm_up() -> None:
    """Let torch import what it does with its first optimizer, which takes seconds.

    A question that is asked in a child process has few of them. Nothing is done where torch is not
    loaded yet: it may be forbidden, and then to ask for it counts.
    """
    loaded = sys.modules.get("torch")
    if loaded is None or not isinstance(vars(loaded).get("__file__"), str):  # or it is a stub
        return
    torch = load_torch()
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)


def on_torch(function: Any) -> bool:
    """Whether a candidate's function or class computes on tensors, as far as its source shows.

    What its code names decides, else what its file imports, else its text, else what most other
    functions of the file name.
    """
    function = inspect.unwrap(function)
    if inspect.isclass(function):
        methods = [m for m in vars(function).values() if hasattr(m, "__func__") or callable(m)]
        functions = [getattr(m, "__func__", m) for m in methods]
        functions = [f for f in functions if isinstance(f, types.FunctionType)]
        based = any(_library(base) == "torch" for base in function.__mro__)
        return based or any(on_torch(f) for f in functions)
    if not isinstance(function, types.FunctionType):
        return _library(function) == "torch"
    there = function.__globals__
    imported = {_library(value) for value in list(there.values())}
    for libraries in (_used(function), imported):
        if len(libraries & {"torch", "numpy"}) == 1:
            return "torch" in libraries
    text = f"{function.__doc__} {function.__annotations__}".lower()
    if "torch" in imported and ("tensor" in text or "torch" in text):
        return True
    others = [f for f in list(there.values()) if isinstance(f, types.FunctionType)]
    used = [_used(f) & {"torch", "numpy"} for f in others if f.__globals__ is there]
    return used.count({"torch"}) > used.count({"numpy"})


def _used(function: types.FunctionType) -> set[str]:
    """The libraries whose names a function's code uses."""
    there = function.__globals__
    return {_library(there[name]) for name in _names(function.__code__) if name in there}


def _names(code: types.CodeType) -> Iterator[str]:
    """The names that code uses, in the functions within it too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _library(value: Any) -> str:
    """The top-level module that a value is, is defined in, or stands for as a stub."""
    name = getattr(value, "__name__" if inspect.ismodule(value) else "__module__", None)
    stub = getattr(value, "_layerproof", None)
    name = stub[0] if isinstance(stub, tuple) else name
    return name.partition(".")[0] if isinstance(name, str) else ""
