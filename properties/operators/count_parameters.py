"""count_parameters: strategy over models, oracle, laws and mistakes."""

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
    return {**draw_tensors(draw, domain), "trainable": draw(domain.boolean("trainable"))}


def inputs(at: Attributes, values: Values) -> Arrays:
    return {}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    kinds = ("trainable",) if at["trainable"] else ("trainable", "frozen")
    return {"out": torch.tensor(sum(tensor.numel() for tensor in made(at, kinds)))}


def names(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out", run(inputs, tensors=renamed(case.attributes))["out"], run(inputs)["out"]


def one_more(run: Any, case: Case, inputs: Arrays) -> Pairs:
    tensors = case.attributes["tensors"]
    more = (*tensors, ("another.weight", "trainable", (7, 3), "float32", len(tensors)))
    yield "out", run(inputs, tensors=more)["out"], np.asarray(run(inputs)["out"] + 21)


def thawed(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """With nothing frozen, the trainable parameters are all."""
    free = tuple(
        (path, "trainable" if kind == "frozen" else kind, *rest)
        for path, kind, *rest in case.attributes["tensors"]
    )
    counts = [run(inputs, tensors=free, trainable=flag)["out"] for flag in (True, False)]
    yield "out", *counts


ONCE = "if of != place:"
SKIPPED = 'if kind == "buffer" or (trainable and kind == "frozen"):'
SIZES = "size *= n"
START = "size = 1"
ADDED = "count += size"
RESULT = "return np.asarray(count)"

MISTAKES = (
    edit("tensors counted, not numbers", "a weight matrix counts as one", ADDED, "count += 1"),
    edit("buffers counted", "running statistics count as parameters", SKIPPED,
         SKIPPED.replace('kind == "buffer" or ', "")),
    edit("shared parameters counted twice", "one under two names counts for each", ONCE,
         "if False:"),
    edit("shared parameters left out", "a parameter that has another name does not count", ONCE,
         "if of != place or sum(t[4] == place for t in tensors) > 1:"),
    edit("frozen parameters counted", "`requires_grad` is not asked for", SKIPPED,
         SKIPPED.replace("trainable and", "False and")),
    edit("frozen parameters left out", "they do not count even where all are asked for", SKIPPED,
         SKIPPED.replace("trainable and", "True and")),
    edit("trainable and frozen exchanged", "those that are frozen count", SKIPPED,
         SKIPPED.replace('"frozen")', '"trainable")')),
    edit("first axis alone", "`len(p)` is counted", ADDED,
         "count += shape[0] if len(shape) else 1"),
    edit("sizes added up", "the sizes of the axes are added, not multiplied", SIZES,
         "size = size + n if size != 1 or n == 1 else n"),
    edit("dimensions counted", "`p.ndim` is counted", ADDED, "count += len(shape)"),
    edit("single numbers not counted", "a tensor without axes counts for nothing", ADDED,
         "count += size if len(shape) else 0"),
    edit("weights alone", "only what is called weight counts", SKIPPED,
         SKIPPED.replace("if kind", 'if not path.endswith("weight") or kind'),
         "for place, (_, kind", "for place, (path, kind"),
    edit("matrices alone", "biases and scales do not count", ADDED,
         "count += size if len(shape) > 1 else 0"),
    edit("children's parameters alone", "what the model itself holds does not count", SKIPPED,
         SKIPPED.replace("if kind", 'if "." not in path or kind'),
         "for place, (_, kind", "for place, (path, kind"),
    edit("nested layers counted twice", "every module counts all below it",
         ADDED, "count += size * max(path.count('.'), 1)",
         "for place, (_, kind", "for place, (path, kind"),
    edit("nested layers left out", "only the layers of the model itself are looked at", SKIPPED,
         SKIPPED.replace("if kind", 'if path.count(".") > 1 or kind'),
         "for place, (_, kind", "for place, (path, kind"),
    edit("bytes", "four bytes a number are counted", ADDED, "count += 4 * size"),
    edit("thousands", "the count is divided by 1000", RESULT, "return np.asarray(count / 1000)"),
    edit("last tensor left out", "the list is read up to the last but one",
         "in enumerate(check_tensors(tensors)):", "in enumerate(check_tensors(tensors)[:-1]):"),
)  # fmt: skip

CORNERS: Corners = {**TENSOR_CORNERS, **each("trainable", (False, True))}

operator = Operator(
    name="count_parameters",
    source="torch.Tensor.numel",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers",),
    laws=(
        Law("names", "other names change nothing", names),
        Law("one more", "a parameter of (7, 3) more is 21 more", one_more),
        Law("nothing frozen", "where nothing is frozen, all are trainable", thawed),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
