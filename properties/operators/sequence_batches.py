"""sequence_batches: strategy over rows, windows and leftovers, oracle, laws and mistakes."""

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

LASTS = ("row", "next", "window", "zero")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """As many ids as fill some batches, and some that are left over."""
    batch = draw(domain.choice("batch", (2, 3, 1)))
    length = draw(domain.choice("length", (3, 2, 4, 1)))
    count = draw(domain.choice("batches", (2, 1, 3)))
    over = draw(domain.choice("left", ("none", "one", "row", "most")))
    window = batch * length
    left = min({"none": 0, "one": 1, "row": length, "most": window - 1}[over], window - 1)
    return {
        "batch": batch,
        "length": length,
        "count": count * window + left,
        "last": draw(domain.choice("last", LASTS)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"ids": 1 + values.ids("ids", (at["count"],), 9)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    B, T = at["batch"], at["length"]
    K = at["count"] // (B * T)
    rows = tensors["ids"].narrow(0, 0, K * B * T).view(B, K * T)
    others = {"zero": torch.zeros_like(rows[:, :1]), "next": rows[:, :1].roll(-1, dims=0)}
    behind = others.get(at["last"], rows[:, :1])
    targets = torch.cat([rows[:, 1:], behind], dim=1)
    inputs, targets = (torch.stack(a.split(T, dim=1)) for a in (rows, targets))
    if at["last"] == "window":
        targets = torch.cat([targets[..., :-1], inputs[..., :1]], dim=2)
    return {"inputs": inputs, "targets": targets}


def rows_are_the_ids(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = run(inputs)["inputs"]
    row = found.swapaxes(0, 1).reshape(-1)
    yield "the rows one after the other", row, inputs["ids"][: row.size]


def shifted(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = run(inputs)
    yield "targets before the last", found["targets"][..., :-1], found["inputs"][..., 1:]
    if case.attributes["last"] != "window":
        ahead, behind = found["inputs"][1:, :, 0], found["targets"][:-1, :, -1]
        yield "the last targets of a batch", behind, ahead


def leftovers(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """What does not fill a batch does not matter."""
    at = case.attributes
    used = at["count"] - at["count"] % (at["batch"] * at["length"])
    whole, cut = run(inputs), run({"ids": inputs["ids"][:used].copy()}, count=used)
    for name in ("inputs", "targets"):
        yield name, whole[name], cut[name]


CHECK = "K = check_sequence_batches(ids, batch, length, last)"
WIDTH = "width = K * length"
PLACE = "row, column = b * width, k * length + t"
INPUT = "inputs[k, b, t] = ids[row + column]"
WINDOWED = 'if last == "window" and t == length - 1:'
NEXT = "targets[k, b, t] = ids[row + column + 1]"
BEHIND = 'targets[k, b, t] = ids[row] if last == "row" else 0'
RESULT = "return inputs, targets"

MISTAKES = (
    edit(
        "targets not shifted",
        "targets are the inputs",
        NEXT,
        "targets[k, b, t] = ids[row + column]",
    ),
    edit(
        "targets shifted by two",
        "a target is the id after the next",
        NEXT,
        "targets[k, b, t] = ids[row + min(column + 2, width - 1)]",
    ),
    edit(
        "targets wrapped in every window",
        "the last target of a window is its first input, not the next id",
        WINDOWED,
        "if t == length - 1:",
    ),
    edit(
        "last target of every window zero",
        "the id behind a window is not looked at",
        NEXT,
        "targets[k, b, t] = ids[row + column + 1] if t < length - 1 else 0",
    ),
    edit(
        "last target of every window repeated",
        "it is the window's last input",
        NEXT,
        "targets[k, b, t] = ids[row + column + (t < length - 1)]",
    ),
    edit(
        "behind the row the next row",
        "the last target is the first id of the row below",
        BEHIND,
        "targets[k, b, t] = ids[(row + width) % (K * batch * length)]",
    ),
    edit(
        "behind every row the first id of all",
        "it is the first id of the sequence",
        BEHIND,
        "targets[k, b, t] = ids[0] if last == 'row' else 0",
    ),
    edit(
        "behind the row the window",
        "the last window wraps around in itself",
        BEHIND,
        "targets[k, b, t] = ids[row + k * length] if last == 'row' else 0",
    ),
    edit(
        "behind the row zero",
        "the last target is zero also where the row's first id is due",
        BEHIND,
        "targets[k, b, t] = 0",
    ),
    edit(
        "rows and windows exchanged",
        "each window of a row follows the one above it",
        PLACE,
        "row, column = (k * batch + b) * length, t",
        NEXT,
        "targets[k, b, t] = ids[min(row + column + 1, len(ids) - 1)]",
    ),
    edit(
        "sequence laid out in columns",
        "ids that follow each other stand in one column",
        INPUT,
        "inputs[k, b, t] = ids[column * batch + b]",
    ),
    edit(
        "leftover ids spread over the rows",
        "rows are as long as all ids allow",
        WIDTH,
        f"{WIDTH}\n    wide = len(ids) // batch",
        PLACE,
        "row, column = b * wide, k * length + t",
    ),
    edit(
        "leftover ids in front",
        "the first ids are left out, not the last",
        CHECK,
        f"{CHECK}\n    ids = ids[len(ids) - K * batch * length :]",
    ),
    edit(
        "last batch left out",
        "the number of batches is one short",
        CHECK,
        f"{CHECK}\n    K = max(K - 1, 1)",
    ),
    edit(
        "last batch left out for its targets",
        "a batch more is needed where nothing is left over",
        RESULT,
        "full = K - (len(ids) == K * batch * length and K > 1)\n"
        "    return inputs[:full], targets[:full]",
    ),
    edit(
        "windows overlap",
        "a window begins one id after the one before",
        PLACE,
        "row, column = b * width, k + t",
    ),
    edit(
        "axes of rows and batches exchanged",
        "the output is (batch, K, length)",
        RESULT,
        "return inputs.swapaxes(0, 1).copy(), targets.swapaxes(0, 1).copy()",
    ),
    edit("inputs and targets exchanged", "targets come first", RESULT, "return targets, inputs"),
    edit(
        "batches in reverse",
        "the last batch comes first",
        RESULT,
        "return inputs[::-1].copy(), targets[::-1].copy()",
    ),
    edit(
        "ids changed in place",
        "the caller's ids are rolled where they stand",
        RESULT,
        f"ids[:] = np.roll(ids, -1)\n    {RESULT}",
    ),
)

CORNERS: Corners = {
    **each("last", LASTS),
    "nothing left over": lambda case: _left(case) == 0,
    "a row left over": lambda case: _left(case) >= case.attributes["length"],
    "one row": lambda case: case.attributes["batch"] == 1,
    "one batch": lambda case: (
        case.attributes["count"] < 2 * case.attributes["batch"] * case.attributes["length"]
    ),
    "one id": lambda case: case.attributes["length"] == 1,
}


def _left(case: Case) -> int:
    return int(case.attributes["count"] % (case.attributes["batch"] * case.attributes["length"]))


operator = Operator(
    name="sequence_batches",
    source="torch.Tensor.view",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("inputs", "targets"),
    regimes=("integers",),
    laws=(
        Law("rows", "a row of all batches is a piece of the sequence", rows_are_the_ids),
        Law("shift", "every target is the next input, over the end of a batch too", shifted),
        Law("leftovers", "ids that fill no batch change nothing", leftovers),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
