"""Real equivalents of small modules that are not installed: Python 2's names, progress, numba.

What such a module has beyond these is a harmless stub.
"""

from __future__ import annotations

import builtins
import functools
import io
import pickle
import queue
import types
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any

from candidates.worker.policy import HARMLESS
from candidates.worker.stubs import STATE, Stub


class Equivalent(types.ModuleType):
    def __init__(self, name: str, names: dict[str, Any]) -> None:
        super().__init__(name, "Stands in for the module of this name, which is not installed.")
        self.__dict__.update(names, __path__=[], __all__=list(names))

    def __getattr__(self, attribute: str) -> Any:
        if attribute[:2] == "__":
            raise AttributeError(attribute)
        below = equivalent(f"{self.__name__}.{attribute}")
        return below or Stub(f"{self.__name__}.{attribute}", HARMLESS)


class Progress:
    """A progress bar that shows nothing."""

    def __init__(self, iterable: Iterable[Any] = (), *arguments: Any, **named: Any) -> None:
        self.iterable, self.n = iterable, 0
        self.total = named.get("total")

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)

    def __len__(self) -> int:
        return len(self.iterable) if isinstance(self.iterable, Sized) else self.total or 0

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *raised: Any) -> None:
        pass

    def __getattr__(self, attribute: str) -> Callable[..., None]:
        if attribute[:2] == "__":
            raise AttributeError(attribute)
        return lambda *arguments, **named: None


def _progress() -> dict[str, Any]:
    def trange(*arguments: int, **named: Any) -> Progress:
        return Progress(range(*arguments), **named)

    return {"tqdm": Progress, "trange": trange, "tqdm_notebook": Progress, "tnrange": trange}


def old_div(a: Any, b: Any) -> Any:
    """Python 2's division: of whole numbers, the floor."""
    return a // b if isinstance(a, int) and isinstance(b, int) else a / b


def _listed(function: Callable[..., Iterable[Any]]) -> Callable[..., list[Any]]:
    return lambda *arguments: list(function(*arguments))


def _past() -> dict[str, Any]:
    lists = {name: _listed(getattr(builtins, name)) for name in ("range", "map", "filter", "zip")}
    return {**lists, **python2_names()}


def python2_names() -> dict[str, Any]:
    """What Python 2 has built in and Python 3 spells otherwise."""
    return {
        "xrange": range,
        "basestring": str,
        "unicode": str,
        "long": int,
        "unichr": chr,
        "raw_input": input,
        "reduce": functools.reduce,
    }


def _moves() -> dict[str, Any]:
    names = {name: getattr(builtins, name) for name in ("range", "zip", "map", "filter", "input")}
    renamed = {"xrange": range, "reduce": functools.reduce, "cPickle": pickle, "queue": queue}
    return {**names, **renamed, "StringIO": io.StringIO}


def _items() -> dict[str, Any]:
    return {
        "iteritems": lambda mapping: iter(mapping.items()),
        "iterkeys": lambda mapping: iter(mapping.keys()),
        "itervalues": lambda mapping: iter(mapping.values()),
        "with_metaclass": lambda meta, *bases: meta("Base", bases or (object,), {}),
        "PY2": False,
        "PY3": True,
        "string_types": (str,),
        "integer_types": (int,),
        "text_type": str,
        "binary_type": bytes,
    }


def _numba() -> dict[str, Any]:
    """Compiled, a function computes what it computes anyway."""

    def jit(function: Any = None, *arguments: Any, **named: Any) -> Any:
        return function if isinstance(function, types.FunctionType) else lambda f: f

    return {"jit": jit, "njit": jit, "prange": range}


def _of(module: types.ModuleType) -> Callable[[], dict[str, Any]]:
    return lambda: {n: v for n, v in vars(module).items() if n[:2] != "__"}


_EQUIVALENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "tqdm": _progress,
    "tqdm.auto": _progress,
    "tqdm.notebook": _progress,
    "tqdm.autonotebook": _progress,
    "past": dict,
    "past.builtins": _past,
    "past.utils": lambda: {"old_div": old_div},
    "future": dict,
    "future.builtins": _of(builtins),
    "future.utils": _items,
    "six": _items,
    "six.moves": _moves,
    "__builtin__": _of(builtins),
    "cPickle": _of(pickle),
    "Queue": _of(queue),
    "StringIO": _of(io),
    "cStringIO": _of(io),
    "numba": _numba,
}


@functools.cache
def equivalent(name: str) -> types.ModuleType | None:
    """The equivalent of a module, or None where there is none."""
    if name not in _EQUIVALENTS:
        return None
    STATE.stubbed[name.partition(".")[0]] = HARMLESS
    return Equivalent(name, _EQUIVALENTS[name]())
