"""Where an implementation lives: runs its functions, keeps its caches, and shows what it changed.

Used in this process for our own code and inside the worker for candidates, so it imports NumPy
alone. All it returns are arrays by name; judging them is somebody else's.
"""

from __future__ import annotations

import ctypes
import os
import random
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from properties.layouts import lay_out

Arrays = dict[str, np.ndarray]


class Functions(Protocol):
    """One implementation's pair of functions behind the names of an operator.

    Where a spelling wants an input transposed, an attribute `transposed` names it: it is laid out
    so that the transpose is a view of the array in the layout asked for, not a copy. Functions
    that are methods of objects have `again(attributes, inputs, cache)` too: forward once more, on
    the object that a cache holds.
    """

    def forward(
        self, attributes: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Any]: ...

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]: ...


@dataclass
class Record:
    """Everything that went in and out under one token, kept as the very objects."""

    cache: Any
    held: dict[str, dict[str, Any]] = field(default_factory=dict)


class Host:
    """Runs `Functions`. A token names what one forward call left behind."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._records: dict[int, Record] = {}
        self._buffers: dict[str, np.ndarray] = {}
        self._next = 0

    def begin(self, seed: int) -> None:
        """Forget every token and seed the generators."""
        self._records.clear()
        seed_generators(seed)

    def forward(
        self,
        attributes: Mapping[str, Any],
        inputs: Arrays,
        layout: str = "contiguous",
        after: int | None = None,
    ) -> tuple[dict[str, Any], int]:
        """The outputs and a token; with `after`, on the object that an earlier token used."""
        turned = getattr(self._functions, "transposed", ())
        handed = {
            name: self._laid_out(name, array.T, layout).T
            if name in turned
            else self._laid_out(name, array, layout)
            for name, array in inputs.items()
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if after is None:
                outputs, cache = self._functions.forward(attributes, dict(handed))
            else:
                again: Any = self._functions
                earlier = self._records[after].cache
                outputs, cache = again.again(attributes, dict(handed), earlier)
        self._next += 1
        self._records[self._next] = Record(cache, {"inputs": handed, "outputs": outputs})
        return outputs, self._next

    def backward(
        self, token: int, cotangents: Arrays, layout: str = "contiguous"
    ) -> dict[str, Any]:
        record = self._records[token]
        handed = {n: self._laid_out(f"d{n}", a, layout) for n, a in cotangents.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gradients = self._functions.backward(dict(handed), record.cache)
        record.held.update(cotangents=handed, gradients=gradients)
        return gradients

    def _laid_out(self, name: str, array: np.ndarray, layout: str) -> np.ndarray:
        """The array in a layout; `reused` is the memory that held the name's array before.

        Names that follow the word for the layout are of arrays that stay contiguous.
        """
        layout, *spared = layout.split()
        if name in spared:
            return lay_out(array, "contiguous")
        if layout != "reused":
            return lay_out(array, layout)
        kept = self._buffers.get(name)
        if kept is None or kept.shape != array.shape or kept.dtype != array.dtype:
            kept = self._buffers[name] = lay_out(array, "contiguous")
        kept[...] = array
        return kept

    def observe(self, token: int) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
        """What the arrays handed in and out under a token hold now, and the global state."""
        return self._records[token].held, global_state()

    def drop(self, token: int) -> None:
        del self._records[token]


def seed_generators(seed: int) -> None:
    """Seed `random`, NumPy's legacy generator and, if it is loaded, torch."""
    random.seed(seed)
    np.random.seed(seed)
    torch = sys.modules.get("torch")
    if torch is not None:
        # torch.manual_seed also queues a seeding, with a stack trace, for devices not in use.
        torch.default_generator.manual_seed(seed)
        if torch.cuda.is_initialized():
            torch.cuda.manual_seed_all(seed)


def global_state() -> dict[str, str]:
    """Fingerprints of the global state that a layer has no business changing."""
    state = {
        "NumPy's error state (np.seterr)": repr(np.geterr()),
        "NumPy's print options": repr(np.get_printoptions()),
        "NumPy's random state": _fingerprint(_numpy_random_state()),
        "Python's random state": _fingerprint(random.getstate()),
        "the working directory": os.getcwd(),
    }
    torch = sys.modules.get("torch")
    if torch is not None:
        state["torch's random state"] = _fingerprint(torch.get_rng_state().numpy())
        state["torch's default dtype"] = str(torch.get_default_dtype())
        state["torch's gradient mode"] = str(torch.is_grad_enabled())
    return state


MT19937_BYTES = 4 * 624 + 4  # its key and position


def _numpy_random_state() -> Any:
    """The state of NumPy's global generator: read from memory, for `get_state` takes 50 us.

    A normal number that it keeps for the next call is left out: to have one it has moved on.
    """
    generator = np.random.get_bit_generator()  # type: ignore[attr-defined]
    if type(generator) is not np.random.MT19937:
        return repr(generator.state)
    return ctypes.string_at(generator.ctypes.state_address, MT19937_BYTES)


def _fingerprint(*values: Any) -> str:
    """Equal for equal values within one process."""
    return str(hash(tuple(v.tobytes() if isinstance(v, np.ndarray) else v for v in values)))
