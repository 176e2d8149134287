"""Whether the suite's own code in a candidate's process is still what it was before.

A candidate shares its process with the code that calls it, and could have it report that nothing
was changed. This notices a replaced function. It is a tripwire and no wall: what a verdict rests
on, the expected values, never enters the process.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

OURS = ("candidates", "properties")
CALLING = (  # what stands between the suite and a candidate's functions
    "candidates.worker.serve",
    "candidates.worker.wire",
    "properties.host",
    "properties.implementation",
    "properties.layouts",
)
Seen = tuple[Mapping[str, Any], str, Any, Any]


class Audit:
    """The functions, classes and modules in the modules that call a candidate, as they are now."""

    def __init__(self) -> None:
        self._seen = [seen for name in CALLING for seen in _names(vars(sys.modules[name]))]

    def changed(self) -> str:
        """The name of something that is another thing now; empty where nothing is."""
        for names, name, value, code in self._seen:
            now = names.get(name)
            if now is not value or getattr(now, "__code__", None) is not code:
                return name
        return ""


def _names(names: Mapping[str, Any]) -> Iterator[Seen]:
    for name, value in list(names.items()):
        if isinstance(value, (types.FunctionType, types.ModuleType, type)):
            yield names, name, value, getattr(value, "__code__", None)
        if isinstance(value, type) and value.__module__.partition(".")[0] in OURS:
            yield from _names(vars(value))
