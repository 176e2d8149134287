"""What a loop's text says of its batches, of its loss, and of what it hands its model.

The loops of `_torch_training` and `_torch_fitting` are handed pairs of samples and class ids, or
dictionaries of these two by the names that a loop asks for, and a model that gives one tensor of
scores. What a text takes otherwise was written for the data or the model of its author.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import textwrap
from collections.abc import Collection, Iterator
from typing import Any

NO_PAIRS = "its batches are no pairs of samples and class ids"
MORE_HANDED = "it hands the model more than the samples of a batch"

SAMPLES = re.compile(r"(input_?)?(images?|imgs?|pixel_values|x|xs|inputs?|data|features?|samples?)")
LABELS = re.compile(r"(class_?)?(labels?|targets?|y|ys|class|classes|class_id|ids?)")
"""What the two parts of a batch are called that is a dictionary."""

OTHER_LOSS = re.compile(
    r"binary_cross_entropy\w*|BCE\w*Loss|(smooth_)?l1_loss|\w*L1Loss|mse_loss|MSELoss|ctc_loss"
    r"|CTCLoss|kl_div|KLDivLoss|huber_loss|HuberLoss|MultiLabel\w+Loss|multilabel_\w+"
)
OF_CLASSES = re.compile(r"(?<!binary_)cross_entropy|CrossEntropyLoss|nll_loss|NLLLoss")
OF_LOGARITHMS = re.compile(r"nll_loss|NLLLoss")
OTHER_SCORES = re.compile(
    r"sigmoid(?=\()|r2_score|mean_(?:absolute|squared)_error|roc_auc_score|average_precision_score"
)
"""What is computed of the scores of several labels, of two classes in one number, of numbers."""

NUMBERS = re.compile(
    r"\.(float\(\)|double\(\)|unsqueeze\(|view_as\(|(view|reshape)\(-1, 1\))"
    r"|\.(type|to)\(torch\.float"
    r"|reshape\(\w+, \w+\.shape\)|(view|reshape)\(\w+\.(shape|size\(\))\)"
)
"""What makes numbers of class ids, or gives them the shape of the scores."""

LOGITS = re.compile(r"(?<!binary_)cross_entropy|CrossEntropyLoss|log_softmax|LogSoftmax")


@functools.cache
def parsed(function: Any) -> tuple[str, ast.AST]:
    """The source of a function and its syntax tree, empty where there is none to be had.

    A function that stands for a method has a text of its own.
    """
    if told := vars(function).get("text") if inspect.isfunction(function) else None:
        return told
    try:
        source = textwrap.dedent(inspect.getsource(function))
        return source, ast.parse(source)
    except (OSError, TypeError, SyntaxError):
        return "", ast.Module([], [])


def return_values(tree: ast.AST) -> list[ast.expr]:
    """What a text's last function returns, by its return statements."""
    tree = (getattr(tree, "body", None) or [tree])[-1]
    return [n.value for n in ast.walk(tree) if isinstance(n, ast.Return) and n.value is not None]


