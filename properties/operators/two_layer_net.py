"""two_layer_net: strategy over widths, activations and training steps, oracle, laws, mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.mistakes import edit
from properties.models import numbered, slots
from properties.operator import Arrays, Law, Operator, Workload
from properties.operators import _models
from properties.operators._corners import each
from properties.operators._models import batch_independent, judged, scaled, settled, steps
from properties.trembling import shaken
from properties.values import Values

ACTIVATIONS = ("relu", "sigmoid", "tanh")
PARAMETERS = numbered("W", "b", last=2)
KEPT = slots(PARAMETERS)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    dims = draw(domain.integer("feature_dims", 1, 3))
    return {
        "batch": draw(domain.integer("batch", 1, 4)),
        "features": tuple(draw(domain.integer("feature", 1, 3)) for _ in range(dims)),
        "hidden": draw(domain.integer("hidden", 1, 5)),
        "classes": draw(domain.integer("classes", 2, 4)),
        "activation": draw(domain.choice("activation", ACTIVATIONS)),
        "reg": draw(domain.choice("reg", _models.REGS)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return settled("two_layer_net", at, lambda suffix: _drawn(at, values, suffix))


def _drawn(at: Attributes, values: Values, suffix: str) -> Arrays:
    N, H, C = at["batch"], at["hidden"], at["classes"]
    x = values.array(f"x{suffix}", (N, *at["features"]))
    return {
        "x": x,
        "y": values.ids("y", (N,), C),
        "W1": scaled(values, f"W1{suffix}", (H, x[0].size)),
        "b1": values.tame(f"b1{suffix}", (H,)),
        "W2": scaled(values, f"W2{suffix}", (C, H)),
        "b2": values.tame(f"b2{suffix}", (C,)),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torch.nn.functional import linear

    activation = getattr(torch, at["activation"])

    def network(tensors: Mapping[str, Any], training: bool) -> Any:
        hidden = activation(linear(tensors["x"].flatten(1), tensors["W1"], tensors["b1"]))
        return linear(hidden, tensors["W2"], tensors["b2"])

    return judged(tensors, at, network, PARAMETERS)


LAYERS = "return [Flatten(), first, Activation(self.activation), second]"

MISTAKES = (
    *_models.MISTAKES,
    edit(
        "activation missing",
        "the two layers follow each other without a nonlinearity",
        LAYERS,
        "return [Flatten(), first, second]",
    ),
    edit(
        "activation after the last layer",
        "the scores have passed the nonlinearity too",
        LAYERS,
        "return [Flatten(), first, Activation(self.activation), second, "
        "Activation(self.activation)]",
    ),
    edit(
        "activation before the first layer",
        "the nonlinearity is applied to the batch, not to the hidden layer",
        LAYERS,
        "return [Flatten(), Activation(self.activation), first, second]",
    ),
    edit(
        "other activation",
        "relu and sigmoid are exchanged, and tanh is relu",
        LAYERS,
        "other = 'sigmoid' if self.activation == 'relu' else 'relu'\n"
        "        return [Flatten(), first, Activation(other), second]",
    ),
)

operator = Operator(
    name="two_layer_net",
    source="torch.nn.Sequential",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    trembling=shaken(oracle),
    outputs=("scores", "loss", *PARAMETERS, *KEPT),
    differentiable=PARAMETERS,
    state=(*PARAMETERS, *KEPT),
    learned=(*PARAMETERS, *KEPT),
    constants=("scores",),
    steps=steps,
    regimes=_models.REGIMES,
    laws=(
        *_models.LAWS,
        Law(
            "batch independence",
            "the scores of a sample do not depend on the others",
            batch_independent,
        ),
    ),
    mistakes=MISTAKES,
    corners={
        **_models.corners(),
        **each("activation", ACTIVATIONS),
        "hidden 1": lambda case: case.attributes["hidden"] == 1,
        "images": lambda case: len(case.attributes["features"]) == 3,
    },
    workloads=(
        Workload(
            "CIFAR-10",
            {
                "batch": 64,
                "features": (3, 32, 32),
                "hidden": 50,
                "classes": 10,
                "activation": "relu",
                "reg": 0.01,
                "learning_rate": None,
            },
            {"feature_dims": 3, "feature": 32, "steps": 1},
        ),
    ),
)
