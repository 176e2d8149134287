"""Stubs: what stands in for an import that is absent or forbidden.

A stub survives everything that happens while a file is loaded: attributes, calls, decorators, base
classes, annotations, context managers. Once a function is judged, calling it or computing with it
is refused, in a sentence that names the import. Calls into harmless ones stay without effect.
"""

from __future__ import annotations

import contextlib
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from candidates.worker.policy import ABSENT, FORBIDDEN, HARMLESS, Policy
from properties.implementation import Refused


class State:
    """What this process knows of stubs: the policy, those in use, and whether calls count."""

    policy = Policy()
    stubbed: dict[str, str]  # the imports replaced, and why
    judging = False
    forbidden: Refused | None = None  # raised in the call that is being judged

    def __init__(self) -> None:
        self.stubbed = {}


STATE = State()


@contextlib.contextmanager
def judged() -> Iterator[None]:
    """A call that is judged. What it was forbidden counts even if it caught the exception."""
    STATE.judging, STATE.forbidden = True, None
    try:
        yield
    finally:
        STATE.judging = False
        if STATE.forbidden is not None:
            raise STATE.forbidden


def refuse(name: str, why: str) -> NoReturn:
    """Raise what a judged call into a stub comes to."""
    if why == FORBIDDEN:
        refused = Refused(FORBIDDEN, f"calls {name}, which is forbidden here")
        if STATE.judging:
            STATE.forbidden = refused
        raise refused
    raise Refused("missing", f"needs {name}, which is not installed")


def refuse_stubs(results: Iterable[Any]) -> None:
    """Raise if a result is a stub."""
    for result in results:
        if isinstance(result, Stub):
            refuse(*result._layerproof)


class Stub:
    """Stands in for `name`; `why` is forbidden, harmless or not installed.

    made: it is what a call gave, and so is whatever comes of it; it keeps the name.
    """

    _layerproof: tuple[str, str]
    _layerproof_made: bool

    def __init__(self, name: str, why: str | None = None, made: bool = False) -> None:
        self._layerproof = (name, why or STATE.policy.why(name))
        self._layerproof_made = made

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("_layerproof"):  # of a copy that is not filled yet
            raise AttributeError(attribute)
        name, why = self._layerproof
        if attribute[:2] == "__" and attribute[-2:] == "__":
            if attribute in _DUNDERS:
                return _DUNDERS[attribute](name)
            raise AttributeError(attribute)
        child = _child(name, attribute, why) if not self._layerproof_made else Stub(name, why, True)
        self.__dict__[attribute] = child
        return child

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        name, why = self._layerproof
        if STATE.judging and why != HARMLESS:
            refuse(name, why)
        decorates = why == HARMLESS and len(arguments) == 1 and not named
        if decorates and isinstance(arguments[0], (types.FunctionType, type)):
            return arguments[0]
        return Stub(name, why, made=True)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (_base(*self._layerproof),)

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    def __subclasscheck__(self, subclass: Any) -> bool:
        return False

    def __getitem__(self, key: Any) -> Stub:
        return Stub(*self._layerproof, made=True)

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __delitem__(self, key: Any) -> None:
        pass

    def __or__(self, other: Any) -> Stub:  # in annotations
        return Stub(*self._layerproof, made=True)

    __ror__ = __or__

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Stub:
        return self

    def __exit__(self, *raised: Any) -> None:
        pass

    def __repr__(self) -> str:
        return "<{} ({})>".format(*self._layerproof)

    def __format__(self, spec: str) -> str:
        return repr(self)


def _child(name: str, attribute: str, why: str) -> Stub:
    below = f"{name}.{attribute}"
    return Stub(below, FORBIDDEN if STATE.policy.why(below) == FORBIDDEN else why)


_DUNDERS: dict[str, Callable[[str], Any]] = {
    "__all__": lambda name: [],
    "__version__": lambda name: "0",
    "__name__": lambda name: name.rpartition(".")[2],
    "__qualname__": lambda name: name.rpartition(".")[2],
}
_BINARY = "add sub mul truediv floordiv mod divmod pow matmul and xor lshift rshift".split()
_OPERATIONS = [
    *(f"__{prefix}{name}__" for name in _BINARY for prefix in ("", "r")),
    *(f"__{name}__" for name in "neg pos abs invert lt le gt ge round".split()),
    "__array_ufunc__",
    "__array_function__",
]
_VALUES = [f"__{name}__" for name in "array len iter next int float index complex contains".split()]


def _operation(self: Stub, *operands: Any, **named: Any) -> Stub:
    if STATE.judging:
        refuse(*self._layerproof)
    return Stub(*self._layerproof, made=True)


def _value(self: Stub, *operands: Any, **named: Any) -> NoReturn:
    refuse(*self._layerproof)


for _name in _OPERATIONS:
    setattr(Stub, _name, _operation)
for _name in _VALUES:
    setattr(Stub, _name, _value)

_bases: dict[tuple[str, str], type] = {}


def _base(name: str, why: str) -> type:
    """The class that a stub is as a base: named like it, and refused when it is made."""
    if (name, why) not in _bases:
        module, _, short = name.rpartition(".")

        def new(cls: type, *arguments: Any, **named: Any) -> Any:
            if STATE.judging and why != HARMLESS:
                refuse(name, why)
            return object.__new__(cls)

        def nothing(self: Any, *arguments: Any, **named: Any) -> None:
            pass

        body = {
            "__module__": module,
            "__new__": new,
            "__init__": nothing,
            "__init_subclass__": classmethod(nothing),
            "__getattr__": lambda self, attribute: getattr(Stub(name, why, True), attribute),
            "__call__": lambda self, *arguments, **named: Stub(name, why)(*arguments, **named),
        }
        _bases[name, why] = type(short, (), body)
    return _bases[name, why]


def stub_import(name: str) -> Stub:
    """The stub of an import, which the report names."""
    why = STATE.policy.why(name)
    STATE.stubbed[name if why == ABSENT else name.partition(".")[0]] = why
    return Stub(name, why)
