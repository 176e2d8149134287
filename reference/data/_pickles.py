"""The plain data in a pickle, read without running anything that the file names.

A pickle is a program for a stack machine. This one knows numbers, text, bytes, lists, tuples,
dictionaries and arrays of bytes, which is all that a batch of images needs, and refuses the rest.
No object is made by name: an array stands in the file as four names, which are only compared.
Source: Python's `pickletools`, which documents each instruction and takes a file apart.
"""

from __future__ import annotations

import pickletools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from reference.data.images import FormatError

VALUES = frozenset(
    "INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING "
    "UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES BINBYTES8 "
    "BYTEARRAY8".split()
)
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
PUTS = frozenset(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"))
GETS = frozenset(("GET", "BINGET", "LONG_BINGET"))
IGNORED = frozenset(("PROTO", "FRAME"))
TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

ARRAY, DTYPE, RECONSTRUCT, FROM_BUFFER, ENCODE = NAMES = (
    "numpy ndarray",
    "numpy dtype",
    "numpy.core.multiarray _reconstruct",
    "numpy.core.numeric _frombuffer",
    "_codecs encode",
)
BYTE_TYPES = ("u1", "|u1", "uint8")


class _Mark:
    """Where a list, tuple or dictionary of several things begins on the stack."""


class _Name:
    """A name that the file gives; calling it is for `_called`."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("numpy._core", "numpy.core")  # NumPy 2 moved it
        if self.text not in NAMES:
            raise FormatError(f"it asks for {text.replace(' ', '.')!r}, which no batch needs")


class _Dtype:
    """The type of an array's elements, as far as it is told yet."""

    def __init__(self, name: Any) -> None:
        if name not in BYTE_TYPES:
            raise FormatError(f"its array must be of uint8, got {name!r}")

    def told(self, state: Any) -> None:
        """Byte order and the like, which bytes have not."""


class _Array:
    """An array whose shape and bytes follow."""

    def __init__(self) -> None:
        self.values: np.ndarray | None = None

    def told(self, state: Any) -> None:
        """Take (version, shape, dtype, in Fortran order, bytes), or these without the version."""
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise FormatError("its array is not told by shape, type, order and bytes")
        shape, dtype, fortran, data = state[-4:]
        self.values = _shaped(data, dtype, shape, "F" if fortran else "C")


def _shaped(data: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
    if isinstance(data, str):
        data = data.encode("latin-1")  # Python 2's text is bytes
    sizes = shape if isinstance(shape, tuple) else ()
    if not isinstance(data, (bytes, bytearray)) or not isinstance(dtype, _Dtype):
        raise FormatError("its array does not hold bytes")
    if not sizes or not all(type(s) is int and 0 <= s < 2**31 for s in sizes):
        raise FormatError(f"its array has no possible shape, got {shape!r:.60}")
    flat = np.frombuffer(bytes(data), np.uint8)
    elements = 1
    for size in sizes:
        elements *= size
    if elements != flat.size:
        raise FormatError(f"its array of shape {sizes} holds {flat.size} bytes")
    return flat.reshape(sizes, order="F" if order == "F" else "C")


def read_plain(raw: bytes) -> Any:
    """What a pickle holds: numbers, text (bytes as they are), lists, tuples, dictionaries, arrays.

    Text of Python 2 is read as Latin-1. Raises FormatError, which says what the file asks for.
    """
    machine = _Machine()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in text that are none
            for instruction, argument, _ in pickletools.genops(raw):
                if instruction.name == "STOP":
                    return machine.result()
                machine.run(instruction.name, argument)
    except FormatError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError):
        raise FormatError("it is no whole pickle") from None
    raise FormatError("it is no whole pickle")


class _Machine:
    """The stack, and what was put aside to be used again."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def result(self) -> Any:
        (value,) = self._stack
        return _finished(value)

    def run(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in VALUES:
            stack.append(argument)
        elif name in CONSTANTS:
            stack.append(CONSTANTS[name])
        elif name in PUTS:
            self._memo[len(self._memo) if name == "MEMOIZE" else argument] = stack[-1]
        elif name in GETS:
            stack.append(self._memo[argument])
        elif name in TUPLES:
            count = TUPLES[name]
            whole = tuple(_finished(v) for v in self._taken(count))
            stack.append(whole)
        elif name in COLLECTING:
            COLLECTING[name](self)
        elif name == "GLOBAL":
            stack.append(_Name(argument))
        elif name not in IGNORED:
            raise FormatError(f"it has the instruction {name}, which no batch needs")

    def mark(self) -> None:
        self._stack.append(_Mark())

    def start(self, empty: type) -> None:
        self._stack.append(empty())

    def _taken(self, count: int) -> list[Any]:
        """The last `count` things, off the stack."""
        if count > len(self._stack):
            raise IndexError(count)
        taken = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        if any(isinstance(value, _Mark) for value in taken):
            raise IndexError(count)
        return taken

    def _since_mark(self) -> list[Any]:
        place = len(self._stack) - 1
        while not isinstance(self._stack[place], _Mark):
            place -= 1
            if place < 0:
                raise IndexError(place)
        taken = self._stack[place + 1 :]
        del self._stack[place:]
        return [_finished(value) for value in taken]

    def whole(self, kind: Callable[[list[Any]], Any]) -> None:
        """A list, tuple or dictionary of all since the mark."""
        self._stack.append(kind(self._since_mark()))

    def extend(self, several: bool) -> None:
        values = self._since_mark() if several else list(map(_finished, self._taken(1)))
        if not isinstance(self._stack[-1], list):
            raise TypeError
        self._stack[-1].extend(values)

    def update(self, several: bool) -> None:
        values = self._since_mark() if several else list(map(_finished, self._taken(2)))
        if not isinstance(self._stack[-1], dict):
            raise TypeError
        self._stack[-1].update(_items(values))

    def name(self) -> None:
        """A name whose two parts are on the stack."""
        module, name = self._taken(2)
        self._stack.append(_Name(f"{module} {name}"))

    def reduce(self) -> None:
        called, arguments = self._taken(2)
        self._stack.append(_called(called, arguments))

    def build(self) -> None:
        """What an array or its type is told after it was begun."""
        (state,) = self._taken(1)
        if not isinstance(self._stack[-1], (_Array, _Dtype)):
            raise TypeError
        self._stack[-1].told(state)


def _finished(value: Any) -> Any:
    """An array itself, where it has been told; a name or a mark is no value."""
    if isinstance(value, _Array) and value.values is not None:
        return value.values
    if isinstance(value, _Mark):
        raise TypeError
    return value


def _items(values: list[Any]) -> dict[Any, Any]:
    keys = values[::2]
    if len(values) % 2 or not all(isinstance(key, (str, bytes, int)) for key in keys):
        raise FormatError("its dictionaries must have text or numbers as keys")
    return dict(zip(keys, values[1::2], strict=True))


def _called(name: Any, arguments: Any) -> Any:
    """What NumPy's functions give, as data: an array to be told, its type, or bytes."""
    if not isinstance(name, _Name) or not isinstance(arguments, tuple):
        raise TypeError
    if name.text == RECONSTRUCT:
        return _Array()
    if name.text == DTYPE:
        return _Dtype(arguments[0])
    if name.text == FROM_BUFFER:
        return _shaped(*arguments)
    if name.text == ENCODE:
        return str(arguments[0]).encode("latin-1")
    raise TypeError


COLLECTING: dict[str, Callable[[_Machine], None]] = {
    "MARK": _Machine.mark,
    "EMPTY_LIST": lambda m: m.start(list),
    "EMPTY_DICT": lambda m: m.start(dict),
    "LIST": lambda m: m.whole(list),
    "TUPLE": lambda m: m.whole(tuple),
    "DICT": lambda m: m.whole(_items),
    "APPEND": lambda m: m.extend(False),
    "APPENDS": lambda m: m.extend(True),
    "SETITEM": lambda m: m.update(False),
    "SETITEMS": lambda m: m.update(True),
    "STACK_GLOBAL": _Machine.name,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
}
