"""What a network of convolutions does, read off one pass forward: its layers in their order.

A network that is {conv - [batch norm] - relu - [2x2 max pool]} x L - [global average pool] -
{affine - relu - [dropout]} x M - affine is the custom CNN of the operators, of whatever widths, and
can be compared number by number with PyTorch's. So can one of an architecture that courses state,
known by its widths, in which a relu is missing or that does not use the dropout that it has.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Any

from candidates.conventions._tensors import load_torch
from candidates.conventions._torch_architectures import (
    Tried,
    generators_kept,
    tried,
)

STATED = {
    ((32, 64, 128, 256), (512, 256)),
    ((64, 128, 256), (512,)),
    ((64, 64, 128, 128, 256), (512,)),
}
"""The widths of convolutions and hidden layers that courses state."""

LARGEST = 3_000_000  # parameters of a network that is compared within seconds
RIGHT = re.compile(r"(cn?(rp?|pr))+a?(lrd?)*l")
WITHOUT_RELUS = re.compile(r"(cn?p?)+a?(ld?)*l")
SHAPING = ("flatten", "view", "reshape", "size", "__get__", "dim", "__len__", "squeeze")


@dataclass
class Reading:
    """A network's layers: a letter each, and which parameter is which.

    Letters are c (convolution), n (batch norm), r (relu), p (max pooling), a (global average), l
    (affine) and d (dropout). Anything else is "?".
    """

    letters: str = ""
    parameters: dict[str, str] = field(default_factory=dict)  # of the operator's to its own names
    buffers: dict[str, str] = field(default_factory=dict)
    filters: list[int] = field(default_factory=list)
    filter_sizes: set[int] = field(default_factory=set)
    hidden: list[int] = field(default_factory=list)  # the classes too, at last
    dropped: list[float] = field(default_factory=list)

    @property
    def pools(self) -> tuple[bool, ...]:
        """Whether each convolution is followed by a pooling."""
        return tuple("p" in part for part in re.findall(r"c[^cla]*", self.letters))

    @property
    def size(self) -> int:
        """How many parameters it should have: two for each layer, a bias among them."""
        return 2 * sum(self.letters.count(letter) for letter in "cnl")

    @property
    def normalized(self) -> bool:
        return "n" in self.letters

    def is_custom(self, declared: int) -> bool:
        """Whether it is a custom CNN, or one of stated widths with something missing.

        declared: how many dropout modules it has.
        """
        norms, hidden = self.letters.count("n"), len(self.hidden) - 1
        if "?" in self.letters or norms not in (0, len(self.filters)) or len(self.filter_sizes) > 1:
            return False
        if len(set(self.dropped)) > 1 or len(self.dropped) not in (0, hidden):
            return False
        if RIGHT.fullmatch(self.letters):
            return bool(self.dropped) or not declared or self.is_stated
        return self.is_stated and bool(WITHOUT_RELUS.fullmatch(self.letters.replace("r", "")))

    @property
    def is_stated(self) -> bool:
        return (tuple(self.filters), tuple(self.hidden[:-1])) in STATED


@functools.cache
def read(found: Any) -> tuple[Reading, Tried, float] | None:
    """The reading of a custom CNN, how it is made and what it drops; None for other classifiers."""
    how = tried(found)
    if isinstance(how, str) or len(how.features) != 3 or how.size > LARGEST:
        return None
    torch = load_torch()
    with generators_kept(), torch.no_grad():
        try:
            net = how.made(0).train()
            reading = reading_of(net, torch.randn(2, *how.features))
        except Exception:
            return None
    declared = [m.p for m in net.modules() if isinstance(m, torch.nn.Dropout)]
    held = sum(1 for _ in net.parameters())
    if not reading.is_custom(len(declared)) or not held == len(reading.parameters) == reading.size:
        return None
    dropped = (reading.dropped or [p for p in declared if reading.is_stated] or [0.0])[0]
    return reading, how, dropped if len(reading.hidden) > 1 else 0.0


def reading_of(net: Any, x: Any) -> Reading:
    """What a network calls on a batch x (N, C, H, W), in training."""
    torch, reading = load_torch(), Reading()
    mode: Any = torch.overrides.TorchFunctionMode
    names = {id(p): n for n, p in (*net.named_parameters(), *net.named_buffers())}

    class Recorder(mode):  # type: ignore[misc]
        def __torch_function__(
            self, function: Any, types: Any, given: Any = (), named: Any = None
        ) -> Any:
            named = named or {}
            reading.letters += _letter(function, given, named, reading, names)
            return function(*given, **named)

    with Recorder():
        net(x)
    return reading


def _letter(function: Any, given: Any, named: Any, reading: Reading, names: dict[int, str]) -> str:
    """The letter of a call, whose parameters are noted; "" for one that changes but the shape."""
    name = getattr(function, "__name__", "").removeprefix("_").removesuffix("_with_indices")
    if name in SHAPING or _counts(given):
        return ""
    of = {
        "relu": lambda *_: "r",
        "relu_": lambda *_: "r",
        "conv2d": _convolution,
        "batch_norm": _norm,
        "max_pool2d": _pool,
        "boolean_dispatch": _pool,
        "fn": _pool,
        "adaptive_avg_pool2d": _average,
        "linear": _affine,
        "dropout": _dropout,
    }.get(name)
    return of(given, named, reading, names) if of else "?"


def _counts(given: Any) -> bool:
    """Whether it is a batch norm's count of batches that is dealt with."""
    torch = load_torch()
    tensor = given[0] if given else None
    return isinstance(tensor, torch.Tensor) and tensor.dtype == torch.int64


