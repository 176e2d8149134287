"""The worker half of CS231n's `optim.py`: update rules whose state lives in a dictionary."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from candidates.conventions._tensors import load_torch, on_tensors, on_torch, to_array
from candidates.spelling import Pair, Signature
from properties.host import Functions
from properties.plain import WrongResult, given, named_results


def takes_config(rule: Any) -> bool:
    """Whether a function is an update rule: (w, dw, config)."""
    try:
        return "config" in inspect.signature(rule).parameters
    except (TypeError, ValueError):
        return False


def rule_of_arrays(rule: Any) -> bool:
    return takes_config(rule) and not on_torch(rule)


def rule_of_tensors(rule: Any) -> bool:
    return takes_config(rule) and on_torch(rule)


class Sgd(Pair):
    """`next_w, config = sgd(w, dw, config)` with the key learning_rate.

    rates: keys of the dictionary by attribute; state: by the name of the operator's array. Before
    the first step there is none in the dictionary but t, 0. What is no state of the rule stays.
    """

    rates: Mapping[str, str] = {}
    state: Mapping[str, str] = {}

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        keys = {"lr": "learning_rate", **self.rates}
        config = {key: at[name] for name, key in keys.items()}
        for name, key in self.state.items():
            # The default of t is handed out, and was wrong in 2017: it is given from the start.
            if key == "t" or not at["fresh"]:
                config[key] = _counted(inputs[name])
        results = given(self._forward(inputs["w"], inputs["dw"], config))
        outputs, _ = named_results(("next_w", "config"), results, cache=False)
        config = outputs["config"]
        if not isinstance(config, Mapping):
            raise WrongResult(f"config is {type(config).__name__}, expected a dictionary")
        kept = {n: a for n, a in inputs.items() if n not in ("w", "dw")}
        found = {name: _array(config.get(key)) for name, key in self.state.items()}
        return {"w": given(outputs["next_w"]), **kept, **found}, None


def _counted(array: np.ndarray) -> Any:
    """The number of steps is an int in the dictionary."""
    return array if array.dtype.kind == "f" else int(array)


def _array(value: Any) -> Any:
    return np.array(value) if isinstance(value, (int, float, np.generic)) else value


class SgdMomentum(Sgd):
    """`sgd_momentum(w, dw, config)`: w moves by v = momentum * velocity - learning_rate * dw."""

    rates: Mapping[str, str] = {"momentum": "momentum"}
    state: Mapping[str, str] = {"velocity": "velocity"}


class Rmsprop(Sgd):
    """`rmsprop(w, dw, config)` with decay_rate, epsilon and cache, the average of squares."""

    rates: Mapping[str, str] = {"alpha": "decay_rate", "eps": "epsilon"}
    state: Mapping[str, str] = {"square_avg": "cache"}


class Adam(Sgd):
    """`adam(w, dw, config)` with beta1, beta2, epsilon, m, v and t, counted up before its use."""

    rates: Mapping[str, str] = {"beta1": "beta1", "beta2": "beta2", "eps": "epsilon"}
    state: Mapping[str, str] = {"m": "m", "v": "v", "t": "t"}


def on_tensor_rules(kind: type[Sgd]) -> Callable[[Any, Any, Signature], Functions]:
    """The adapter of update rules whose parameters, and what they keep, are tensors."""

    def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
        rule = on_tensors(forward, ("next_w",), gives_cache=True)

        def of_arrays(w: Any, dw: Any, config: dict[str, Any]) -> Any:
            results = rule(w, dw, config)
            if not isinstance(results, tuple) or not isinstance(results[-1], Mapping):
                return results
            return (*results[:-1], {name: _kept(name, v) for name, v in results[-1].items()})

        return kind(of_arrays, None)

    adapter.__doc__ = kind.__doc__
    return adapter


def _kept(name: str, value: Any) -> Any:
    return to_array(name, value) if isinstance(value, load_torch().Tensor) else value
