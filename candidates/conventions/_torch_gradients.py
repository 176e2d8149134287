"""How large the gradients of a torch model are: functions that return it, by layer or together.

They are handed a model, its named parameters or its parameters, one of which may have no gradient.
What they return for a small one, a dictionary, a list or a number, says which size it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from candidates.conventions._finite import on_tensors
from candidates.conventions._metrics import Arrays, Call, Form, Metric, number
from candidates.conventions._tensors import load_torch, run
from candidates.conventions._torch_sizes import MODEL, built
from candidates.spelling import Spelling
from properties.plain import WrongResult, given

GRADIENTS = ("g1", "g2", "g3")
HOLDERS = {
    "model": MODEL,
    "named": "named_parameters named_params",
    "params": "parameters params",
}
GIVE: dict[str, Callable[[Any], Any]] = {
    "model": lambda model: model,
    "named": lambda model: model.named_parameters(),
    "params": lambda model: model.parameters(),
}


def model_of(at: Mapping[str, Any], inputs: Arrays) -> Any:
    """A model whose parameters have these gradients, or none where there is no array."""
    torch = load_torch()
    rows = [(path, "trainable", (), "float32", n) for n, path in enumerate(at["names"])]
    model = built(rows)
    for name, path in zip(GRADIENTS, at["names"], strict=True):
        parameter = model.get_parameter(path)
        gradient = torch.from_numpy(np.array(inputs.get(name, 0.0)))
        parameter.data = torch.ones_like(gradient)
        parameter.grad = gradient if name in inputs else None
    return model


def is_counted(at: Mapping[str, Any], inputs: Arrays, name: str, path: str) -> bool:
    return name in inputs and (at["biases"] or not path.endswith("bias"))


def sizes(at: Mapping[str, Any], inputs: Arrays, result: Any) -> np.ndarray:
    """Sizes by layer, from a dictionary or a list of them. Raises WrongResult."""
    paths = [p for g, p in zip(GRADIENTS, at["names"], strict=True) if is_counted(at, inputs, g, p)]
    if isinstance(result, Mapping):
        if set(result) != set(paths):
            told, wanted = (", ".join(map(str, names)) or "nothing" for names in (result, paths))
            raise WrongResult(f"returned sizes of {told}, expected those of {wanted}")
        result = [result[path] for path in paths]
    if not isinstance(result, (list, tuple)):
        raise WrongResult(f"returned {type(result).__name__}, expected a dictionary or a list")
    pairs = [size[1] if isinstance(size, tuple) and len(size) == 2 else size for size in result]
    return np.array([number(size) for size in pairs], float)


def measured(role: str) -> Any:
    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
        result = given(run(function, **{role: GIVE[role](model_of(at, inputs))}))
        return number(result) if at["statistic"] == "total" else sizes(at, inputs, result)

    return call


NAMES = ("first.weight", "first.bias", "last.weight")
SMALL = {"g2": np.array([-5.0, 1.0]), "g3": np.array([[6.0, -2.0]])}
WHOLE = {"g1": np.array([3.0, -4.0, 1.0]), **SMALL}
OF_EACH: dict[str, Callable[[np.ndarray], Any]] = {
    "norm": lambda g: np.sqrt((g * g).sum()),
    "mean": lambda g: np.abs(g).mean(),
    "max": lambda g: np.abs(g).max(),
}
SAID = {"norm": "the norm", "mean": "the mean size", "max": "the largest size"}


def form(role: str, statistic: str, biases: bool, lacking: bool, spare: bool) -> Form:
    inputs = SMALL if lacking else WHOLE
    at = {"names": NAMES, "statistic": statistic, "biases": biases}
    named = zip(GRADIENTS, NAMES, strict=True)
    there = [inputs[g] for g, path in named if is_counted(at, inputs, g, path)]
    of_each = OF_EACH.get(statistic, OF_EACH["norm"])
    expected = np.array([of_each(g) for g in there])
    domain: dict[str, tuple[Any, ...]] = {"statistic": (statistic,), "biases": (biases,)}
    words = [f"{SAID[statistic]} of each layer" if statistic in SAID else "the norm of all"]
    if not biases:
        domain["lacking"] = ((), ("g1",), ("g3",))  # a gradient is left to count
        words += ["without biases"]
    if not lacking:
        domain["lacking"] = ((),)
        words += ["where every parameter has a gradient"]
    value = np.linalg.norm(expected) if statistic == "total" else expected
    return Form(role, measured(role), at, inputs, value, domain, ", ".join(words), spare=spare)


def metric(names: str, statistics: Sequence[str], text: str) -> Metric:
    """Where no form fits, the first statistic of all parameters is meant."""
    forms = [
        form(role, statistic, biases, lacking, spare=biases and statistic == statistics[0])
        for lacking in (True, False)
        for role in HOLDERS
        for statistic in statistics
        for biases in (True, False)
    ]
    domain = {"regime": ("integers", "sparse", "normal")}
    return Metric("gradient_norms", names, HOLDERS, forms, text, domain=domain, when=on_tensors)


EACH = metric(
    "gradient_norms get_gradient_norms get_grad_norms grad_norms compute_gradient_norms "
    "compute_grad_norms layer_grad_norms get_layer_grad_norms compute_layerwise_grad_norm "
    "layerwise_grad_norms gradient_flow get_gradient_flow grad_flow get_grad_flow "
    "check_gradient_flow get_grad_stats",
    ("norm", "mean", "max"),
    """`get_gradient_norms(model)`: a dictionary by name, or a list in order, one size a layer.

    Also of named_parameters. The norm, the mean size or the largest size, with or without biases:
    what a small model gives says which. Parameters without gradient are left out; what cannot do
    without one, or calls it zero, is judged where each has one.
    """,
)
TOTAL = metric(
    "get_grad_norm grad_norm compute_grad_norm total_grad_norm get_total_grad_norm gradient_norm "
    "compute_gradient_norm get_gradient_norm calculate_gradient_norm total_gradient_norm "
    "get_total_gradient_norm calc_grad_norm global_grad_norm",
    ("total", "norm"),
    """`get_grad_norm(model)`: the norm of all gradients together, also of parameters.""",
)

SPELLINGS: list[Spelling] = [spelling for metric in (EACH, TOTAL) for spelling in metric.spellings]
