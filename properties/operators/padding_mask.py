"""padding_mask: strategy over lengths and the mask's width, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._corners import each
from properties.values import Values

ROOMS = (None, 0, 1, 3, -1)
MARKS = ("valid", "padding")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    length = domain.integer("length", 0, 5)
    lengths = tuple(draw(length) for _ in range(draw(domain.integer("batch", 1, 4))))
    room = draw(domain.choice("room", ROOMS))  # steps more than the longest sequence has
    return {
        "lengths": lengths,
        "room": room,
        "max_length": None if room is None else max(max(lengths) + room, 0),
        "marks": draw(domain.choice("marks", MARKS)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"lengths": np.array(at["lengths"], np.int64)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    lengths, max_length = tensors["lengths"], at["max_length"]
    T = int(lengths.max()) if max_length is None else max_length
    valid = torch.arange(T) < lengths[:, None]
    return {"mask": valid if at["marks"] == "valid" else ~valid}


def counts_steps(run: Any, case: Case, inputs: Arrays) -> Pairs:
    mask = run(inputs)["mask"] * 1.0
    valid = np.minimum(inputs["lengths"], mask.shape[1]) * 1.0
    padding = mask.shape[1] - valid
    marked = valid if case.attributes["marks"] == "valid" else padding
    yield "the number of steps marked", mask.sum(axis=1), marked


def row_order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = run({"lengths": inputs["lengths"][::-1].copy()})["mask"]
    yield "mask", turned, run(inputs)["mask"][::-1]


CHECKED = "T = check_padding_mask(lengths, max_length, marks)"
MASK = "mask = np.zeros((len(lengths), T), bool)"
VALID = "valid = t < lengths[n]"
MARK = 'mask[n, t] = valid if marks == "valid" else not valid'

MISTAKES = (
    edit(
        "one step too many",
        "the step after a sequence's end is valid",
        VALID,
        "valid = t <= lengths[n]",
    ),
    edit(
        "last step left out",
        "steps are counted from one, so the last of a sequence is taken for padding",
        VALID,
        "valid = t + 1 < lengths[n]",
    ),
    edit("inverted", "padding and valid steps are exchanged", VALID, "valid = t >= lengths[n]"),
    edit(
        "marks ignored", "valid steps are marked, whatever is asked for", MARK, "mask[n, t] = valid"
    ),
    edit(
        "marks ignored, padding always",
        "the padding is marked, whatever is asked for",
        MARK,
        "mask[n, t] = not valid",
    ),
    edit("transposed", "the mask is (T, N)", "return mask", "return mask.T.copy()"),
    edit(
        "padding in front",
        "sequences end at the last step instead of beginning at the first",
        VALID,
        "valid = t >= T - lengths[n]",
    ),
    edit(
        "lengths of the wrong sequences",
        "sequences take the lengths as sorted, longest first",
        CHECKED,
        CHECKED + "\n    lengths = np.sort(lengths)[::-1]",
    ),
    edit(
        "first length for every sequence",
        "all sequences are as long as the first",
        VALID,
        "valid = t < lengths[0]",
    ),
    edit(
        "longest length for every sequence",
        "all sequences are as long as the longest",
        VALID,
        "valid = t < max(lengths)",
    ),
    edit(
        "only the last step marked valid",
        "the mask picks the last step of each sequence",
        VALID,
        "valid = t == lengths[n] - 1",
    ),
    edit(
        "empty sequences have one step",
        "a length of 0 is taken for 1",
        VALID,
        "valid = t < max(lengths[n], 1)",
    ),
    edit(
        "max_length ignored",
        "the mask is always as wide as the longest sequence",
        CHECKED,
        "T = check_padding_mask(lengths, None, marks)",
    ),
    edit(
        "max_length only a lower bound",
        "sequences longer than max_length widen the mask",
        CHECKED,
        CHECKED + "\n    T = max(T, *lengths)",
    ),
    edit(
        "one column too many",
        "the mask has room for a step after the longest sequence",
        CHECKED,
        CHECKED + " + 1",
    ),
    edit(
        "as wide as the first sequence",
        "without max_length the first sequence is taken for the longest",
        CHECKED,
        CHECKED + "\n    T = int(lengths[0]) if max_length is None else T",
    ),
    edit(
        "lengths changed in place",
        "the caller's lengths are cut off at max_length",
        MASK,
        MASK + "\n    lengths[...] = np.minimum(lengths, T)",
    ),
    edit(
        "extra axis",
        "the mask is (N, 1, T), as attention over heads would take it",
        "return mask",
        "return mask[:, None]",
    ),
)

CORNERS: Corners = {
    "one sequence": lambda case: len(case.attributes["lengths"]) == 1,
    "an empty sequence": lambda case: 0 in case.attributes["lengths"],
    "nothing but empty sequences": lambda case: max(case.attributes["lengths"]) == 0,
    "the longest comes last": lambda case: (
        case.attributes["lengths"][0] < case.attributes["lengths"][-1]
    ),
    "cut off": lambda case: case.attributes["room"] == -1 and max(case.attributes["lengths"]) > 0,
    **each("room", ROOMS),
    **each("marks", MARKS),
}

operator = Operator(
    name="padding_mask",
    source="torch.arange",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("mask",),
    regimes=("integers",),
    laws=(
        Law("count", "as many steps are marked as the lengths say", counts_steps),
        Law("row order", "lengths in another order give rows in that order", row_order),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "captions",
            {
                "lengths": tuple(1 + (37 * n) % 17 for n in range(1000)),
                "room": None,
                "max_length": None,
                "marks": "valid",
            },
        ),
    ),
)
