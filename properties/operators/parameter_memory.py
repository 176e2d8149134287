"""parameter_memory: strategy over models and dtypes, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.operators._tensors import TENSOR_CORNERS, draw_tensors, made, renamed
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {**draw_tensors(draw, domain), "buffers": draw(domain.boolean("buffers"))}


def inputs(at: Attributes, values: Values) -> Arrays:
    return {}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    kinds = ("trainable", "frozen", *(["buffer"] if at["buffers"] else []))
    return {"out": torch.tensor(sum(t.nelement() * t.element_size() for t in made(at, kinds)))}


def names(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run(inputs, tensors=renamed(case.attributes))["out"], run(inputs)["out"]


def thawed(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Frozen parameters take as much as others."""
    free = tuple(
        (path, "trainable" if kind == "frozen" else kind, *rest)
        for path, kind, *rest in case.attributes["tensors"]
    )
    yield "out", run(inputs, tensors=free)["out"], run(inputs)["out"]


def one_more(run: Any, case: Case, inputs: Arrays) -> Pairs:
    tensors = case.attributes["tensors"]
    sizes = {"float32": 4, "float64": 8, "float16": 2}
    there = {tensor[3] for tensor in tensors if tensor[1] != "buffer"} or {"float32"}
    for dtype, size in ((name, sizes[name]) for name in sorted(there)):
        more = (*tensors, ("another.weight", "trainable", (7, 3), dtype, len(tensors)))
        wanted = np.asarray(run(inputs)["out"] + 21 * size)
        yield f"out with (7, 3) of {dtype}", run(inputs, tensors=more)["out"], wanted


ONCE = "if of != place:"
SKIPPED = 'if kind == "buffer" and not buffers:'
SIZES = "size *= n"
ADDED = "total += size * BYTES[dtype]"
RESULT = "return np.asarray(total)"


def added(name: str, why: str, bytes_each: str) -> Any:
    return edit(name, why, ADDED, ADDED.replace("BYTES[dtype]", bytes_each))


MISTAKES = (
    added("four bytes for every number", "the dtype is not looked at", "4"),
    added("eight bytes for every number", "the dtype is not looked at", "8"),
    added("bits", "bits are counted, not bytes", "BYTES[dtype] * 8"),
    added("bytes of the first tensor", "its dtype is taken for that of all",
          "BYTES[tensors[0][3]]"),
    edit("numbers, not bytes", "elements are counted", ADDED, "total += size"),
    edit("tensors, not their numbers", "each tensor counts as one number", ADDED,
         "total += BYTES[dtype]"),
    edit("buffers always counted", "they count where only parameters are asked for", SKIPPED,
         "if False:"),
    edit("buffers never counted", "they do not count where they are asked for", SKIPPED,
         'if kind == "buffer":'),
    edit("buffers alone", "parameters are forgotten where buffers are asked for", SKIPPED,
         'if (kind == "buffer") != buffers:'),
    edit("whole-number buffers left out", "counts of batches do not count", SKIPPED,
         'if kind == "buffer" and not (buffers and dtype != "int64"):'),
    edit("frozen parameters left out", "only trainable ones are counted", SKIPPED,
         'if kind == "frozen" or (kind == "buffer" and not buffers):'),
    edit("gradients as well", "trainable parameters count twice, for their gradients",
         ADDED, ADDED.replace("size *", "(2 if kind == 'trainable' else 1) * size *")),
    edit("shared parameters counted twice", "one under two names counts for each", ONCE,
         "if False:"),
    edit("shared parameters left out", "a parameter that has another name does not count", ONCE,
         "if of != place or sum(t[4] == place for t in tensors) > 1:"),
    edit("first axis alone", "`len(p)` is counted", ADDED,
         ADDED.replace("size *", "(shape[0] if len(shape) else 1) *")),
    edit("single numbers not counted", "a tensor without axes takes nothing", ADDED,
         ADDED.replace("size *", "(size if len(shape) else 0) *")),
    edit("kilobytes", "the sum is divided by 1024", RESULT, "return np.asarray(total / 1024)"),
    edit("last tensor left out", "the list is read up to the last but one",
         "in enumerate(check_tensors(tensors)):", "in enumerate(check_tensors(tensors)[:-1]):"),
)  # fmt: skip

CORNERS: Corners = {**TENSOR_CORNERS, **each("buffers", (False, True))}

operator = Operator(
    name="parameter_memory",
    source="torch.Tensor.element_size",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers",),
    laws=(
        Law("names", "other names change nothing", names),
        Law("one more", "a parameter more takes its own bytes", one_more),
        Law("frozen", "frozen parameters take as much as others", thawed),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
