"""Calls of the operating system that Python has no function for."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from typing import Any

LINUX = sys.platform.startswith("linux")


class NotAvailable(Exception):
    """This machine does not have a mechanism, or does not let us use it: why, in words."""


def _library() -> Any:
    """The C library. Raises NotAvailable elsewhere than on Linux."""
    if not LINUX:
        raise NotAvailable(f"{platform.system()} has no such mechanism")
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: Any) -> int:
    """A function of the C library. Raises OSError with what it was called for."""
    result = int(getattr(_library(), name)(*arguments))
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def syscall(name: str, number: int, *arguments: Any) -> int:
    """A system call by its number, the same on every machine for those since Linux 5.1."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(_library().syscall(ctypes.c_long(number), *words))
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def prctl(option: int, *arguments: int) -> int:
    padded = [*arguments, 0, 0, 0, 0][:4]
    return call("prctl", option, *(ctypes.c_ulong(a) for a in padded))
