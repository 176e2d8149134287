"""one_hot: strategy over shapes and numbers of classes, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    inferred = draw(domain.boolean("inferred"))
    ndim = draw(domain.choice("ndim", (1, 2, 3, 0)))
    sizes = (3, 2, 4, 1) if inferred else (3, 2, 4, 1, 0)
    words = draw(domain.integer("words", 1, 5))
    spare = draw(domain.choice("spare", (0, 1, 3)))
    return {
        "shape": tuple(draw(domain.choice("size", sizes)) for _ in range(ndim)),
        "words": words,
        "num_classes": -1 if inferred else words + spare,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"ids": np.asarray(values.ids("ids", at["shape"], at["words"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import one_hot

    return {"out": one_hot(tensors["ids"], at["num_classes"])}


def adds_up_to_one(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs)["out"]
    yield "out summed over the classes", out.sum(axis=-1), np.ones_like(inputs["ids"])


def decodes(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs)["out"]
    yield "out times the class ids", out @ np.arange(out.shape[-1]), inputs["ids"]


def relabelling(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs)["out"]
    turned = {"ids": np.asarray(out.shape[-1] - 1 - inputs["ids"])}
    yield "out", run(turned)["out"], out[..., ::-1]


CLASSES = "C = check_one_hot(ids, num_classes)"
ZEROS = "out = np.zeros((*ids.shape, C), np.int64)"
SET = "out[n][ids[n]] = 1"
RESULT = "return out"

MISTAKES = (
    edit(
        "ids counted from 1",
        "every one stands one class before its own",
        SET,
        "out[n][ids[n] - 1] = 1",
    ),
    edit(
        "largest id taken for the number of classes",
        "there is one class too few, and the largest id has none",
        CLASSES,
        f"{CLASSES}\n    C = int(ids.max(initial=0))",
        SET,
        "out[n][ids[n] : ids[n] + 1] = 1",
    ),
    edit(
        "number of distinct ids taken for the number of classes",
        "ids that do not occur have no class, so that the others move up",
        CLASSES,
        f"{CLASSES}\n    kinds = np.unique(ids)\n    C = len(kinds)",
        SET,
        "out[n][np.searchsorted(kinds, ids[n])] = 1",
    ),
    edit(
        "num_classes ignored",
        "there are as many classes as the largest id asks for, whatever num_classes says",
        CLASSES,
        f"{CLASSES}\n    C = int(ids.max(initial=0)) + 1",
    ),
    edit(
        "one class more",
        "the classes end with one that no id can have",
        ZEROS,
        ZEROS.replace("C)", "C + 1)"),
    ),
    edit(
        "ones in the columns of all ids",
        "`out[:, ids] = 1` sets every id's class in every row",
        SET,
        "out[..., ids[n]] = 1",
    ),
    edit(
        "ones up to the id",
        "all classes up to the id are 1 (an ordinal code)",
        SET,
        "out[n][: ids[n] + 1] = 1",
    ),
    edit(
        "id instead of one",
        "the class holds its own number",
        SET,
        "out[n][ids[n]] = ids[n]",
    ),
    edit(
        "zeros and ones exchanged",
        "the class is 0 and all others are 1",
        RESULT,
        "return 1 - out",
    ),
    edit(
        "minus ones instead of zeros",
        "all classes but the id's are -1",
        RESULT,
        "return 2 * out - 1",
    ),
    edit(
        "classes counted from the end",
        "the last class stands for id 0",
        SET,
        "out[n][C - 1 - ids[n]] = 1",
    ),
    edit(
        "classes along the first axis",
        "the output is (C, ...) instead of (..., C)",
        RESULT,
        "return np.moveaxis(out, -1, 0)",
    ),
    edit(
        "classes along the second axis",
        "the output is (N, C, ...), as losses want their logits",
        RESULT,
        "return np.moveaxis(out, -1, 1) if ids.ndim else out",
    ),
    edit(
        "leading dimensions flattened",
        "the output has one row for each id, whatever the shape of ids",
        RESULT,
        "return out.reshape(ids.size, C)",
    ),
    edit(
        "sequence added up",
        "the ids of a sequence share one row, which counts them (a bag of words)",
        RESULT,
        "return out.sum(axis=-2) if ids.ndim > 1 else out",
    ),
    edit(
        "ids read column by column",
        "a batch of ids is flattened in the order of its transpose",
        SET,
        "out[n][ids.T.reshape(ids.shape)[n]] = 1",
    ),
    edit(
        "rows of an identity matrix by position",
        "the n-th row has its one at n instead of at its id",
        SET,
        "out[n][(n[-1] if n else 0) % C] = 1",
    ),
    edit(
        "ids changed in place",
        "the caller's ids are shifted where they stand",
        RESULT,
        "ids -= 1\n    return out",
    ),
)

CORNERS: Corners = {
    "one id": lambda case: case.attributes["shape"] == (),
    "no id": lambda case: 0 in case.attributes["shape"],
    "batch of sequences": lambda case: len(case.attributes["shape"]) == 2,
    "number of classes inferred": lambda case: case.attributes["num_classes"] == -1,
    "one class": lambda case: case.attributes["num_classes"] == 1,
    "more classes than ids": lambda case: case.attributes["num_classes"] > case.attributes["words"],
}

operator = Operator(
    name="one_hot",
    source="torch.nn.functional.one_hot",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers",),
    laws=(
        Law("one class", "every id has one class", adds_up_to_one),
        Law("decoding", "out times the class ids gives the ids", decodes),
        Law(
            "relabelling",
            "ids renamed to C - 1 - id reverse the classes",
            relabelling,
            applies=lambda case: case.attributes["num_classes"] != -1,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
