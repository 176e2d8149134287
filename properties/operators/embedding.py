"""embedding: strategy over shapes, tables and padding rows, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    ndim = draw(domain.choice("ndim", (2, 1, 3, 2, 0)))  # a single id says little
    shape = [draw(domain.choice("size", (2, 3, 4, 1))) for _ in range(ndim)]
    if ndim == 3 and draw(domain.boolean("empty")):
        shape[draw(st.integers(0, 2))] = 0
    words = draw(domain.choice("words", (2, 3, 1, 5)))
    padded = draw(domain.boolean("padded"))
    return {
        "shape": tuple(shape),
        "words": words,
        "width": draw(domain.integer("width", 1, 4)),
        "padding_idx": draw(domain.integer("padding_idx", -words, words - 1)) if padded else None,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    V, padding = at["words"], at["padding_idx"]
    ids = np.asarray(values.ids("ids", at["shape"], V))
    if padding is not None:
        ids[values.rng("padding").random(ids.shape) < 0.3] = padding % V
    if ids.size > 1:
        ids.flat[-1] = ids.flat[0]  # an id is repeated whatever was drawn
    return {"ids": ids, "W": values.array("W", (V, at["width"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import embedding

    return {"out": embedding(tensors["ids"], tensors["W"], padding_idx=at["padding_idx"])}


def relabelling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    ids, W = inputs["ids"], inputs["W"]
    turned = {"ids": np.asarray(len(W) - 1 - ids), "W": W[::-1].copy()}
    yield "out", run(turned)["out"], run(inputs)["out"]


def conserved(run: Any, case: Case, inputs: Arrays) -> Pairs:
    dout = Values("normal", case.seed, 1).array("dout", run(inputs)["out"].shape)
    dW = run.gradients(inputs, {"out": dout})["W"]
    yield "dW summed over the table", dW.sum(axis=0), dout.sum(axis=tuple(range(dout.ndim - 1)))


def unread_rows(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs)["out"]
    dout = Values("normal", case.seed, 1).nonzero("dout", out.shape)
    dW = run.gradients(inputs, {"out": dout})["W"]
    unread = np.setdiff1d(np.arange(len(dW)), inputs["ids"])
    yield "dW of the rows not read", dW[unread], np.zeros((len(unread), dW.shape[1]))


PADDING = "padding = check_embedding(ids, W, padding_idx)"
READ = "out[n] = W[ids[n]]"
CACHE = "(ids.copy(), padding, W.shape, W.dtype)"
ZEROS = "dW = np.zeros((V, D), dtype)"
PADDED = "if ids[n] != padding:"
ADD = "dW[ids[n]] += dout[n]"
COUNTS = "np.maximum(np.bincount(ids.ravel(), minlength=V), 1)[:, None]"

MISTAKES = (
    edit(
        "gradient of repeated ids assigned instead of added",
        "a row keeps the dout of its last reading only, as `dW[ids] += dout` has it too",
        ADD,
        ADD.replace("+=", "="),
    ),
    edit(
        "gradient of repeated ids averaged",
        "a row's gradient is divided by the number of times it was read",
        "return dW",
        f"return dW / {COUNTS}",
    ),
    edit(
        "gradient averaged over all ids",
        "dW is divided by the number of ids",
        "return dW",
        "return dW / max(ids.size, 1)",
    ),
    edit(
        "gradient averaged over the batch",
        "dW is divided by the first dimension of ids",
        "return dW",
        "return dW / max(len(ids) if ids.ndim else 1, 1)",
    ),
    edit(
        "gradient of the first column of ids only",
        "of a sequence of ids only the first one moves the table",
        PADDED,
        "if ids[n] != padding and (not n or n[-1] == 0):",
    ),
    edit(
        "dout not multiplied in",
        "dW counts how often each row was read",
        ADD,
        "dW[ids[n]] += 1",
    ),
    edit("gradient transposed", "dW comes back as (D, V)", "return dW", "return dW.T.copy()"),
    edit(
        "gradient only for the rows read",
        "dW has one row for each id that occurs, not one for each row of W",
        "return dW",
        "return dW[np.unique(ids)]",
    ),
    edit(
        "gradient kept from call to call",
        "dW is an array of the cache, to which a second backward adds",
        CACHE,
        "(ids.copy(), padding, np.zeros(W.shape, W.dtype), W.dtype)",
        "ids, padding, (V, D), dtype = cache",
        "ids, padding, dW, dtype = cache\n    V, D = dW.shape",
        f"    {ZEROS}\n",
        "",
    ),
    edit(
        "padding row has a gradient",
        "dout of padding ids is added to their row",
        PADDED,
        "if True:",
    ),
    edit(
        "padding row reads as zero",
        "out is zero where the id is padding_idx, whatever the row holds",
        "out[n] = out[n].real",
        "out[n] = 0",
    ),
    edit(
        "negative padding_idx not counted from the end",
        "a negative padding_idx names no row, so that the padding row has a gradient",
        PADDING,
        f"{PADDING}\n    padding = padding_idx",
    ),
    edit(
        "row 0 taken as padding",
        "id 0 has no gradient whatever padding_idx says",
        PADDED,
        "if ids[n] != padding and ids[n] != 0:",
    ),
    edit(
        "padding dropped everywhere but in its row",
        "the padding row has a gradient and all others have none",
        PADDED,
        "if padding is None or ids[n] == padding:",
    ),
    edit(
        "ids counted from 1",
        "every id reads the row before its own",
        READ,
        "out[n] = W[ids[n] - 1]",
    ),
    edit(
        "table read transposed",
        "W is read in the memory order of its transpose",
        READ,
        "out[n] = W.T.reshape(W.shape)[ids[n]]",
    ),
    edit(
        "table read from its end",
        "rows are counted from the last one",
        READ,
        "out[n] = W[-1 - ids[n]]",
    ),
    edit(
        "ids read column by column",
        "a batch of ids is flattened in the order of its transpose",
        READ,
        "out[n] = W[ids.T.reshape(ids.shape)[n]]",
    ),
    edit(
        "scaled by the root of the width",
        "rows are multiplied by sqrt(D), which belongs to the model and not to the layer",
        READ,
        "out[n] = W[ids[n]] * W.shape[1] ** 0.5",
    ),
    edit(
        "rows normalised",
        "rows are divided by their length where it is larger than 1",
        READ,
        "out[n] = W[ids[n]] / max(np.sqrt(np.sum(W[ids[n]].real ** 2)), 1)",
    ),
    edit(
        "table changed in place",
        "the padding row of the caller's W is set to 0",
        PADDING,
        f"{PADDING}\n    if padding is not None:\n        W[padding] = 0",
    ),
    edit(
        "ids changed in place",
        "padding ids of the caller are set to 0",
        f"return out, {CACHE}",
        f"kept = {CACHE}\n    ids[ids == padding] = 0\n    return out, kept",
    ),
    edit(
        "dout changed in place",
        "the caller's dout is set to 0 where it has been handed on",
        ADD,
        f"{ADD}\n            dout[n] = 0",
    ),
    edit(
        "gradient always float64",
        "a float32 table has a float64 gradient",
        ZEROS,
        "dW = np.zeros((V, D))",
    ),
    edit(
        "accumulated in float16",
        "the gradients of a row are added up in half precision",
        ZEROS,
        "dW = np.zeros((V, D), np.float16)",
        "return dW",
        "return dW.astype(dtype)",
    ),
)


def repeats(case: Case) -> bool:
    ids = inputs(case.at(0), Values(case.regime, case.seed))["ids"]
    return ids.size > np.unique(ids).size


CORNERS: Corners = {
    "one id": lambda case: case.attributes["shape"] == (),
    "no id": lambda case: 0 in case.attributes["shape"],
    "batch of sequences": lambda case: len(case.attributes["shape"]) == 2,
    "repeated ids": repeats,
    "one row": lambda case: case.attributes["words"] == 1,
    "no padding row": lambda case: case.attributes["padding_idx"] is None,
    "padding row counted from the end": lambda case: (case.attributes["padding_idx"] or 0) < 0,
}

operator = Operator(
    name="embedding",
    source="torch.nn.functional.embedding",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("W",),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("relabelling", "rows in another order and ids renamed alike", relabelling),
        Law(
            "conservation",
            "without a padding row dW adds up to dout",
            conserved,
            applies=lambda case: case.attributes["padding_idx"] is None,
            needs_backward=True,
        ),
        Law(
            "unread rows",
            "rows that no id reads have no gradient",
            unread_rows,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "captions",
            {"shape": (64, 16), "words": 1004, "width": 256, "padding_idx": 0},
            {"empty": False, "padded": True},
        ),
    ),
)