def _argument(given: Any, named: Any, place: int, name: str, default: Any) -> Any:
    return given[place] if len(given) > place else named.get(name, default)


def _both(value: Any) -> tuple[Any, Any]:
    """A number for both axes, or the two of them."""
    return (value, value) if isinstance(value, int) else (tuple(value) * 2)[:2]


def _noted(weights: dict[str, Any], names: dict[int, str]) -> dict[str, str]:
    return {ours: names[id(tensor)] for ours, tensor in weights.items() if id(tensor) in names}


def _convolution(given: Any, named: Any, reading: Reading, names: dict[int, str]) -> str:
    weight, bias = given[1], _argument(given, named, 2, "bias", None)
    rows, columns = weight.shape[2:]
    plain = {"stride": (3, (1, 1)), "padding": (4, (rows // 2, rows // 2)), "dilation": (5, (1, 1))}
    for name, (place, wanted) in plain.items():
        got = _argument(given, named, place, name, 0 if name == "padding" else 1)
        if _both(got if got != "same" else rows // 2) != wanted:
            return "?"
    if rows != columns or rows % 2 == 0 or _argument(given, named, 6, "groups", 1) != 1:
        return "?"
    reading.filters.append(len(weight))
    reading.filter_sizes.add(rows)
    i = len(reading.filters)
    reading.parameters |= _noted({f"W{i}": weight, f"b{i}": bias}, names)
    return "c"


def _norm(given: Any, named: Any, reading: Reading, names: dict[int, str]) -> str:
    momentum, eps = (_argument(given, named, i, n, None) for i, n in ((6, "momentum"), (7, "eps")))
    i = len(reading.filters)
    keys = ("running_mean", "running_var", "gamma", "beta")
    called = enumerate(("running_mean", "running_var", "weight", "bias"), 1)
    theirs = [_argument(given, named, k, name, None) for k, name in called]
    found = _noted({f"{key}{i}": tensor for key, tensor in zip(keys, theirs, strict=True)}, names)
    if (momentum, eps) != (0.1, 1e-5) or len(found) != 4 or given[0].ndim != 4:
        return "?"
    reading.buffers |= {n: t for n, t in found.items() if n.startswith("running")}
    reading.parameters |= {n: t for n, t in found.items() if not n.startswith("running")}
    return "n"


def _pool(given: Any, named: Any, reading: Reading, names: dict[int, str]) -> str:
    kernel = _argument(given, named, 1, "kernel_size", None)
    stride = _argument(given, named, 2, "stride", None) or kernel
    others = [
        _argument(given, named, 3, "padding", 0),
        _argument(given, named, 5, "ceil_mode", False),
    ]
    return "p" if _both(kernel) == _both(stride) == (2, 2) and not any(others) else "?"


def _average(given: Any, named: Any, reading: Reading, names: dict[int, str]) -> str:
    return "a" if _both(_argument(given, named, 1, "output_size", None)) == (1, 1) else "?"


def _affine(given: Any, named: Any, reading: Reading, names: dict[int, str]) -> str:
    weight, bias = given[1], _argument(given, named, 2, "bias", None)
    reading.hidden.append(len(weight))
    i = len(reading.filters) + len(reading.hidden)
    reading.parameters |= _noted({f"W{i}": weight, f"b{i}": bias}, names)
    return "l" if given[0].ndim == 2 else "?"


def _dropout(given: Any, named: Any, reading: Reading, names: dict[int, str]) -> str:
    reading.dropped.append(float(_argument(given, named, 1, "p", 0.5)))
    return "d"
