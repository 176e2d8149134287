"""What a loop asks of its author's own model or data, found by letting it try once.

A loop that asks our model for what no module of torch has (`model.encoder`, `model.init_hidden()`)
is not at fault: it was written for another. It is told from a slip of the pen (`model.trian()`),
which is one letter off a name that is there and that its author's own file does not define.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import traceback
from collections.abc import Callable
from typing import Any

from candidates.conventions._probing import asked
from candidates.conventions._tensors import warm_up
from candidates.conventions._torch_batches import MORE_HANDED, NO_PAIRS
from candidates.conventions._torch_settings import Settings

MORE_GIVEN = "its author's own model gives more than scores"
SHORTEST = 4
"""Shorter names than that are close to others by chance."""

KNOWN = ("module", "logits")
"""What wrappers and models of others have, close as it is to `modules` and `logit`."""


PARTS = ("items", "keys", "get", "update", "boxes", "masks", "tensors", "decompose")
"""What labels have that are no class ids, close as `items` is to `item`."""


def foreign(train: Callable[[], object], function: Any) -> str:
    """What a loop asks for that only its author has, in words; "" for nothing.

    train: runs it once, on a model and batches of ours.
    """
    warm_up()
    return asked(lambda: _asked_for(train, _file_of(function))) or ""


def _asked_for(train: Callable[[], object], text: str) -> str:
    from torch.nn.modules.module import register_module_forward_hook

    given: list[Any] = []  # what modules gave, alive so that no other has its identity
    register_module_forward_hook(lambda module, handed, output: given.append(output))
    try:
        train()
    except AttributeError as error:
        return _of_another(error, text, given) if _is_own(error) else ""
    except (TypeError, ValueError, IndexError) as error:
        if re.match(r"Sequential\.forward\(\) (takes|got)", str(error)):
            return MORE_HANDED
        return MORE_GIVEN if _is_own(error) and _takes_apart(error, given) else ""
    return ""


def _takes_apart(error: BaseException, given: list[Any]) -> bool:
    """Whether the line that fails unpacks what the model gave, or asks it for a part by name."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return False
    names = {**frame.tb_frame.f_globals, **frame.tb_frame.f_locals}
    lines = linecache.getlines(frame.tb_frame.f_code.co_filename)
    for node in ast.walk(ast.parse("".join(lines))):
        if getattr(node, "lineno", None) == frame.tb_lineno and _is_parting(node):
            value = node.value  # type: ignore[attr-defined]
            called = value.func if isinstance(value, ast.Call) else value
            held = names.get(called.id) if isinstance(called, ast.Name) else None
            if called is value and any(held is output for output in given):
                return True
            if called is not value and callable(getattr(held, "forward", None)):
                return True
    return False


def _is_parting(node: ast.AST) -> bool:
    """Whether it takes its value apart: `a, b = value`, or `value["a"]`."""
    if isinstance(node, ast.Assign):
        return any(isinstance(target, (ast.Tuple, ast.List)) for target in node.targets)
    key = node.slice if isinstance(node, ast.Subscript) else None
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def _file_of(function: Any) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return "".join(linecache.getlines(code.co_filename)) if code else ""


def _is_own(error: BaseException) -> bool:
    """Whether the author's own line asks, and not one of torch's that was handed a wrong thing."""
    frames = traceback.extract_tb(error.__traceback__)
    asking = [f for f in frames if f.name not in ("__getattr__", "__getattribute__")]
    return bool(asking) and "site-packages" not in asking[-1].filename


def _of_another(error: AttributeError, text: str, given: list[Any]) -> str:
    """Whose the attribute is that is not there, in words; "" where it is a mistake."""
    import torch
    from torch.utils.data import DataLoader, Dataset

    held, name = error.obj, error.name or ""
    if isinstance(held, Settings):
        return f"what the setting {name} should be cannot be told"
    if type(held).__module__.partition(".")[0] not in ("torch", "builtins"):
        return ""
    if isinstance(held, torch.Tensor) and not held.is_floating_point() and name in PARTS:
        return NO_PAIRS
    if _is_slip(name, held) and not re.search(rf"self\.{name}\s*[:=,]|def {name}\(", text):
        return ""
    if isinstance(held, torch.nn.Module):
        return f"it takes {name} of its author's own model"
    if isinstance(held, (DataLoader, Dataset)):
        return f"it takes {name} of its author's own data"
    if any(held is output for output in given):
        return MORE_GIVEN
    return NO_PAIRS if type(held) in (list, tuple, dict) else ""


def _is_slip(name: str, held: Any) -> bool:
    """Whether a name is one letter off one that is there."""
    there = [n for n in dir(held) if len(n) >= SHORTEST]
    return name not in KNOWN and any(_is_one_off(name, n) for n in there)


def _is_one_off(name: str, other: str) -> bool:
    """Whether one letter is another, is missing or too many, or two stand the wrong way round."""
    if abs(len(name) - len(other)) == 1:
        longer, shorter = sorted((name, other), key=len, reverse=True)
        return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
    off = [i for i, (a, b) in enumerate(zip(name, other, strict=False)) if a != b]
    if len(name) != len(other) or len(off) > 2:
        return False
    i, k = off[0], off[-1]
    return i == k or (k == i + 1 and name[i] + name[k] == other[k] + other[i])
