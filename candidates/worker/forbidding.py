"""An audit hook: what is forbidden is refused however it is asked for.

A candidate's import statements never get here, see projects.py. This is for `importlib`, for the
modules that were loaded before, and for libraries that ctypes would open.
"""

from __future__ import annotations

import functools
import importlib
import sys
from typing import Any

from candidates.worker.policy import IN_USE
from candidates.worker.stubs import STATE, stub_import
from properties.implementation import Refused

MARK = "__layerproof_candidate__"  # in the builtins of a candidate's code
ASKING = ("importlib", "ctypes", "ctypeslib")


class ForbiddenImport(Refused, ImportError):
    """Refused like any call, and an ImportError to libraries that try what is there."""

    def __init__(self, sentence: str) -> None:
        super().__init__("forbidden", sentence)


def _asked_by_candidate() -> bool:
    """Whether the code that asks, past the machinery in between, is the candidate's."""
    frame = sys._getframe(2)
    while frame.f_back is not None and any(a in frame.f_code.co_filename for a in ASKING):
        frame = frame.f_back
    return MARK in frame.f_builtins


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "import":
        name = arguments[0]
        if not STATE.policy.forbids(name):
            return
        asked = _asked_by_candidate()
        if asked or name.partition(".")[0] not in IN_USE:
            _refuse(f"imports {name}, which is forbidden here", asked)
    elif event == "ctypes.dlopen" and STATE.policy.forbids("ctypes") and _asked_by_candidate():
        _refuse("opens a library with ctypes, which is forbidden here", True)


def _refuse(sentence: str, counts: bool) -> None:
    refused = ForbiddenImport(sentence)
    if counts and STATE.judging:
        STATE.forbidden = refused
    raise refused


_installed: list[bool] = []


def install() -> None:
    """Install the hook; it cannot be taken away again."""
    if _installed:
        return
    _installed.append(True)
    sys.addaudithook(_hook)
    import_module = importlib.import_module

    @functools.wraps(import_module)
    def without_forbidden(name: str, package: str | None = None) -> Any:
        if MARK in sys._getframe(1).f_builtins and STATE.policy.forbids(name):
            return stub_import(name)  # what is loaded already raises no event
        return import_module(name, package)

    importlib.import_module = without_forbidden
