"""Recurrent networks as one free function: `rnn_forward(inputs, W_xh, W_hh, b_xh, b_hh, ...)`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from candidates.conventions._axes import arranged
from candidates.conventions._free import Arrays, Example, Free, FreeFunction, Layout, Setting
from properties.plain import WrongResult, given
from properties.promise import Promise


@dataclass(frozen=True)
class Form(Layout):
    """How a sequence goes in and comes out.

    steps: the order of the input's axes. across: weights are (H, D), not (D, H). bias: the order
    of a bias. place: which of the results holds the hidden states, None for the only one.
    """

    steps: str = "ntd>tnd"
    across: bool = False
    bias: str = "h>h"
    place: int | None = None


VECTORS = ("ntd>td1", "ntd>td")  # a step is a column, or a vector


def forms() -> tuple[Form, ...]:
    """Every form, the likeliest first: columns, then batches, then vectors."""
    ways = [
        ("ntd>td1", True, "h>h1"),
        ("ntd>tnd", False, "h>h"),
        ("ntd>ntd", False, "h>h"),
        ("ntd>tnd", True, "h>h"),
        ("ntd>ntd", True, "h>h"),
        ("ntd>tnd", False, "h>1h"),
        ("ntd>ntd", False, "h>1h"),
        ("ntd>td", True, "h>h"),
        ("ntd>td", False, "h>h"),
    ]
    return tuple(
        Form(
            domain={"batch": (1,) if steps in VECTORS else (1, 2, 3)},
            words="one sequence at a time" if steps in VECTORS else "",
            steps=steps,
            across=across,
            bias=bias,
            place=place,
        )
        for (steps, across, bias), place in itertools.product(ways, (None, 1, 0, 2))
    )


class SequenceFunction(FreeFunction):
    """Hands over the arrays in the form that fits, and reads the hidden states.

    The output layer is given as the identity, so that outputs are hidden states as well.
    """

    output = "h"

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        form = self.reading.layout
        assert isinstance(form, Form)
        N, T, _ = inputs["x"].shape
        hidden = len(inputs["Wh"])
        known = self._known(form, inputs) | {"hidden_size": hidden}
        results = given(self._forward(**{p: known[m] for p, m in self.reading.places.items()}))
        if form.place is not None:
            if not isinstance(results, (tuple, list)) or form.place >= len(results):
                raise WrongResult("returned another number of results")
            results = results[form.place]
        return {"h": _hidden(results, form, (N, T, hidden))}, (dict(inputs), None, at)

    def _known(self, form: Form, inputs: Mapping[str, Any]) -> dict[str, Any]:
        Wx, Wh, b = (inputs[name] for name in ("Wx", "Wh", "b"))
        two = "b_hh" in self.reading.places.values()
        state = inputs["h0"]
        hidden = len(Wh)
        return {
            "x": _steps(inputs["x"], form.steps),
            "W_xh": Wx.T if form.across else Wx,
            "W_hh": Wh.T if form.across else Wh,
            "b_xh": arranged(b / 4 if two else b, form.bias),
            "b_hh": arranged(b * 0.75, form.bias),
            "W_hy": np.eye(hidden, dtype=Wh.dtype),
            "b_y": arranged(np.zeros(hidden, Wh.dtype), form.bias),
            "h0": state[0] if form.steps == "ntd>td" else _state(state, form),
        }


def _steps(x: np.ndarray, steps: str) -> np.ndarray:
    """x in the order of its steps; of vectors, the only sequence of a batch of one."""
    if steps not in VECTORS:
        return arranged(x, steps)
    return x[0][:, :, None] if steps == "ntd>td1" else x[0]


def _state(state: np.ndarray, form: Form) -> np.ndarray:
    return state.T if form.steps == "ntd>td1" else state


def _hidden(result: Any, form: Form, shape: tuple[int, int, int]) -> Any:
    """Hidden states as (N, T, H) of an array, or of a list or dictionary with one for each step."""
    N, T, H = shape
    if isinstance(result, np.ndarray) and result.shape == shape and form.steps != "ntd>tnd":
        return result
    if isinstance(result, dict):
        result = [result.get(t) for t in range(T)]
    if not isinstance(result, (list, tuple, np.ndarray)) or len(result) != T:
        raise WrongResult("returned no hidden state for each step")
    if any(np.size(state) != N * H for state in result):
        raise WrongResult(f"returned states that are not of shape ({N}, {H})")
    return np.stack([np.reshape(state, (N, H)) for state in result], axis=1)


def _states(inputs: Arrays) -> np.ndarray:
    h, states = inputs["h0"], []
    for t in range(inputs["x"].shape[1]):
        h = np.tanh(inputs["x"][:, t] @ inputs["Wx"] + h @ inputs["Wh"] + inputs["b"])
        states.append(h)
    return np.stack(states, axis=1)


def fits(at: Mapping[str, Any], inputs: Arrays, out: np.ndarray) -> bool:
    return out.shape == _states(inputs).shape and np.allclose(out, _states(inputs), atol=1e-4)


def example(rested: bool) -> Any:
    def examples(layout: Layout) -> Sequence[Example]:
        N, T, D, H = layout.domain["batch"][-1], 4, 3, 5
        rng = np.random.default_rng(0)
        arrays = {
            "x": rng.standard_normal((N, T, D)),
            "h0": np.zeros((N, H)) if rested else rng.standard_normal((N, H)) / 2,
            "Wx": rng.standard_normal((D, H)) / 2,
            "Wh": rng.standard_normal((H, H)) / 2,
            "b": rng.standard_normal(H) / 2,
        }
        return [({}, arrays)]

    return examples


INPUTS = {
    "x": "inputs x xs input_sequence sequence",
    "W_xh": "w_xh wxh w_x wx w_ih u",
    "W_hh": "w_hh whh w_h wh",
    "b_xh": "b_xh bxh b_ih b_h bh b",
    "b_hh": "b_hh bhh",
    "W_hy": "w_hy why w_y wy w_ho v",
    "b_y": "b_y by b_o",
}
OPTIONAL = dict.fromkeys(("b_hh", "W_hy", "b_y"), "")
FIRST = "h0 h_0 h_prev hprev h_init initial_state prev_h"


def spelled(rested: bool, base: dict[str, Any]) -> Free:
    """With or without a parameter for the first hidden state, which then is zero."""
    domain = {"packed": (False,), **({"rested": (True,)} if rested else {})}
    return Free(
        "rnn",
        "rnn_forward rnn simple_rnn_forward vanilla_rnn_forward",
        INPUTS if rested else INPUTS | {"h0": FIRST},
        Promise(
            domain=domain,
            gradients=(),
            differs="the state starts at zero" if rested else "",
            **base,
        ),
        example(rested),
        fits,
        """`rnn_forward(inputs, W_xh, W_hh, b_xh, b_hh, W_hy, b_y, hidden_size)`, in any order.

    tanh of W_xh x + W_hh h and the biases (or one, b_h). inputs are T columns (D, 1), vectors (D,)
    or batches (N, D), or (N, T, D); weights (H, D) or (D, H). The hidden states are looked for in
    what it returns; the output layer is given as the identity and not judged by itself. Without a
    first state it is zero.
    """,
        optional=OPTIONAL,
        settings={"hidden_size": Setting("hidden_size hidden_dim n_hidden", (0,))},
        layouts=forms(),
        nearest=True,
        kind=SequenceFunction,
    )