def is_name(node: ast.AST | None, names: Collection[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def unlike_ours(tree: ast.AST, model: str, loaders: Collection[str]) -> str:
    """Why a loop does not fit a classifier of pairs, by its text; "" where it does."""
    if names_of_parts(tree, loaders) is None:
        for node in ast.walk(tree):
            if isinstance(node, ast.For) and not _takes_pairs(node, loaders, tree):
                return NO_PAIRS
    handed_more = any(len(call.args) != 1 or call.keywords for call in _calls(tree, model))
    return MORE_HANDED if handed_more else ""


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_name(node.func, (name,)):
            yield node


def _is_call_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and is_name(node.func, (name,))


def _target(loop: ast.For, loaders: Collection[str]) -> ast.expr | None:
    """What a loop over a loader calls its batches; None where it is over something else."""
    if not any(is_name(node, loaders) for node in ast.walk(loop.iter)):
        return None
    counted = any(_is_call_of(node, "enumerate") for node in ast.walk(loop.iter))
    if counted and isinstance(loop.target, ast.Tuple):
        return loop.target.elts[-1]
    return loop.target


def _takes_pairs(loop: ast.For, loaders: Collection[str], tree: ast.AST) -> bool:
    """Whether a loop over a loader takes its batches apart into two."""
    target = _target(loop, loaders)
    if isinstance(target, ast.Tuple):
        return len(target.elts) == 2
    for node in ast.walk(tree) if isinstance(target, ast.Name) else ():
        value = getattr(node, "value", None)
        if not is_name(value, (target.id,)):  # type: ignore[union-attr]
            continue
        if isinstance(node, ast.Attribute):
            return False
        key = getattr(node, "slice", None) if isinstance(node, ast.Subscript) else None
        if isinstance(key, ast.Constant) and key.value not in (0, 1, -1):
            return False
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            return len(node.targets[0].elts) == 2
    return True


def names_of_parts(tree: ast.AST, loaders: Collection[str]) -> tuple[str, str] | None:
    """The names under which a loop asks its batches for samples and for labels.

    None where they are no dictionaries of these two.
    """
    keys: set[str] = set()
    for loop in ast.walk(tree):
        target = _target(loop, loaders) if isinstance(loop, ast.For) else None
        for node in ast.walk(tree) if isinstance(target, ast.Name) else ():
            if isinstance(node, ast.Subscript) and is_name(node.value, (target.id,)):  # type: ignore[union-attr]
                key = node.slice
                if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                    return None
                keys.add(key.value)
    samples = [key for key in keys if SAMPLES.fullmatch(key.lower())]
    labels = [key for key in keys if LABELS.fullmatch(key.lower())]
    if len(keys) == 2 and len(samples) == len(labels) == 1:
        return samples[0], labels[0]
    return None


def has_numbers_for_labels(tree: ast.AST) -> bool:
    """Whether the loss of a loop takes labels as floating numbers, or in a column."""
    made = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and NUMBERS.search(ast.unparse(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) == 2 and is_name_of_loss(node.func):
            labels = node.args[1]
            if is_name(labels, made) or NUMBERS.search(ast.unparse(labels)):
                return True
    return False


def is_name_of_loss(node: ast.expr) -> bool:
    """Whether a function is called as losses are."""
    name = str(getattr(node, "attr", "") or getattr(node, "id", ""))
    return bool(re.search(r"crit|loss|cost|objective", name.lower()))


def losses_of(function: Any) -> str:
    """The names of losses in a function's text, and of those that it takes from its module."""
    unwrapped = inspect.unwrap(function)
    names = getattr(getattr(unwrapped, "__code__", None), "co_names", ())
    held = (getattr(unwrapped, "__globals__", {}).get(name) for name in names)
    return " ".join([parsed(function)[0], *(type(value).__name__ for value in held)])


def other_loss(function: Any) -> str:
    """The loss of a loop that has none of class ids, or ""."""
    text = losses_of(function)
    found = OTHER_LOSS.search(text)
    return found[0] if found and not OF_CLASSES.search(text) else ""


def other_scores(function: Any) -> str:
    """What a loop computes of scores that are none of classes, or "": no argmax decides."""
    source = parsed(function)[0]
    found = OTHER_SCORES.search(source)
    decides = re.search(r"argmax|\.max\(|topk|softmax", source)
    return found[0] if found and not decides else ""


def not_of_classes(function: Any) -> str:
    """Why a loop is for other labels or scores than those of classes, in words; "" where not."""
    if loss := other_loss(function):
        return f"its loss {loss} is none of class ids"
    if has_numbers_for_labels(parsed(function)[1]):
        return "its loss takes labels as numbers, which are no class ids"
    if measure := other_scores(function):
        return f"it takes {measure} of its scores, which is for others than those of classes"
    return ""


def takes_logarithms(function: Any) -> bool:
    """Whether a loop's own loss is of the logarithms of probabilities, which its model gives."""
    text = losses_of(function)
    return bool(OF_LOGARITHMS.search(text)) and not LOGITS.search(text)
