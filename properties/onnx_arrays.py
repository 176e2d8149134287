"""Our arrays as ONNX's nodes take and give them: orders of gates, directions, slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Inputs = Mapping[str, Any]


def recurrent_arrays(inputs: Inputs, ours: str = "h", theirs: str = "h") -> list[Any]:
    """X, W, R, B, sequence lengths (None for all) and initial states, gates from our order."""
    bx = inputs.get("bx", inputs.get("b"))
    bh = inputs.get("bh", np.zeros_like(bx))
    both = np.concatenate([_gates(b, ours, theirs) for b in (bx, bh)], axis=-1)
    weights = [_gates(inputs[name], ours, theirs) for name in ("Wx", "Wh")]
    states = [inputs[name][None] for name in ("h0", "c0") if name in inputs]
    return [inputs["x"].transpose(1, 0, 2), *weights, both, inputs.get("lengths"), *states]


def _gates(array: Any, ours: str, theirs: str) -> np.ndarray:
    """Blocks of the last axis in another order, as the first axis of a direction."""
    blocks = np.split(array, len(ours), axis=-1)
    return np.concatenate([blocks[ours.index(gate)] for gate in theirs], axis=-1).T[None]


def hidden_states(results: Sequence[Any]) -> dict[str, Any]:
    """Y (T, 1, N, H) as h (N, T, H), and Y_c (1, N, H), where it is given, as the last cell."""
    outputs = {"h": results[0][:, 0].transpose(1, 0, 2)}
    return outputs | ({"c_n": results[2][0]} if len(results) > 2 and results[2] is not None else {})


def slopes(inputs: Inputs) -> list[Any]:
    """x, and one slope, or one of each channel: axis 1 of x."""
    x, w = inputs["x"], inputs["w"]
    return [x, w if len(w) == 1 else w.reshape(-1, *[1] * (x.ndim - 2))]
