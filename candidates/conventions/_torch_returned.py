"""What a loop returns, by its return statement: which is a loss, which an accuracy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from candidates.conventions._torch_batches import parsed

ACCURACY = re.compile(r"acc|correct|top1|prec", re.IGNORECASE)
LOSS = re.compile(r"loss|cost", re.IGNORECASE)
AVERAGED = re.compile(r"/|avg|mean|average|accuracy_score|accuracy\(")


def returned(function: Any) -> dict[str, Any]:
    """Where in a function's result its average loss and accuracy are, by the return statement.

    Sums that nothing divides are left out: nobody said what they are.
    """
    source, tree = parsed(function)
    values = [n.value for n in ast.walk(tree) if isinstance(n, ast.Return) and n.value is not None]
    if not values:
        return {}
    value, found = values[-1], dict[str, Any]()
    if isinstance(value, ast.Dict):
        texts = [(ast.literal_eval(k), ast.unparse(v)) for k, v in _items(value)]
    elif isinstance(value, ast.Tuple):
        texts = [(i, ast.unparse(element)) for i, element in enumerate(value.elts)]
    else:
        texts = [(0, ast.unparse(value))]
    for place, text in texts:
        said = f"{place} {text}"
        role = "accuracies" if ACCURACY.search(said) else "losses" if LOSS.search(said) else None
        if role and role not in found and is_average(text, source):
            found[role] = place
    return found


def _items(value: ast.Dict) -> Iterator[tuple[Any, Any]]:
    return (
        (key, v)
        for key, v in zip(value.keys, value.values, strict=True)
        if isinstance(key, ast.Constant)
    )


def is_average(text: str, source: str) -> bool:
    """Whether what is returned has been divided by something, there or where it was computed."""
    if AVERAGED.search(text):
        return True
    name = re.escape(text.partition(".")[0].partition("[")[0])
    assigned = re.findall(rf"^\s*{name}\s*(?:/=|=)(.*)$", source, re.MULTILINE)
    divided = re.search(rf"^\s*{name}\s*/=", source, re.MULTILINE)
    return bool(divided) or any(AVERAGED.search(right) for right in assigned)
