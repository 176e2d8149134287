"""Functions that say whether an array, a tensor or a model holds nan or infinite numbers.

A tiny input shows which of the two they look for, whether they answer True for what is wrong or for
what is right, or raise; of a model, whether they look at parameters or at gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from candidates.conventions._free import is_own
from candidates.conventions._metrics import Arrays, Call, Form, Metric
from candidates.conventions._tensors import Handed, load_torch, on_torch, run
from candidates.conventions._torch_sizes import MODEL, built
from candidates.spelling import Spelling
from properties.plain import WrongResult

NAMES = ("g1", "g2", "g3")
ROLES = {
    "array": "x t a arr array tensor data value values val grad grads gradient output outputs out "
    "tens s loss loss_value l batch inputs inp input_tensor weights",
    "model": MODEL,
}
SMALL = {"nan": [1.0, np.nan], "inf": [np.inf, 2.0], "neither": [3.0, 4.0]}
TINY = {name: np.array(held) for name, held in zip(NAMES, SMALL.values(), strict=True)}
TINY_NUMBERS = {name: np.array(a.min()) for name, a in TINY.items()} | {"g2": np.array(np.inf)}
NAMED = {
    "nan": np.array([1, 0, 0]),
    "inf": np.array([0, 1, 0]),
    "either": np.array([1, 1, 0]),
}
SAID = {"nan": "nan alone", "inf": "infinite numbers alone", "either": "nan and infinite numbers"}

Ask = Callable[[Call, Arrays, str], Any]
"""What a function returns of one of the arrays."""


def of_array(function: Call, inputs: Arrays, name: str) -> Any:
    return function(array=inputs[name])


def of_tensor(function: Call, inputs: Arrays, name: str) -> Any:
    handed = Handed()
    result = run(function, array=handed(inputs[name]))
    handed.take_back()
    return result


def of_number(ask: Ask) -> Ask:
    """What a function returns of a number, if it cannot take more than one at once."""

    def call(function: Call, inputs: Arrays, name: str) -> Any:
        try:
            result = ask(function, {name: TINY["g3"].copy()}, name)
            if result is not None:
                answer(result)
        except (TypeError, ValueError, RuntimeError):
            return ask(function, inputs, name)
        raise WrongResult("takes several numbers")

    return call


LAYERS = ("first.weight", "first.bias", "last.weight")


def model_with(parameters: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> Any:
    """A model of two layers that holds these."""
    rows = [(path, "trainable", (), "float32", n) for n, path in enumerate(LAYERS)]
    model, torch = built(rows), load_torch()
    for parameter, data, grad in zip(model.parameters(), parameters, gradients, strict=True):
        parameter.data = torch.from_numpy(np.array(data))
        parameter.grad = torch.from_numpy(np.array(grad))
    return model


def of_parameters(function: Call, inputs: Arrays, name: str) -> Any:
    """The array is one of the parameters; the others, and all gradients, are zero."""
    zeros = [np.zeros_like(inputs[n]) for n in NAMES]
    alone = [inputs[n] if n == name else zero for n, zero in zip(NAMES, zeros, strict=True)]
    return run(function, model=model_with(alone, zeros))


def of_gradients(function: Call, inputs: Arrays, name: str) -> Any:
    """The array is one of the gradients; the others, and all parameters, are zero."""
    zeros = [np.zeros_like(inputs[n]) for n in NAMES]
    alone = [inputs[n] if n == name else zero for n, zero in zip(NAMES, zeros, strict=True)]
    return run(function, model=model_with(zeros, alone))


def answer(result: Any) -> bool:
    """What a function said, True or False. Raises WrongResult where it said neither."""
    if isinstance(result, (bool, int, np.bool_, np.integer)):
        return bool(result)
    if getattr(result, "shape", None) == () and hasattr(result, "dtype"):
        return bool(result)
    raise WrongResult(f"returned {type(result).__name__}, expected True or False")


def answering(ask: Ask, turned: bool) -> Any:
    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
        told = [answer(ask(function, inputs, name)) is not turned for name in NAMES]
        return np.array(told, int)

    return call


@dataclass(frozen=True)
class Raised(Form):
    """A form that is to be seen where something is raised."""

    def shaped(self, result: Any) -> bool:
        return super().shaped(result) and bool(np.any(result))


def raising(ask: Ask) -> Any:
    def raises(function: Call, inputs: Arrays, name: str) -> bool:
        try:
            ask(function, inputs, name)
        except NotImplementedError:
            raise
        except (ValueError, ArithmeticError, AssertionError, RuntimeError):
            return True
        return False

    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
        return np.array([raises(function, inputs, name) for name in NAMES], int)

    return call


def form(role: str, ask: Ask, kind: str, how: str, numbers: bool, spare: bool) -> Form:
    """how: "says" where True is for what is wrong, "denies" where it is for what is right."""
    way = of_number(ask) if numbers else ask
    call = raising(way) if how == "raises" else answering(way, how == "denies")
    words = [SAID[kind], *(["raised"] if how == "raises" else [])]
    words += ["of gradients"] if ask is of_gradients else []
    words += ["of a single number"] if numbers else []
    domain: dict[str, tuple[Any, ...]] = {"kind": (kind,), **({"ndim": (0,)} if numbers else {})}
    tiny = TINY_NUMBERS if numbers else TINY
    at = {"kind": kind, "limit": None}
    made = Raised if how == "raises" else Form
    return made(role, call, at, tiny, NAMED[kind], domain, ", ".join(words), spare=spare)


def forms(asks: Mapping[Ask, str], kinds: Sequence[str], hows: Sequence[str]) -> list[Form]:
    """Every form of these; where none fits, the first kind is meant, said the first way."""
    return [
        form(role, ask, kind, how, numbers, spare=how in (hows[0], "raises") and kind == kinds[0])
        for ask, role in asks.items()
        for numbers in ((False, True) if role == "array" else (False,))
        for how in hows
        for kind in kinds
    ]


DOMAIN = {"limit": (None,), "size": (1, 2, 3)}
NAN_NAMES = (
    "has_nan hasnan has_nans contains_nan contains_nans any_nan has_nan_values is_nan has_any_nan "
    "param_has_nan params_have_nan model_has_nan"
)
INF_NAMES = "has_inf has_infs contains_inf any_inf has_inf_values is_inf"
EITHER_NAMES = (
    "has_nan_or_inf contains_nan_or_inf has_inf_or_nan is_nan_or_inf any_nan_or_inf "
    "has_invalid_values has_nonfinite contains_invalid"
)
FINITE_NAMES = "is_finite all_finite is_all_finite check_finite assert_finite ensure_finite"
CHECK_NAMES = (
    "check_nan check_nans check_for_nan check_for_nans detect_nan check_nan_inf check_nan_or_inf "
    "check_inf_nan is_loss_nan check_loss check_tensor check_numerics check_model_for_nan "
    "check_params_for_nan check_model_nan nan_check"
)
GRADIENT_NAMES = (
    "has_nan_grad has_nan_grads has_nan_gradients check_nan_grad check_nan_gradients "
    "check_grad_nan grads_are_finite gradients_are_finite check_gradients check_grads_finite"
)


def metrics(asks: Mapping[Ask, str], when: Callable[[Any], bool]) -> list[Metric]:
    def metric(names: str, kinds: Sequence[str], hows: Sequence[str], text: str) -> Metric:
        roles = {role: ROLES[role] for role in asks.values()}
        every = forms(asks, kinds, hows)
        return Metric("check_finite", names, roles, every, text, domain=DOMAIN, when=when)

    return [
        metric(NAN_NAMES, ("nan", "either"), ("says",), HAS),
        metric(INF_NAMES, ("inf", "either"), ("says",), HAS),
        metric(EITHER_NAMES, ("either",), ("says",), HAS),
        metric(FINITE_NAMES, ("either",), ("denies", "says", "raises"), IS),
        metric(CHECK_NAMES, ("nan", "either", "inf"), ("says", "denies", "raises"), CHECK),
    ]


HAS = """`has_nan(x)`, `has_inf(x)`, `has_nan_or_inf(x)` or of a model: whether a number of it is.

    What looks for either under the name of one is judged as such: three small arrays show it.
    """
IS = """`is_finite(x)`: whether no number of it is nan or infinite; `check_finite(x)` may raise."""
CHECK = """`check_nan(x)`: True where a number of it is wrong or where none is, or it raises.

    Three small arrays show which, and whether it looks for infinite numbers too.
    """
OF_GRADIENTS = """`has_nan_grad(model)`: whether a number in the gradients is nan, or infinite."""


def on_tensors(function: Any) -> bool:
    """Whether it is torch's, or may be: it names neither library and stands beside torch."""
    if not is_own(function) or on_torch(function):
        return is_own(function)
    names = getattr(getattr(function, "__code__", None), "co_names", ())
    beside = "torch" in getattr(function, "__globals__", {})
    return beside and not {"np", "numpy"} & set(names)


def on_arrays(function: Any) -> bool:
    return is_own(function) and not on_tensors(function)


OF_TORCH = metrics({of_tensor: "array", of_parameters: "model"}, on_tensors)
GRADIENTS = Metric(
    "check_finite",
    GRADIENT_NAMES,
    {"model": MODEL},
    forms({of_gradients: "model"}, ("nan", "either", "inf"), ("says", "denies", "raises")),
    OF_GRADIENTS,
    domain=DOMAIN,
    when=on_tensors,
)
OF_TORCH_SPELLINGS: list[Spelling] = [
    spelling for metric in (*OF_TORCH, GRADIENTS) for spelling in metric.spellings
]
OF_NUMPY_SPELLINGS: list[Spelling] = [
    spelling for metric in metrics({of_array: "array"}, on_arrays) for spelling in metric.spellings
]
