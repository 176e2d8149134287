"""Functions on torch that clip gradients where they stand, by their common norm or each number."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from candidates.conventions._probing import asked
from candidates.conventions._signatures import Call, Parameter, matched
from candidates.conventions._tensors import Place, load_torch, run, to_array
from candidates.conventions._torch_metrics import is_own_on_tensors
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult
from properties.promise import Promise

At = Mapping[str, Any]
NORM, VALUE = "clip_grad_norm", "clip_grad_value"
GRADIENTS = ("g1", "g2", "g3")


def _module(at: At, tensors: Mapping[str, Any]) -> Any:
    return load_torch().nn.ParameterList(tensors["params"])


def _optimizer(at: At, tensors: Mapping[str, Any]) -> Any:
    return load_torch().optim.SGD(tensors["params"], lr=0.1)


HOLDERS = (
    Parameter(("parameters", "params", "param_list", "parameter_list"), lambda at, t: t["params"]),
    Parameter(("model", "net", "network", "module"), _module),
    Parameter(("optimizer", "optim", "opt"), _optimizer),
)
OF_NORMS = "max_norm max_l2_norm theta clip_norm max_grad_norm grad_norm norm_clip clipping_norm m"
BOUND = Parameter(
    (*OF_NORMS.split(), *"clip_value clip grad_clip threshold max_value limit bound value".split()),
    lambda at, tensors: at.get("max_norm", at.get("clip_value")),
)
NORM_TYPE = Parameter(
    ("norm_type", "p", "ord"),
    lambda at, tensors: math.inf if at["norm_type"] == "inf" else at["norm_type"],
    {"norm_type": (2.0,)},
)

SMALL = np.array([3e-6, 4e-6])  # so small that what is added to the norm shows
SMALL_BOUND, SMALL_NORM = 1e-6, 5e-6
TORCHS_EPS = 1e-6
CLOSE = 1e-3


def call_of(function: Any) -> Call | None:
    """How to call a function of what holds the parameters, and a bound; or None."""
    for holder in HOLDERS:
        try:
            first = next(iter(inspect.signature(function).parameters), "")
        except (TypeError, ValueError):
            return None
        if first.lower() in holder.names:
            return matched(function, (holder, BOUND, NORM_TYPE))
    return None


def clipped(function: Any, at: At, gradients: Sequence[np.ndarray]) -> tuple[list[Any], Any]:
    """The gradients of parameters in float32 afterwards, and what was returned."""
    torch, call = load_torch(), call_of(function)
    assert call is not None
    parameters = []
    for gradient in gradients:
        tensor = torch.from_numpy(np.array(gradient, np.float32)).to(Place.device)
        parameters.append(torch.nn.Parameter(torch.ones_like(tensor)))
        parameters[-1].grad = tensor
    positional, named = call.arguments(at, {"params": parameters})
    returned = run(function, *positional, **named)
    return [p.grad for p in parameters], returned


@functools.cache
def shown(function: Any) -> tuple[str, bool]:
    """What a function does with small gradients, and whether it returns their norm.

    "value", "norm" with torch's 1e-6 beside the norm, "bare" without, "other" with something else;
    "" where none is to be seen.
    """

    def ask() -> list[Any]:
        at = {"max_norm": SMALL_BOUND, "norm_type": 2.0}
        (left,), returned = clipped(function, at, [SMALL])
        number = isinstance(returned, (int, float)) or getattr(returned, "ndim", None) == 0
        return [*left.tolist(), number and not isinstance(returned, bool)]

    answer = asked(ask)
    if answer is None:
        return "", False
    first, second, returns = answer
    if math.isclose(first, SMALL_BOUND, rel_tol=CLOSE) and math.isclose(second, first):
        return "value", returns
    if not first > 0 or not math.isclose(second, first * 4 / 3, rel_tol=CLOSE):
        return "", returns
    eps = SMALL_BOUND * float(SMALL[0]) / first - SMALL_NORM
    if eps < -0.1 * TORCHS_EPS:  # larger than the bound
        return "", returns
    if abs(eps - TORCHS_EPS) <= 0.01 * TORCHS_EPS:
        return "norm", returns
    return ("bare" if abs(eps) <= 0.1 * TORCHS_EPS else "other"), returns


class ByNorm:
    """`clip_grad_norm_(parameters, max_norm)`, `grad_clipping(net, theta)`: `.grad` shrinks.

    What holds the gradients is a list of parameters, a module or an optimizer.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function = forward
        self._bare = shown(forward)[0] == "bare"

    def forward(self, at: At, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
        gradients = [inputs[name] for name in GRADIENTS]
        left, returned = clipped(self._function, self._bounded(at, gradients), gradients)
        outputs = {n: to_array(n, g) for n, g in zip(GRADIENTS, left, strict=True)}
        for name, gradient in outputs.items():
            if gradient is None:
                raise WrongResult(f"{name} is None: there is no gradient any more")
        if isinstance(returned, float):
            returned = np.array(returned, np.float32)
        is_norm = returned is not None and "max_norm" in at
        return outputs | ({"norm": to_array("norm", returned)} if is_norm else {}), None

    def _bounded(self, at: At, gradients: Sequence[np.ndarray]) -> At:
        """Attributes with the bound that is torch's, for a function that adds nothing to norms."""
        if not self._bare or "max_norm" not in at:
            return at
        numbers = np.abs(np.concatenate([np.ravel(g) for g in gradients]))
        norm = np.linalg.norm(numbers, math.inf if at["norm_type"] == "inf" else at["norm_type"])
        return {**at, "max_norm": float(at["max_norm"] * norm / (norm + TORCHS_EPS))}

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        raise NotImplementedError("clipping has no gradients")


class ByValue(ByNorm):
    """`clip_grad_value_(parameters, clip_value)`: each number of `.grad` is cut off."""


def _when(operator: str, named: bool, function: Any) -> bool:
    """Whether a function clips so: by its name, or as small gradients show."""
    if inspect.isclass(function) or not is_own_on_tensors(function):
        return False
    if named or call_of(function) is None:
        return named or operator == NORM  # one of them says why it is not judged
    return (shown(function)[0] == "value") == (operator == VALUE)


def _obstacle(named: bool, function: Any) -> str:
    call = call_of(function)
    if call is None:
        return "its parameters are others than those of gradients (or a model) and a bound"
    form, _ = shown(function)
    norms = any(p.lower() in OF_NORMS.split() for p in inspect.signature(function).parameters)
    if not named and not form and not norms:
        return "small gradients do not show whether it clips by their norm or by value"
    return ""


def _told(operator: str, named: bool, function: Any) -> dict[str, Any]:
    if operator == VALUE:
        return {}
    call = call_of(function)
    assert call is not None
    form, returns = shown(function)
    domain = {n: list(v) for n, v in call.domain.items()}
    words = ["only the Euclidean norm"] if domain else []
    if form == "bare":
        words.append("nothing is added to the norm")
    if form == "other":
        domain["max_norm"] = [100.0, 10.0]
        words.append("what is added to the norm is not judged")
    told: dict[str, Any] = {"domain": domain, "differs": ", ".join(words)}
    return told | ({"outputs": [*GRADIENTS, "norm"]} if named and returns else {})


PROMISE = Promise(
    domain={"ndim": (1, 2, 3, 4)},
    beyond=("ndim",),
    keeps_dtype=False,
    dtypes=("float32",),
    mixed=True,
    layouts=(),
    outputs=GRADIENTS,
)
OF_NORM = ("clip_grad_norm", "clip_grad_norm_")
OF_VALUE = ("clip_grad_value", "clip_grad_value_")
OF_EITHER = (
    *("grad_clipping", "gradient_clipping", "clip_gradients", "clip_gradient", "clip_grad"),
    *("clip_grads", "grad_clip", "gradient_clip"),
)
ADAPTERS = {NORM: ByNorm, VALUE: ByValue}


def _spelled(operator: str, name: str) -> Spelling:
    named = name not in OF_EITHER
    return Spelling(
        operator,
        name,
        None,
        ADAPTERS[operator],
        PROMISE,
        when=functools.partial(_when, operator, named),
        obstacle=functools.partial(_obstacle, named),
        tells=lambda forward, backward: _told(operator, named, forward),
    )


SPELLINGS = [
    *(_spelled(NORM, name) for name in (*OF_NORM, *OF_EITHER)),
    *(_spelled(VALUE, name) for name in (*OF_VALUE, *OF_EITHER)),
]
