"""The checked arguments of recurrent layers, shared by both paths of the steps and sequences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reference._arguments import array, integers, same_dtype, shaped

Named = Mapping[str, Any]


def check_step(x: Any, states: Named, Wx: Any, Wh: Any, biases: Named, *, gates: int = 1) -> None:
    """Refuse what is not x (N, D), states (N, H), Wx (D, G*H), Wh (H, G*H) and biases (G*H,).

    G is the number of `gates`. Raises TypeError or ValueError naming the bad argument.
    """
    array("x", x, "N D")
    _check_weights(x, states, Wx, Wh, biases, gates, ())


def check_sequence(
    x: Any,
    states: Named,
    Wx: Any,
    Wh: Any,
    biases: Named,
    lengths: Any,
    *,
    gates: int = 1,
    lead: tuple[int, ...] = (),
) -> np.ndarray:
    """The number of steps of each sequence (N,) as a new array, T where `lengths` is None.

    Refuses what is not x (N, T, D), lengths (N,) of ints from 1 to T, and the others as of one
    step, each with the axes `lead` before its own (the directions).
    """
    array("x", x, "N T D")
    if x.shape[1] < 1:
        raise ValueError(f"x must have at least one step, got {x.shape}")
    _check_weights(x, states, Wx, Wh, biases, gates, lead)
    return _check_lengths(lengths, *x.shape[:2])


def _check_weights(
    x: np.ndarray,
    states: Named,
    Wx: Any,
    Wh: Any,
    biases: Named,
    gates: int,
    lead: tuple[int, ...],
) -> None:
    N, D = len(x), x.shape[-1]
    array("Wh", Wh, " ".join([*map(str, lead), "H", "G*H"]))
    H = Wh.shape[-2]
    for name, state in states.items():
        shaped(name, array(name, state), (*lead, N, H))
    shaped("Wx", array("Wx", Wx), (*lead, D, gates * H))
    shaped("Wh", Wh, (*lead, H, gates * H))
    for name, bias in biases.items():
        shaped(name, array(name, bias), (*lead, gates * H))
    same_dtype(x=x, **states, Wx=Wx, Wh=Wh, **biases)


def _check_lengths(lengths: Any, N: int, T: int) -> np.ndarray:
    if lengths is None:
        return np.full(N, T, np.intp)
    shaped("lengths", integers("lengths", lengths), (N,))
    wrong = lengths[(lengths < 1) | (lengths > T)]
    if wrong.size:
        raise ValueError(f"lengths must be from 1 to {T}, got {wrong[0]}")
    return lengths.astype(np.intp)
