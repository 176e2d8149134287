"""shifted_targets: strategy over places and lengths, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.values import Values

ENDS = ("inside", "exact", "short")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """A window inside the ids, one that takes the last of them, or one that has not enough."""
    length = draw(domain.choice("length", (2, 3, 1, 4)))
    start = draw(domain.choice("start", (0, 1, 2, 4)))
    end = draw(domain.choice("end", ENDS if length > 1 else ENDS[:2]))
    spare = {"inside": 1, "exact": 0, "short": -1}[end]
    if end == "short" and length > 2:
        spare -= draw(domain.choice("missing", (0, 1)))
    columns = draw(domain.choice("columns", (0, 2, 3, 1)))  # 0: one sequence, no axis for several
    return {
        "shape": (start + length + 1 + spare, *([columns] if columns else [])),
        "start": start,
        "length": length,
        "end": end,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"ids": values.ids("ids", at["shape"], 9)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    ids, start = tensors["ids"], at["start"]
    places = torch.arange(start, min(start + at["length"], len(ids) - 1))
    return {"inputs": ids[places], "targets": ids[places + 1]}


def one_ahead(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = run(inputs)
    yield "targets before the last", found["targets"][:-1], found["inputs"][1:]


def next_window(run: Any, case: Case, inputs: Arrays) -> Pairs:
    now = run(inputs)
    later = run(inputs, start=case.attributes["start"] + case.attributes["length"])
    yield "the first input of the window after", later["inputs"][0], now["targets"][-1]


def renamed(run: Any, case: Case, inputs: Arrays) -> Pairs:
    now, other = run(inputs), run({"ids": inputs["ids"] + 5})
    for name in ("inputs", "targets"):
        yield name, other[name], now[name] + 5


CHECK = "n = check_shifted_targets(ids, start, length)"
INPUT = "inputs[t] = ids[start + t]"
TARGET = "targets[t] = ids[start + t + 1]"
RESULT = "return inputs, targets"

MISTAKES = (
    edit("targets not shifted", "targets are the inputs", TARGET, "targets[t] = ids[start + t]"),
    edit(
        "targets shifted by two",
        "a target is the id after the next",
        TARGET,
        "targets[t] = ids[min(start + t + 2, len(ids) - 1)]",
    ),
    edit(
        "targets shifted back",
        "a target is the id before",
        TARGET,
        "targets[t] = ids[start + t - 1]",
    ),
    edit(
        "targets wrapped in the window",
        "the last target is the first input of the window",
        TARGET,
        "targets[t] = ids[start + (t + 1) % n]",
    ),
    edit(
        "last target zero",
        "the target behind the window is padding",
        RESULT,
        f"targets[-1] = 0\n    {RESULT}",
    ),
    edit(
        "last target repeated",
        "the last target is the last input",
        TARGET,
        "targets[t] = ids[start + min(t + 1, n - 1)]",
    ),
    edit("inputs and targets exchanged", "targets come first", RESULT, "return targets, inputs"),
    edit(
        "window starts at the beginning",
        "start is ignored",
        CHECK,
        f"{CHECK}\n    start = 0",
    ),
    edit(
        "window starts one late",
        "the first id of the window is left out",
        CHECK,
        f"{CHECK}\n    start += start + n + 1 < len(ids)",
    ),
    edit(
        "start counted in windows",
        "start is multiplied by the length",
        CHECK,
        f"{CHECK}\n    start = min(start * length, len(ids) - 1 - n)",
    ),
    edit(
        "short window padded",
        "what is left at the end is filled up with zeros",
        RESULT,
        "rest = np.zeros((length - n, *ids.shape[1:]), ids.dtype)\n"
        "    return np.concatenate([inputs, rest]), np.concatenate([targets, rest])",
    ),
    edit(
        "short window wrapped",
        "what is left at the end is filled up from the beginning",
        RESULT,
        "n = length\n    inputs = np.take(ids, range(start, start + n), axis=0, mode='wrap')\n"
        "    targets = np.take(ids, range(start + 1, start + n + 1), axis=0, mode='wrap')\n"
        f"    {RESULT}",
    ),
    edit(
        "short window moved back",
        "the last window has its full length and overlaps the one before",
        CHECK,
        f"{CHECK}\n    if n < length < len(ids):\n        n, start = length, len(ids) - 1 - length",
    ),
    edit(
        "short window's inputs one longer",
        "the last id is an input too, without a target",
        RESULT,
        "return ids[start : start + length].copy(), targets",
    ),
    edit(
        "last window without its last target",
        "the window ends one early where the ids do",
        CHECK,
        f"{CHECK}\n    n -= n > 1 and start + n + 1 == len(ids)",
    ),
    edit(
        "length counted with the target",
        "inputs and targets are one shorter",
        CHECK,
        f"{CHECK}\n    n -= n > 1",
    ),
    edit(
        "time and columns exchanged",
        "the output is (columns, n)",
        RESULT,
        "return inputs.T.copy(), targets.T.copy()",
    ),
    edit(
        "targets flattened",
        "targets of several sequences stand in one row",
        RESULT,
        "return inputs, targets.reshape(-1)",
    ),
    edit(
        "last target alone",
        "only the id behind the window is a target",
        RESULT,
        "return inputs, targets[-1:]",
    ),
    edit(
        "inputs changed in place",
        "the caller's ids are overwritten by the targets",
        RESULT,
        f"ids[start : start + n] = targets\n    {RESULT}",
    ),
)

CORNERS: Corners = {
    **each("end", ENDS),
    **each("start", (0, 1)),
    "one id": lambda case: case.attributes["length"] == 1,
    "several sequences": lambda case: len(case.attributes["shape"]) == 2,
}

operator = Operator(
    name="shifted_targets",
    source="torch.Tensor.index_select",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("inputs", "targets"),
    regimes=("integers",),
    laws=(
        Law("shift", "every target but the last is the next input", one_ahead),
        Law(
            "windows",
            "the last target is the first input of the window after",
            next_window,
            applies=lambda case: case.attributes["end"] == "inside",
        ),
        Law("renaming", "ids renamed are renamed in inputs and targets", renamed),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
