"""Judge a convention's spellings in this process: quick, where the worker is not the subject."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from candidates.conventions import find_convention
from candidates.spelling import Signature, Spelling
from properties.checks import find_property
from properties.explore import explore
from properties.implementation import Local
from properties.operator import find_operator, operator_names


def edited(source: str, *edits: str) -> str:
    """The source with each first edit replaced by the second; a first one stands there once."""
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert source.count(old) == 1, f"{source.count(old)} times: {old}"
        source = source.replace(old, new)
    return source


def loaded(folder: Path, source: str, name: str = "homework") -> ModuleType:
    """The source as a module of a file, as candidates are."""
    path = folder / f"{name}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def spellings_found(
    module: ModuleType, convention: str, forward: str | None = None
) -> list[Spelling]:
    """Those of one function, or of every one: what each may be is asked, which takes its time."""
    spellings = find_convention(convention).spellings(operator_names())
    asked = [s for s in spellings if forward in (None, s.forward)]
    return [spelling for spelling in asked if spelling.found(module)]


def failing(
    module: ModuleType, spelling: Spelling, properties: Iterable[str], examples: int = 30
) -> dict[str, str]:
    """The properties that fail, with their first message; each must have been judged.

    Where one is asked for, its first failure ends it.
    """
    operator = find_operator(spelling.operator)
    signature = Signature(operator.results, operator.differentiable)
    local = Local(spelling.names[-1], spelling.bind(module, signature))
    judged = [find_property(name) for name in properties]
    found = explore(
        operator,
        local,
        spelling.promise,
        examples=examples,
        seed=1,
        properties=judged,
        until_first=len(judged) == 1,
    ).findings
    assert all(finding.examples for finding in found.values()), found
    return {name: str(f.smallest[1]) for name, f in found.items() if f.smallest is not None}
