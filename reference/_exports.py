"""Export a package's functions by file name, so that adding an operator edits no existing file."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable
from typing import Any


def operators_in(path: list[str]) -> list[str]:
    """Names of the public modules (one operator each) in a package's `__path__`, sorted."""
    return sorted(m.name for m in pkgutil.iter_modules(path) if not m.name.startswith("_"))


def exporter(package: str, path: list[str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """A package's `__getattr__` and `__dir__`: `NAME_forward` is looked up in the module `NAME`."""

    def get(name: str) -> Any:
        operator, _, _ = name.rpartition("_")
        # What has been imported is there: to list the folder again takes longer than most layers.
        if f"{package}.{operator}" in sys.modules or operator in operators_in(path):
            module = importlib.import_module(f"{package}.{operator}")
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"{package} has no function {name!r}")

    def listing() -> list[str]:
        modules = (importlib.import_module(f"{package}.{name}") for name in operators_in(path))
        return sorted(
            name
            for module in modules
            for name in vars(module)
            if name.startswith(module.__name__.rpartition(".")[2] + "_")
        )

    return get, listing
