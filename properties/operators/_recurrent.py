"""What recurrent operators share: sizes and lengths, inputs that do not saturate, packing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.operator import Arrays, Corners, Law, Pairs
from properties.values import WILD, Values

REGIMES = ("integers", "constant", "sparse", "normal", "large", "offset", "rows")


def step_attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Sizes of one step: batch, features and hidden."""
    return {
        "batch": draw(domain.size("batch", (1, 2, 3, 0))),
        "features": draw(domain.integer("features", 1, 4)),
        "hidden": draw(domain.integer("hidden", 1, 4)),
    }


def sequence_attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Sizes of a batch of sequences, and the length of each of them where they are packed."""
    drawn = step_attributes(draw, domain)
    batch, time = drawn["batch"], draw(domain.integer("time", 1, 5))
    packed = batch > 0 and draw(domain.boolean("packed"))  # torch packs no empty batch
    length = domain.integer("length", 1, time)
    lengths = tuple(draw(length) for _ in range(batch)) if packed else None
    return {**drawn, "time": time, "packed": packed, "lengths": lengths}


def step_inputs(at: Attributes, values: Values, states: tuple[str, ...], gates: int = 1) -> Arrays:
    """x (N, D), the states (N, H), Wx (D, G*H), Wh (H, G*H) and b (G*H,) of one step."""
    N, D, H = at["batch"], at["features"], at["hidden"]
    arrays = {
        "x": values.array("x", (N, D)),
        **{name: values.tame(name, (N, H)) for name in states},
        "Wx": weights(values, "Wx", (D, gates * H)),
        "Wh": weights(values, "Wh", (H, gates * H)),
        "b": values.tame("b", (gates * H,)) / 4,
    }
    return shared_out(arrays, values) if gates > 1 else arrays


def sequence_inputs(
    at: Attributes, values: Values, states: tuple[str, ...], gates: int = 1
) -> Arrays:
    """x (N, T, D), lengths (N,) if sequences are packed, and the others as of one step."""
    arrays = step_inputs(at, values, states, gates)
    x = {"x": values.array("x", (at["batch"], at["time"], at["features"]))}
    arrays |= shared_out(x, values) if gates > 1 else x
    return arrays | packed_lengths(at)


def shared_out(arrays: Arrays, values: Values) -> Arrays:
    """The arrays with the size of a wild x shared out between x and Wx.

    A saturated gate has slopes that are 0 but for rounding, in one right formula more than in
    another: gradients may multiply them by dozens, not by the thousands that sums should reach.
    """
    if values.regime not in WILD:
        return arrays
    factors = {"x": 1 / 300, "Wx": 30}
    return {name: array * factors.get(name, 1) for name, array in arrays.items()}


def weights(values: Values, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Weights so small that sums over their second last axis saturate no gate in tame regimes."""
    return values.tame(name, shape) / (2 * shape[-2])


def called(layer: Any, weights: Mapping[str, Any], arguments: Any) -> Any:
    """`torch.func.functional_call` of a recurrent layer. Raises ValueError for other shapes.

    torch does not look at the shapes, and reads past the ends.
    """
    import torch

    for name, parameter in layer.named_parameters():
        if weights[name].shape != parameter.shape:
            shapes = tuple(weights[name].shape), tuple(parameter.shape)
            raise ValueError(f"{name} must have shape {shapes[1]}, got {shapes[0]}")
    return torch.func.functional_call(layer, dict(weights), arguments)


def packed_lengths(at: Attributes) -> Arrays:
    return {} if at["lengths"] is None else {"lengths": np.array(at["lengths"], np.int64)}


def sizes(tensors: Mapping[str, Any]) -> tuple[int, int]:
    """How many features and hidden units the weights are for; the bidirectional are stacked."""
    return tensors["Wx"].shape[-2], tensors["Wh"].shape[-2]


def packed(tensors: Mapping[str, Any]) -> Any:
    """x (N, T, D) as torch's layers take it: packed by the lengths, if there are any."""
    import torch

    if "lengths" not in tensors:
        return tensors["x"]
    return torch.nn.utils.rnn.pack_padded_sequence(
        tensors["x"], tensors["lengths"].cpu(), batch_first=True, enforce_sorted=False
    )


def padded(h: Any, tensors: Mapping[str, Any]) -> Any:
    """What torch's layers gave for `packed`, as (N, T, H) with zeros after each sequence's end."""
    import torch

    if "lengths" not in tensors:
        return h
    unpacked, _ = torch.nn.utils.rnn.pad_packed_sequence(
        h, batch_first=True, total_length=tensors["x"].shape[1]
    )
    return unpacked


def ragged(case: Case) -> bool:
    """Whether there are sequences of different lengths, the last of them not the longest."""
    lengths = case.attributes["lengths"]
    return lengths is not None and lengths[-1] < max(lengths)


def _row_independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    first = {n: inputs[n][:1].copy() for n in ("x", "h0", "lengths") if n in inputs}
    yield "h[:1]", run(inputs | first)["h"], run(inputs)["h"][:1]


def _causal(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = inputs["x"].copy()
    x[:, -1] += 1
    yield "h[:, :-1]", run(inputs | {"x": x})["h"][:, :-1], run(inputs)["h"][:, :-1]


def _continued(run: Any, case: Case, inputs: Arrays) -> Pairs:
    h = run(inputs)["h"]
    rest = {"x": inputs["x"][:, 1:].copy(), "h0": h[:, 0].copy()}
    yield "h[:, 1:]", run(inputs | rest)["h"], h[:, 1:]


def _padding_ignored(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = inputs["x"].copy()
    x[np.arange(x.shape[1]) >= inputs["lengths"][:, None]] += 1
    yield "h", run(inputs | {"x": x})["h"], run(inputs)["h"]


PADDING = Law(
    "padding",
    "what x says after a sequence's end changes nothing",
    _padding_ignored,
    applies=lambda case: case.attributes["packed"],
)

SEQUENCE_LAWS = (
    Law("row independence", "one sequence alone gives its own states", _row_independent),
    Law("causality", "the last step changes no state before it", _causal),
    Law(
        "continuation",
        "the steps after the first, from the state it left, give the states after the first",
        _continued,
        applies=lambda case: (
            not (case.attributes["packed"] or case.attributes.get("rested"))
            and case.attributes["time"] > 1
        ),
    ),
    PADDING,
)

STEP_CORNERS: Corners = {
    "empty": lambda case: case.attributes["batch"] == 0,
    "batch 1": lambda case: case.attributes["batch"] == 1,
    "one feature": lambda case: case.attributes["features"] == 1,
    "one hidden unit": lambda case: case.attributes["hidden"] == 1,
    "as many features as hidden units": lambda case: (
        case.attributes["features"] == case.attributes["hidden"] > 1
    ),
    "saturated": lambda case: case.regime == "large",
}

SEQUENCE_CORNERS: Corners = {
    **STEP_CORNERS,
    "one time step": lambda case: case.attributes["time"] == 1,
    "as many time steps as sequences": lambda case: (
        case.attributes["time"] == case.attributes["batch"] > 1
    ),
    "different lengths": ragged,
    "padding after every sequence": lambda case: (
        case.attributes["packed"] and max(case.attributes["lengths"]) < case.attributes["time"]
    ),
}
