"""The plain spelling of an operator: the reference's own signatures, arguments passed by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from properties.functions import Samples, differentiated

Function = Callable[..., Any]


class PlainFunctions:
    """`NAME_forward(arrays, attributes) -> (outputs..., cache)` and `NAME_backward -> gradients`.

    Arrays and attributes are passed by parameter name, and so are the function f and the dataset
    that are built from them. A missing backward is None. What has no gradients has no cache either:
    its forward returns the outputs alone.
    """

    def __init__(
        self,
        forward: Function,
        backward: Function | None,
        outputs: Sequence[str],
        gradients: Sequence[str],
    ) -> None:
        self._forward, self._backward = forward, backward
        self._outputs, self._gradients = tuple(outputs), tuple(gradients)
        self._parameters = tuple(inspect.signature(forward).parameters)

    def forward(self, attributes: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        named = {**attributes, **inputs}
        if "f" in self._parameters:
            named["f"] = differentiated(attributes, inputs)
        if "dataset" in self._parameters:
            named["dataset"] = Samples(attributes["states"], inputs["x"], inputs["y"])
        arguments = {name: named[name] for name in self._parameters if name in named}
        results = given(self._forward(**arguments))
        return named_results(self._outputs, results, cache=bool(self._gradients))

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        results = given(written(self._backward)(*cotangents.values(), cache))
        gradients, _ = named_results(self._gradients, results, cache=False)
        return {name: value for name, value in gradients.items() if value is not None}


def written(function: Function | None) -> Function:
    """`function`, unless there is none: then it is not written yet."""
    if function is None:
        raise NotImplementedError("there is no backward function")
    return function


def given(results: Any) -> Any:
    """`results`, unless a function returned nothing at all: then it is not written yet."""
    if results is None:
        raise NotImplementedError("returned None")
    return results


def named_results(names: Sequence[str], results: Any, *, cache: bool) -> tuple[dict[str, Any], Any]:
    """What a function returned, as named outputs and its cache (None where it returns none).

    Raises TypeError, naming what was returned, if the number of results is another one.
    """
    expected = len(names) + cache
    if expected == 1:
        return {names[0]: results}, None
    if not isinstance(results, (tuple, list)) or len(results) != expected:
        count = f" of {len(results)}" if isinstance(results, (tuple, list)) else ""
        wanted = ", ".join((*names, "cache") if cache else names)
        raise WrongResult(f"returned {type(results).__name__}{count} where ({wanted}) is expected")
    return dict(zip(names, results, strict=False)), results[-1] if cache else None


class WrongResult(TypeError):
    """A function returned another structure of results than its convention says."""
