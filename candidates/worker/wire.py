"""Messages between the suite and a worker: a bounded JSON header, then the arrays' raw bytes.

Nothing is pickled. What comes from a worker is data from a stranger, so every field of a header
is checked before bytes become arrays.
"""

from __future__ import annotations

import json
import math
import os
import select
import struct
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

MAX_HEADER = 1 << 20
MAX_PAYLOAD = 1 << 28
_INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
_FLOATS = ["float16", "float32", "float64", "complex64", "complex128"]
DTYPES = frozenset(["bool", *_INTEGERS, *_FLOATS])
_NATIVE = {name: np.dtype(name) for name in DTYPES}
_TRAVELLING = {name: dtype.newbyteorder("<") for name, dtype in _NATIVE.items()}
_NAMES = {dtype: name for name, dtype in _NATIVE.items()}
_LENGTHS = struct.Struct("<IQ")
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Malformed(Exception):
    """A message is not of the protocol's form."""


class TimedOut(Exception):
    """No whole message came in time."""


def describe(array: np.ndarray) -> dict[str, Any]:
    return {"dtype": _NAMES.get(array.dtype) or array.dtype.name, "shape": array.shape}


def pack(header: Mapping[str, Any], groups: Mapping[str, Mapping[str, Any]]) -> bytes:
    """One message: the header, and groups of named arrays (anything else is named by its text)."""
    described: dict[str, dict[str, Any]] = {}
    parts: list[bytes] = []
    for group, values in groups.items():
        described[group] = {}
        for name, value in values.items():
            if isinstance(value, np.ndarray):
                described[group][name] = describe(value)
                native = _TRAVELLING.get(described[group][name]["dtype"], value.dtype)
                parts.append(value.astype(native, copy=False).tobytes())
            else:
                described[group][name] = str(value)[:500]
    text = _encode({**header, "arrays": described}).encode()
    if len(text) > MAX_HEADER:
        raise Malformed(f"a header of {len(text)} bytes is over the limit of {MAX_HEADER}")
    payload = b"".join(parts)
    return _LENGTHS.pack(len(text), len(payload)) + text + payload


def unpack(text: bytes, payload: bytes) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Header and groups of a message. Raises Malformed unless every byte is accounted for."""
    try:
        header = json.loads(text)
        described = header.pop("arrays")
        groups: dict[str, dict[str, Any]] = {}
        at = 0
        for group, values in described.items():
            groups[group] = {}
            for name, value in values.items():
                if isinstance(value, str):
                    groups[group][name] = value
                else:
                    groups[group][name], at = _array(value, payload, at)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Malformed(f"a message is not of the protocol's form: {error}") from None
    if at != len(payload):
        raise Malformed(f"{len(payload) - at} bytes of a message belong to no array")
    return header, groups


def _array(described: Any, payload: bytes, at: int) -> tuple[np.ndarray, int]:
    dtype, shape = described["dtype"], described["shape"]
    if dtype not in DTYPES or len(shape) > 32:
        raise ValueError(f"dtype {dtype!r} or shape {shape!r} is not allowed")
    if not all(type(n) is int and 0 <= n <= MAX_PAYLOAD for n in shape):
        raise ValueError(f"shape {shape!r} is not allowed")
    travelling = _TRAVELLING[dtype]
    count = math.prod(shape)
    size = count * travelling.itemsize
    if size > len(payload) - at:
        raise ValueError(f"an array of {size} bytes is announced, {len(payload) - at} are there")
    flat = np.frombuffer(payload, travelling, count, at)
    return flat.astype(_NATIVE[dtype]).reshape(shape), at + size


def send(descriptor: int, message: bytes, deadline: float | None = None) -> None:
    """Write a message. Raises TimedOut where the other side has not read it by the deadline, a
    time of `time.monotonic`; the descriptor must not block then."""
    view = memoryview(message)
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            assert deadline is not None
            _wait([], [descriptor], deadline)


def pending(descriptor: int) -> bool:
    """Whether there is something to read. Raises EOFError when the other side is gone."""
    if not select.select([descriptor], [], [], 0)[0]:
        return False
    if not os.read(descriptor, 1):
        raise EOFError
    return True


def receive(descriptor: int, deadline: float | None = None) -> tuple[bytes, bytes]:
    """Header and payload bytes of the next message. Raises EOFError when the other side is gone,
    TimedOut at the deadline, Malformed for lengths over the limits or bytes after the message."""
    data = bytearray()
    while len(data) < _LENGTHS.size:
        data += _part(descriptor, 1 << 16, deadline)
    header, payload = _LENGTHS.unpack_from(data)
    if header > MAX_HEADER or payload > MAX_PAYLOAD:
        raise Malformed(f"a message of {header} + {payload} bytes is over the limit")
    start = _LENGTHS.size + header
    whole = start + payload
    while len(data) < whole:
        data += _part(descriptor, min(whole - len(data), 1 << 20), deadline)
    if len(data) > whole:
        raise Malformed("it answers what was not asked")
    return bytes(data[_LENGTHS.size : start]), bytes(data[start:])


def _part(descriptor: int, most: int, deadline: float | None) -> bytes:
    """What there is to read, once there is something."""
    if deadline is not None:
        _wait([descriptor], [], deadline)
    part = os.read(descriptor, most)
    if not part:
        raise EOFError
    return part


def _wait(reading: list[int], writing: list[int], deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0 or not any(select.select(reading, writing, [], left)):
        raise TimedOut
