"""top_k: strategy over shapes, axes and k, oracle, laws and mistakes."""

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


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    k = draw(domain.choice("k", (2, 1, 3, 5, 0)))
    axis = draw(domain.choice("axis", (-1, 0, 1, -2, 2, -3)))
    fewest = axis + 1 if axis >= 0 else -axis
    ndim = draw(domain.choice("ndim", tuple(n for n in (2, 3, 1) if n >= fewest)))
    shape = [draw(domain.choice("size", (2, 3, 1, 0))) for _ in range(ndim)]
    shape[axis] = max(k + draw(domain.integer("others", 0, 4)), 1)
    return {
        "shape": tuple(shape),
        "k": k,
        "axis": axis,
        "largest": draw(domain.choice("largest", (True, False))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    x = values.spaced("x", at["shape"])
    if values.regime == "normal":
        x = x + values.rng("between").uniform(0, 1 / 16, x.shape)  # half of the space between two
    return {"x": x}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch import topk

    values, indices = topk(tensors["x"], at["k"], dim=at["axis"], largest=at["largest"])
    return {"values": values, "indices": indices}


def read_at_indices(run: Any, case: Case, inputs: Arrays) -> Pairs:
    outputs = run(inputs)
    read = np.take_along_axis(inputs["x"], outputs["indices"], axis=case.attributes["axis"])
    yield "values", outputs["values"], read


def increasing(run: Any, case: Case, inputs: Arrays) -> Pairs:
    moved, outputs = run(inputs | {"x": 2 * inputs["x"] + 3}), run(inputs)
    yield "values", moved["values"], 2 * outputs["values"] + 3
    yield "indices", moved["indices"], outputs["indices"]


def turned_around(run: Any, case: Case, inputs: Arrays) -> Pairs:
    axis = case.attributes["axis"]
    turned = run(inputs | {"x": np.flip(inputs["x"], axis).copy()})
    outputs, n = run(inputs), inputs["x"].shape[axis]
    yield "values", turned["values"], outputs["values"]
    yield "indices", turned["indices"], np.asarray(n - 1 - outputs["indices"])


def conserved(run: Any, case: Case, inputs: Arrays) -> Pairs:
    axis = case.attributes["axis"]
    dvalues = Values("normal", case.seed, 1).array("dvalues", run(inputs)["values"].shape)
    dx = run.gradients(inputs, {"values": dvalues})["x"]
    yield "dx summed over the axis", dx.sum(axis=axis), dvalues.sum(axis=axis)


ROWS = "rows = np.moveaxis(x, axis, -1)"
ORDER = "order = np.argsort(rows[i].real)"
LARGEST = "if largest:"
TURNED = "            order = order[::-1]\n"
INDEX = "indices[i][j] = order[j]"
VALUE = "values[i][j] = rows[i][order[j]]"
KEPT = "kept = indices.copy(), axis, x.shape, x.dtype"
ADD = "drows[i][indices[i][j]] += dvalues[i][j]"

MISTAKES = (
    edit(
        "ascending order",
        "the k largest come smallest first, as they stand at the end of a sorted row",
        TURNED,
        f"{TURNED}        order[:k] = order[:k][::-1].copy()\n",
    ),
    edit(
        "unsorted",
        "the k elements come in the order in which they stand in x",
        TURNED,
        f"{TURNED}        order[:k] = np.sort(order[:k])\n",
    ),
    edit(
        "smallest instead of largest",
        "the row is sorted upwards and its first k elements are taken",
        LARGEST,
        "if False:",
    ),
    edit(
        "largest ignored",
        "the k largest are taken whatever `largest` says",
        LARGEST,
        "if True:",
    ),
    edit(
        "smallest taken from the end",
        "the k smallest come largest first",
        TURNED,
        f"{TURNED}        else:\n            order[:k] = order[:k][::-1].copy()\n",
    ),
    edit(
        "largest by absolute value",
        "large negative elements count as large",
        ORDER,
        "order = np.argsort(abs(rows[i].real))",
    ),
    edit(
        "axis ignored",
        "elements are taken along the last axis whatever axis says",
        ROWS,
        "rows = x.reshape(np.moveaxis(x, axis, -1).shape)",
    ),
    edit(
        "k ignored",
        "the whole row comes back sorted",
        ROWS,
        f"{ROWS}\n    k = rows.shape[-1]",
    ),
    edit(
        "largest element left out",
        "the k elements after the largest are taken, where there are as many",
        TURNED,
        f"{TURNED}        order = np.roll(order, -1)\n",
    ),
    edit(
        "largest element k times",
        "all k values are the first one (an argmax)",
        INDEX,
        "indices[i][j] = order[0]",
        VALUE,
        "values[i][j] = rows[i][order[0]]",
    ),
    edit(
        "indices counted from the end",
        "indices are those of the row turned round",
        INDEX,
        "indices[i][j] = len(order) - 1 - order[j]",
    ),
    edit(
        "indices counted from 1",
        "every index is one too large",
        INDEX,
        "indices[i][j] = order[j] + 1",
        KEPT,
        "kept = indices - 1, axis, x.shape, x.dtype",
    ),
    edit(
        "ranks instead of indices",
        "indices hold the place of each element in the sorted row, not where it came from",
        INDEX,
        "indices[i][j] = np.argsort(order)[j]",
    ),
    edit(
        "indices of the flattened array",
        "indices count through all of x instead of along the axis",
        INDEX,
        "row = np.ravel_multi_index(i, rows.shape[:-1]) if i else 0\n"
        "            indices[i][j] = row * len(order) + order[j]",
        KEPT,
        "kept = indices % rows.shape[-1], axis, x.shape, x.dtype",
    ),
    edit(
        "indices of the first row for all",
        "every row is read where the first one has its largest elements",
        ORDER,
        "order = np.argsort(rows[(0,) * len(i)].real)",
    ),
    edit(
        "gradient to positions 0 to k - 1",
        "dvalues go to the first k elements of the row",
        ADD,
        "drows[i][j] += dvalues[i][j]",
    ),
    edit(
        "gradient in the order of x",
        "dvalues go to the right elements, but in the order in which these stand in x",
        ADD,
        "drows[i][np.sort(indices[i])[j]] += dvalues[i][j]",
    ),
    edit(
        "gradient of the largest element only",
        "the second and further values hand nothing on",
        ADD,
        f"{ADD} * (j == 0)",
    ),
    edit(
        "gradient is the mask alone",
        "dx is 1 at the k elements: dvalues are not multiplied in",
        ADD,
        "drows[i][indices[i][j]] += 1",
    ),
    edit(
        "gradient spread over the row",
        "every element of a row gets an equal part of each dvalue",
        ADD,
        "drows[i] += dvalues[i][j] / len(drows[i])",
    ),
    edit(
        "gradient along the last axis",
        "dx is filled along the last axis whatever axis says",
        "drows, dvalues = np.moveaxis(dx, axis, -1), np.moveaxis(dvalues, axis, -1)",
        "dvalues = np.moveaxis(dvalues, axis, -1)\n"
        "    drows = dx.reshape(*indices.shape[:-1], shape[axis])",
    ),
    edit(
        "input changed in place",
        "the rows of the caller's x are sorted where they stand",
        KEPT,
        f"{KEPT}\n    x.sort(axis=axis)",
    ),
    edit(
        "dvalues changed in place",
        "the caller's dvalues are set to 0 where they have been handed on",
        ADD,
        f"{ADD}\n            dvalues[i][j] = 0",
    ),
    edit(
        "cache consumed by backward",
        "the cached indices are overwritten, so a second backward is wrong",
        ADD,
        f"{ADD}\n            indices[i][j] = 0",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 values",
        "values = np.zeros((*rows.shape[:-1], k), x.dtype)",
        "values = np.zeros((*rows.shape[:-1], k), np.result_type(x, np.float64))",
    ),
    edit(
        "values rounded to float16",
        "the values pass through half precision",
        VALUE,
        "values[i][j] = np.float16(rows[i][order[j]].real)",
    ),
)

CORNERS: Corners = {
    "k is the length of the axis": lambda case: (
        case.attributes["k"] == case.attributes["shape"][case.attributes["axis"]]
    ),
    "k is 0": lambda case: case.attributes["k"] == 0,
    "one dimension": lambda case: len(case.attributes["shape"]) == 1,
    "empty": lambda case: 0 in case.attributes["shape"],
    "mean 1e3": lambda case: case.regime == "offset",
    **each("axis", (-1, 0, 1, -2, 2, -3)),
    **each("largest", (True, False)),
}

operator = Operator(
    name="top_k",
    source="torch.topk",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("values", "indices"),
    differentiable=("x",),
    regimes=("integers", "normal", "large", "offset"),
    laws=(
        Law("reading", "x at the indices gives the values", read_at_indices),
        Law("monotony", "of 2 x + 3 the same elements are taken", increasing),
        Law("turning", "x turned round along the axis has its indices mirrored", turned_around),
        Law(
            "conservation",
            "dx adds up to dvalues along the axis",
            conserved,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload("top-5 accuracy", {"shape": (128, 100), "k": 5, "axis": -1, "largest": True}),
        Workload("beam search", {"shape": (16, 10000), "k": 10, "axis": -1, "largest": True}),
    ),
)
