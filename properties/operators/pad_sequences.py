"""pad_sequences: strategy over lengths and kinds of tokens, oracle, laws and mistakes."""

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
from properties.values import Values

TOKENS = ("ids", "numbers", "vectors")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    batch = draw(domain.choice("batch", (2, 3, 1, 4)))
    shortest = draw(domain.choice("shortest", (1, 0)))
    return {
        "batch": batch,
        "lengths": tuple(draw(domain.integer("length", shortest, 5)) for _ in range(batch)),
        "tokens": draw(domain.choice("tokens", TOKENS)),
        "padding_value": draw(domain.choice("padding_value", (0, 1, -1))),
        "batch_first": draw(domain.choice("batch_first", (True, False))),
        "side": draw(domain.choice("side", ("right", "left"))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Tokens of which some are equal to what is padded with."""
    lengths = np.array(at["lengths"])
    shape = (int(lengths.sum()), *((2,) if at["tokens"] == "vectors" else ()))
    if at["tokens"] == "ids":
        return {"tokens": values.ids("tokens", shape, 6), "lengths": lengths}
    return {"tokens": values.array("tokens", shape), "lengths": lengths}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """torch pads on the right: for the left, sequences go in reversed and come out so."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    sequences = tensors["tokens"].split(tensors["lengths"].tolist())
    if at["side"] == "left":
        sequences = [sequence.flip(0) for sequence in sequences]
    first = at["batch_first"]
    padded = pad_sequence(list(sequences), first, at["padding_value"])
    ones = [torch.ones(len(sequence), dtype=torch.bool) for sequence in sequences]
    mask = pad_sequence(ones, first, False)
    if at["side"] == "left":
        padded, mask = (tensor.flip(1 if first else 0) for tensor in (padded, mask))
    return {"padded": padded, "mask": mask}


def round_trip(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Read where the mask is True, row by row, tokens come back."""
    results = run(inputs, batch_first=True)
    yield "padded where mask", results["padded"][results["mask"]], inputs["tokens"]


def lengths_again(run: Any, case: Case, inputs: Arrays) -> Pairs:
    mask = run(inputs)["mask"]
    yield "mask summed", mask.sum(axis=int(case.attributes["batch_first"])), inputs["lengths"]


def time_first(run: Any, case: Case, inputs: Arrays) -> Pairs:
    first, last = (run(inputs, batch_first=flag) for flag in (True, False))
    for name in ("padded", "mask"):
        yield name, first[name], np.swapaxes(last[name], 0, 1)


CHECKED = (
    "N, L, batch_first = check_pad_sequences(tokens, lengths, padding_value, batch_first, side)"
)
FULL = "padded = np.full((N, L, *tokens.shape[1:]), padding_value, tokens.dtype)"
READ = "read = 0"
START = 'start = 0 if side == "right" else L - lengths[n]'
TIME = "for t in range(lengths[n]):"
SET = "padded[n, start + t] = tokens[read]"
SEEN = "mask[n, start + t] = True"
TURNED = "if not batch_first:"
SWAPPED = "padded, mask = np.swapaxes(padded, 0, 1).copy(), mask.T.copy()"
RESULT = "return padded, mask"

MISTAKES = (
    edit(
        "padding on the other side",
        "left is right and right is left",
        START,
        START.replace("==", "!="),
    ),
    edit("side ignored", "padding is always on the right", START, "start = 0"),
    edit(
        "padding on both sides",
        "sequences stand in the middle",
        START,
        "start = (L - lengths[n]) // 2",
    ),
    edit(
        "padding_value ignored",
        "shorter sequences end in zeros",
        FULL,
        FULL.replace("padding_value", "0"),
    ),
    edit(
        "padding with the last token",
        "shorter sequences repeat their last token",
        TURNED,
        "for n in range(N):\n        if lengths[n] and side == 'right':\n            padded[n, "
        "lengths[n] :] = padded[n, lengths[n] - 1]\n    " + TURNED,
    ),
    edit(
        "padding by repeating the sequence",
        "shorter sequences begin again",
        TURNED,
        "for n in range(N):\n        if lengths[n] and side == 'right':\n            padded[n] = "
        "padded[n, np.arange(L) % lengths[n]]\n    " + TURNED,
    ),
    edit(
        "length of the first",
        "sequences are cut or padded to the length of the first",
        RESULT,
        "axis = int(batch_first)\n    padded = np.take(padded, range(lengths[0]), axis=axis)\n    "
        "mask = np.take(mask, range(lengths[0]), axis=axis)\n    " + RESULT,
    ),
    edit(
        "length of the shortest",
        "longer sequences are cut off",
        RESULT,
        "axis, short = int(batch_first), range(lengths.min())\n    padded, mask = np.take(padded, "
        "short, axis=axis), np.take(mask, short, axis=axis)\n    " + RESULT,
    ),
    edit("length one too large", "every sequence has padding", CHECKED, CHECKED + "\n    L += 1"),
    edit(
        "length a power of two",
        "sequences are padded further than the longest",
        CHECKED,
        CHECKED + "\n    L = 1 << max(int(L) - 1, 0).bit_length()",
    ),
    edit(
        "length at least 4",
        "sequences are padded to a fixed length",
        CHECKED,
        CHECKED + "\n    L = max(L, 4)",
    ),
    edit(
        "last token left out",
        "the last place of each sequence stays padding",
        TIME,
        "read += lengths[n] > 0\n        for t in range(lengths[n] - 1):",
    ),
    edit(
        "sequences reversed",
        "the last token comes first",
        SET,
        SET.replace("start + t", "start + lengths[n] - 1 - t"),
    ),
    edit(
        "sequences in order of length",
        "the longest sequence comes first, as packing wanted it",
        TURNED,
        "order = np.argsort(-lengths, kind='stable')\n    padded, mask = padded[order], "
        "mask[order]\n    " + TURNED,
    ),
    edit(
        "sequences read from the first again",
        "every sequence begins with the first token",
        START,
        "read = 0\n        " + START,
    ),
    edit(
        "sequences read one after the longest",
        "tokens are read as if every sequence were as long as the longest",
        START,
        "read = min(n * L, max(len(tokens) - lengths[n], 0))\n        " + START,
    ),
    edit(
        "mask reversed",
        "mask is True where padding is, as attention wants it",
        RESULT,
        "return padded, ~mask",
    ),
    edit(
        "mask by the value",
        "mask is False where a token is equal to padding_value",
        RESULT,
        "there = padded != padding_value\n    return padded, there.all(axis=-1) if tokens.ndim > 1 "
        "else there",
    ),
    edit(
        "mask by zeros",
        "mask is False where a token is 0",
        RESULT,
        "there = padded != 0\n    return padded, there.any(axis=-1) if tokens.ndim > 1 else there",
    ),
    edit(
        "mask everywhere",
        "mask is True for padding as well",
        RESULT,
        "return padded, np.ones_like(mask)",
    ),
    edit(
        "mask on the right only",
        "mask does not know of padding on the left",
        SEEN,
        "mask[n, t] = True",
    ),
    edit(
        "mask one place short",
        "mask leaves out the last token",
        TURNED,
        "for n in range(N):\n        mask[n, np.flatnonzero(mask[n])[-1:]] = False\n    " + TURNED,
    ),
    edit(
        "mask of the batch first",
        "mask is (N, L) whatever batch_first says",
        SWAPPED,
        SWAPPED.replace("mask.T.copy()", "mask"),
    ),
    edit(
        "mask for each number of a token",
        "mask has the shape of padded",
        RESULT,
        "return padded, np.broadcast_to(mask.reshape(mask.shape + (1,) * (tokens.ndim - 1)), "
        "padded.shape).copy()",
    ),
    edit(
        "batch_first ignored",
        "padded is (N, L, ...) whatever batch_first says",
        TURNED,
        "if False:",
    ),
    edit(
        "batch_first reversed",
        "padded is (L, N, ...) where batch_first is asked for",
        TURNED,
        "if batch_first:",
    ),
    edit(
        "batch_first by a reshape",
        "(N, L) is read as (L, N), so that sequences are mixed",
        SWAPPED,
        "padded, mask = padded.reshape(L, N, *tokens.shape[1:]), mask.reshape(L, N)",
    ),
    edit(
        "lengths changed in place",
        "the caller's lengths become the longest",
        RESULT,
        "lengths[:] = L\n    " + RESULT,
    ),
    edit(
        "tokens changed in place",
        "tokens equal to padding_value become 0",
        RESULT,
        "tokens[tokens == padding_value] = 0\n    " + RESULT,
    ),
    edit(
        "result always float64",
        "ids and float32 become float64",
        FULL,
        FULL.replace(", tokens.dtype", ", np.float64"),
    ),
)

CORNERS: Corners = {
    **each("tokens", TOKENS),
    **each("side", ("right", "left")),
    **each("batch_first", (True, False)),
    "one sequence": lambda case: case.attributes["batch"] == 1,
    "an empty sequence": lambda case: 0 in case.attributes["lengths"],
    "no token": lambda case: max(case.attributes["lengths"]) == 0,
    "equal lengths": lambda case: len(set(case.attributes["lengths"])) < case.attributes["batch"],
}

operator = Operator(
    name="pad_sequences",
    source="torch.nn.utils.rnn.pad_sequence",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("padded", "mask"),
    regimes=("integers", "normal"),
    laws=(
        Law("round trip", "tokens are read again where mask is True", round_trip),
        Law("lengths", "mask has as many True as each sequence has tokens", lengths_again),
        Law("time first", "batch_first exchanges two axes and nothing else", time_first),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
