"""Whether a network has its weights to itself: registered, in a copy of its own, in no other one.

What stands in a plain list, in the class or in the file is not in `parameters()`; no optimizer
moves it, and no copy has its own.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from candidates.conventions._tensors import load_torch


def unregistered(net: Any) -> Iterator[str]:
    """Where modules and tensors are held that `parameters()` and `state_dict()` do not know."""
    known = {id(value) for value in (*net.modules(), *net.parameters(), *net.buffers())}
    for place, held in _kept_by(net):
        if (isinstance(held, load_torch().Tensor) or _weighted(held)) and id(held) not in known:
            yield place


def foreign_leaves(net: Any, scores: Any) -> Iterator[str]:
    """The tensors that get gradients from the scores and are no parameters, by where they stand."""
    known = {id(p) for p in net.parameters()}
    foreign = [leaf for leaf in _leaves(scores.grad_fn) if id(leaf) not in known]
    if not foreign:
        return
    named: dict[int, str] = {}
    for place, held in (*_kept_by(net), *_kept_by_classes(net), *_globals(net)):
        for name, tensor in _tensors(place, held):
            named.setdefault(id(tensor), name)
    for leaf in foreign:
        yield named.get(id(leaf), f"a tensor of shape {tuple(leaf.shape)}")


def shared(first: Any, second: Any) -> Iterator[str]:
    """The parameters of two networks that are the same, where their class is what holds them.

    What the file itself holds, as a network that was trained before, may be meant to be shared.
    """
    theirs = {id(p) for p in second.parameters()}
    both = {name: p for name, p in first.named_parameters() if id(p) in theirs}
    if not both:
        return
    meant = {id(t) for place, held in _globals(first) for _, t in _tensors(place, held)}
    held_by_class = {
        id(t) for place, held in _kept_by_classes(first) for _, t in _tensors(place, held)
    }
    yield from (n for n, p in both.items() if id(p) in held_by_class and id(p) not in meant)


@contextlib.contextmanager
def original_moved(net: Any) -> Iterator[Any]:
    """A deep copy, while every parameter of the network is moved; None where there can be none."""
    try:
        twin = copy.deepcopy(net)
    except Exception:  # a module may hold what cannot be copied, such as a file
        yield None
        return
    parameters, before = list(net.parameters()), []
    with load_torch().no_grad():
        for p in parameters:
            before.append(p.detach().clone())
            p.add_(1)
        try:
            yield twin
        finally:
            for p, value in zip(parameters, before, strict=True):
                p.copy_(value)


def _leaves(node: Any) -> Iterator[Any]:
    """The tensors that a graph ends in, each once."""
    seen, waiting = set[Any](), [node]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            yield node.variable
        waiting += [before for before, _ in node.next_functions]


def _weighted(held: Any) -> bool:
    """Whether it is a module with parameters."""
    return isinstance(held, load_torch().nn.Module) and any(True for _ in held.parameters())


def _tensors(place: str, held: Any) -> Iterator[tuple[str, Any]]:
    """A tensor, or the parameters of a module."""
    if isinstance(held, load_torch().Tensor):
        yield place, held
    elif isinstance(held, load_torch().nn.Module):
        for name, p in held.named_parameters():
            yield f"{place}.{name}", p


def _kept_by(net: Any) -> Iterator[tuple[str, Any]]:
    """What the modules of a network hold as plain attributes."""
    for prefix, module in net.named_modules():
        for name, value in vars(module).items():
            if name not in ("_modules", "_parameters", "_buffers"):
                yield from _held(f"{prefix}.{name}".lstrip("."), value)


def _own_classes(net: Any) -> list[Any]:
    """The classes of a network and of its parts, those of torch left out."""
    kinds = {kind for module in net.modules() for kind in type(module).__mro__}
    return [k for k in kinds if k.__module__.partition(".")[0] not in ("torch", "builtins")]


def _kept_by_classes(net: Any) -> Iterator[tuple[str, Any]]:
    """What classes hold for all their networks: attributes, and defaults of constructors."""
    for kind in _own_classes(net):
        for name, value in list(vars(kind).items()):
            yield from _held(f"{kind.__name__}.{name}", value)
        if inspect.isfunction(vars(kind).get("__init__")):
            for name, p in inspect.signature(kind.__init__).parameters.items():
                yield from _held(f"the default of {name}", p.default)


def _globals(net: Any) -> Iterator[tuple[str, Any]]:
    """What the files of its classes hold."""
    seen: set[int] = set()
    for kind in _own_classes(net):
        there: Mapping[str, Any] = getattr(getattr(kind, "forward", None), "__globals__", {})
        if id(there) not in seen and there is not vars(sys.modules["torch"]):
            seen.add(id(there))
            for name, value in list(there.items()):
                yield from _held(name, value)


def _held(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A value, or those in a list or dictionary, with where each stands."""
    if type(value) in (list, tuple):
        for i, item in enumerate(value):
            yield from _held(f"{place}[{i}]", item)
    elif type(value) is dict:
        for key, item in value.items():
            yield from _held(f"{place}[{key!r}]", item)
    else:
        yield place, value
