"""What a loop returns, by its return statement: which is a loss, which an accuracy."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from candidates.conventions._torch_batches import parsed, return_values

ACCURACY = re.compile(r"acc|correct|top1|prec", re.IGNORECASE)
LOSS = re.compile(r"loss|cost", re.IGNORECASE)
AVERAGED = re.compile(r"/|avg|mean|average|accuracy_score|accuracy\(")


def returned(function: Any) -> dict[str, Any]:
    """Where in a function's result its average loss and accuracy are, by the return statement.

    Sums that nothing divides are left out: nobody said what they are.
    """
    source, found = parsed(function)[0], dict[str, Any]()
    for place, text in returned_texts(function):
        said = f"{place} {text}"
        role = "accuracies" if ACCURACY.search(said) else "losses" if LOSS.search(said) else None
        if role and role not in found and is_average(text, source):
            found[role] = place
    return found


def returned_texts(function: Any) -> list[tuple[Any, str]]:
    """The parts of a function's last return statement, by their places or keys."""
    tree = parsed(function)[1]
    values = return_values(tree)
    if not values:
        return []
    value = values[-1]
    if isinstance(value, ast.Dict):
        return [(ast.literal_eval(k), ast.unparse(v)) for k, v in _items(value)]
    if isinstance(value, ast.Tuple):
        return [(i, ast.unparse(element)) for i, element in enumerate(value.elts)]
    return [(0, ast.unparse(value))]


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
