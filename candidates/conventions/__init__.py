"""How courses and libraries spell operators. One file a convention, found by file name.

Imported by the worker too, so these files import the standard library and NumPy alone. A user's
own convention is such a file anywhere, named by its path.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pkgutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from candidates.conventions._tensors import on_torch
from candidates.spelling import Convention, forms, lookup


def convention_names() -> list[str]:
    found = pkgutil.iter_modules(__path__)
    return sorted(module.name.replace("_", "-") for module in found if module.name[0] != "_")


@functools.cache
def find_convention(name: str) -> Convention:
    """The convention of a name, or of the path of a user's own file.

    Raises ValueError: an unknown name (with those there are), or a file that defines none.
    """
    if name.endswith(".py"):
        return _own_convention(Path(name))
    if name not in convention_names():
        names = ", ".join(convention_names())
        raise ValueError(f"convention must be one of {names}, or a .py file, got {name!r}")
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    convention = module.convention
    assert isinstance(convention, Convention)
    return convention


def _own_convention(path: Path) -> Convention:
    if not path.is_file():
        raise ValueError(f"the convention {str(path)!r} does not exist")
    spec = importlib.util.spec_from_file_location(f"convention_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ValueError(f"{path} raised {type(error).__name__}: {error}") from error
    convention = getattr(module, "convention", None)
    if not isinstance(convention, Convention):
        raise ValueError(f"{path} must define `convention`, a candidates.spelling.Convention")
    return convention


def import_all() -> list[Convention]:
    return [find_convention(name) for name in convention_names()]


def recognise(namespace: Any, operators: Sequence[str]) -> Convention | None:
    """The convention that spells most functions of a candidate, or None where none does.

    Functions on tensors that one without torch spells count only where no other spells any.
    """

    def matches(convention: Convention) -> tuple[int, bool, int]:
        found, fitting = set[str](), set[str]()
        for spelling in convention.spellings(operators):
            names = spelling.found(namespace)
            found.update(names)
            of_torch = convention.needs_torch or spelling.needs_torch
            fitting.update(name for name in names if of_torch or not on_tensors(name))
        return len(fitting), not convention.generic, len(found)

    @functools.cache
    def on_tensors(name: str) -> bool:
        return on_torch(lookup(namespace, name))

    matched = {convention.name: matches(convention) for convention in import_all()}
    best = max(import_all(), key=lambda convention: matched[convention.name])
    if matched[best.name][-1]:
        return best
    return next((c for c in import_all() if _finds_any(c, operators, namespace)), None)


def _finds_any(convention: Convention, operators: Sequence[str], namespace: Any) -> bool:
    """Whether something of no known name can be judged."""
    spellings = forms(convention.spellings(operators), namespace)
    return any(spelling.found(namespace) for _, spelling in spellings)
