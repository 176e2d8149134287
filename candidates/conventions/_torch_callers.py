"""Whether a loop's callers set the mode of its model: `model.eval()`, and then `evaluate(model)`.

They are looked for in the author's own files: that of the loop, and those beside and above it.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import itertools
import linecache
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST_FILES = 60
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@functools.cache
def evaluated_by_caller(function: Any) -> bool:
    """Whether somebody calls `eval()` before this function, which sets no mode itself."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or {"eval", "train"} & set(code.co_names):
        return False
    for text in _texts(code.co_filename):
        with contextlib.suppress(SyntaxError, ValueError, RecursionError):
            if function.__name__ in text and ".eval()" in text:
                tree = ast.parse(text)
                if any(_evaluates_before(scope, function.__name__) for scope in ast.walk(tree)):
                    return True
    return False


def _texts(name: str) -> Iterator[str]:
    """The text of a file or of a notebook's cells, then those of the files around it."""
    notebook = name.partition(", cell")[0]
    cells = [held for held in linecache.cache if held.partition(", cell")[0] == notebook]
    for held in dict.fromkeys([name, *cells]):
        yield "".join(linecache.getlines(held))
    with contextlib.suppress(OSError):
        for file in itertools.islice(_around(Path(name)), MOST_FILES):
            yield file.read_text(errors="replace")


def _around(file: Path) -> Iterator[Path]:
    """The files of its folder and, where that is part of a project, of those beside it."""
    folder, above = file.parent, file.parent.parent
    if not file.is_file():
        return
    yield from folder.glob("*.py")
    if (folder / "__init__.py").exists() or any(above.glob("*.py")):
        yield from above.glob("*.py")
        yield from above.glob("*/*.py")


def _evaluates_before(scope: ast.AST, name: str) -> bool:
    """Whether a function, or a module, calls `.eval()` and later `name(...)`."""
    if not isinstance(scope, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    calls = [node for node in _within(scope) if isinstance(node, ast.Call)]
    evals = [c.lineno for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "eval"]
    named = [c.lineno for c in calls if _called(c.func) == name]
    return bool(evals and named) and min(evals) < max(named)


def _called(function: ast.expr) -> str:
    return getattr(function, "attr", "") or getattr(function, "id", "")


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, those of inner functions and classes left out."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, SCOPES):
            yield node
            yield from _within(node)
