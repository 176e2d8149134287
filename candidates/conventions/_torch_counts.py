"""How many parameters a network has, and how many its own text says it has.

A text counts where it speaks of the whole and is exact: "Total params: 62,006" anywhere in the
class, "(62,006 parameters)" in the first line of its docstring. What is said of a layer, "about
60,000" and "fewer than 5M" say nothing that could be wrong.
"""

from __future__ import annotations

import ast
import inspect
import io
import linecache
import re
import tokenize
from collections.abc import Iterator
from typing import Any

from candidates.conventions._torch_architectures import required

UNFINISHED = r"(?![\d,_.]*\d|\s*[kKmM]\b|\s*[-+*/x\u00d7=]|\s*million)"
NUMBER = rf"(?P<n>\d{{1,3}}(?:[,_]\d{{3}})+|\d{{3,}}){UNFINISHED}"
KIND = r"(?:trainable|learnable|model)"
PARAMETERS = r"param(?:eter)?s"
BETWEEN = r"\s*(?:count\s*)?(?:[:=]|is|are|->|→)\s*"
WHOLE = (
    rf"\btotal\s+(?:number\s+of\s+)?(?:{KIND}\s+)?{PARAMETERS}{BETWEEN}{NUMBER}",
    rf"^\W*(?:number\s+of\s+)?(?:{KIND}\s+)?{PARAMETERS}\s*[:=]\s*{NUMBER}\W*$",
    rf"(?<![-\d.,_])\b{NUMBER}\s+{PARAMETERS}\s+in\s+total\b",
    rf"\b(?:network|model|net|classifier|cnn|mlp)\s+has\s+(?:exactly\s+)?{NUMBER}\s+"
    rf"(?:{KIND}\s+)?{PARAMETERS}\b",
)
FIRST_LINE = rf"(?<![-\d.,_])\b{NUMBER}\s+(?:{KIND}\s+)?{PARAMETERS}\b"
VAGUE = re.compile(
    r"about|approx|around|roughly|nearly|almost|some\b|circa|[~≈<>≤≥]|than|under|over|most|least"
    r"|up to|below|above|between|non|each|per\b|layer|block|conv\d|fc\d|head|stem|frozen|was\b"
    r"|paper|original|if\b|instead|vs|versus",
    re.IGNORECASE,
)
"""Words in a line after which its number is no exact count of the whole network."""


def counted(net: Any) -> tuple[int, int]:
    """How many parameters a network has, and how many of them are trained."""
    sizes = [(p.numel(), p.requires_grad) for p in net.parameters()]
    return sum(n for n, _ in sizes), sum(n for n, trained in sizes if trained)


def stated(kind: Any) -> int | None:
    """How many parameters the text of a class or function says it has; None where it does not.

    Nothing is said where its size is the caller's choice, where layers find their own (lazy ones),
    or where the text has several counts.
    """
    text = _source(kind)
    if required(kind) or "Lazy" in text:
        return None
    found = set(_counts(kind, text))
    return found.pop() if len(found) == 1 else None


def _source(kind: Any) -> str:
    """The lines of a class or function, or "" where they are not to be had."""
    code = getattr(getattr(kind, "forward", kind), "__code__", None)
    if code is None or not hasattr(kind, "__name__"):
        return ""
    text = "".join(linecache.getlines(code.co_filename))
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ""
    for node in ast.walk(tree):
        named = isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == kind.__name__
        if named and _holds(node, code.co_firstlineno):
            return ast.get_source_segment(text, node) or ""
    return ""


def _holds(node: Any, line: int) -> bool:
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return first <= line <= (node.end_lineno or first)


def _counts(kind: Any, text: str) -> Iterator[int]:
    lines = _docstring(kind).splitlines()
    for line in (*lines, *_comments(text)):
        for pattern in WHOLE:
            yield from _numbers(pattern, line)
    for line in lines[:1]:
        yield from _numbers(FIRST_LINE, line)


def _docstring(kind: Any) -> str:
    """Its own, not its base's."""
    return inspect.cleandoc(kind.__doc__ or "") if isinstance(kind.__doc__, str) else ""


def _comments(text: str) -> list[str]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT]


def _numbers(pattern: str, line: str) -> Iterator[int]:
    for match in re.finditer(pattern, line, re.IGNORECASE):
        if not VAGUE.search(line):
            yield int(re.sub(r"\D", "", match["n"]))
