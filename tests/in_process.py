"""Judge source text in this process: quicker than the command, for one property of one function."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from pathlib import Path

from candidates.conventions import find_convention
from candidates.spelling import ANY, Signature, forms
from properties.checks import PROPERTIES, find_property
from properties.explore import explore
from properties.implementation import Local
from properties.operator import find_operator, operator_names
from tests.homework import EXAMPLES

_NUMBERS = itertools.count()
SLOW = ("fresh_process", "complex_step")


def load(folder: Path, source: str):
    """The module of a source text, under a name of its own."""
    path = folder / f"candidate_{next(_NUMBERS)}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def put_beside(monkeypatch, folder: Path, *files: Path) -> None:
    """Load files, so that what is loaded next can import them by their names."""
    for file in files:
        monkeypatch.setitem(sys.modules, file.stem, load(folder, file.read_text()))


def spellings(module, convention: str, *operators: str):
    """Those found in a module, of any operator or of these, by the name of their last function."""
    known = find_convention(convention).spellings(operators or operator_names())
    return {found[-1]: s for _, s in forms(known, module) if (found := s.found(module))}


def _named(module, convention: str, function: str):
    """The spelling of a function that goes by a known name, without a look at any other."""
    known = find_convention(convention).spellings(operator_names())
    named = [s for s in known if ANY not in s.forward and s.names[-1] == function]
    return next((s for s in reversed(named) if s.found(module)[-1:] == [function]), None)


def passed_over(module, convention: str) -> list[str]:
    """Why functions that go by known names are not judged."""
    known = find_convention(convention).spellings(operator_names())
    return [reason for spelling in known for reason in spelling.passed_over(module).values()]


def failures(
    module,
    convention: str,
    function: str,
    *properties: str,
    examples: int = 60,
    until_first: bool = False,
):
    """The failing properties of one function, each with its status and message."""
    spelling = _named(module, convention, function) or spellings(module, convention)[function]
    return _failures(module, function, spelling, properties, examples, until_first)


def failures_of_operator(
    folder: Path, source: str, operator: str, *, convention: str, examples: int
):
    """The same of all functions that a source text has for an operator, until each fails once."""
    module, found = load(folder, source), {}
    of_operator = spellings(module, convention, operator)
    assert of_operator, passed_over(module, convention)
    for name, spelling in of_operator.items():
        found |= _failures(module, name, spelling, (), examples, until_first=True)
    return found


def _failures(module, function, spelling, properties, examples, until_first):
    operator = find_operator(spelling.operator)
    signature = Signature(operator.results, operator.differentiable)
    exploration = explore(
        operator,
        Local(function, spelling.bind(module, signature)),
        spelling.promised(spelling.told(module)),
        examples=examples,
        seed=0,
        properties=[
            *map(find_property, properties or [p.name for p in PROPERTIES if p.name not in SLOW])
        ],
        until_first=until_first,
    )
    return {
        f.property.name: (f.smallest[1].status or f.property.status, f.smallest[1].message)
        for f in exploration.failing
    }


def edited(name: str, old: str, new: str, count: int = 1) -> str:
    """The source of an example with an edit that must fit `count` times."""
    source = (EXAMPLES / name).read_text()
    assert source.count(old) == count, (old, source.count(old))
    return source.replace(old, new)


def failures_of(
    folder: Path, source: str, *properties: str, convention: str, examples: int
) -> dict[str, str]:
    """Of the only function that a source text has."""
    module = load(folder, source)
    (name,) = spellings(module, convention)
    return failures(module, convention, name, *properties, examples=examples)
