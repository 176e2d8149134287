"""fully_connected_net: strategy over depth, widths, normalisation, dropout; oracle, mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.mistakes import edit
from properties.models import DEEPEST, numbered, slots
from properties.operator import Arrays, Law, Operator, Workload
from properties.operators import _models
from properties.operators._corners import each
from properties.operators._models import batch_independent, judged, scaled, settled, steps
from properties.trembling import shaken
from properties.values import Values

NORMALIZATIONS = (None, "batch", "layer")
STEMS = ("W", "b", "gamma", "beta")
DROPPED = (0.0, 0.5, 0.25, 0.8)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    normalization = draw(domain.choice("normalization", NORMALIZATIONS))
    # Of two values normalised nothing is left but a sign.
    batch = 3 if normalization == "batch" else 1
    width = 3 if normalization == "layer" else 1
    dims = draw(domain.integer("feature_dims", 1, 3))
    depth = draw(domain.integer("hidden_layers", 0, DEEPEST - 1))
    return {
        "batch": draw(domain.integer("batch", batch, 5)),
        "features": tuple(draw(domain.integer("feature", 1, 3)) for _ in range(dims)),
        "hidden": tuple(draw(domain.integer("width", width, 5)) for _ in range(depth)),
        "classes": draw(domain.integer("classes", 2, 4)),
        "normalization": normalization,
        "p": draw(domain.choice("p", DROPPED)),
        "reg": draw(domain.choice("reg", _models.REGS)),
        "fresh": draw(domain.boolean("fresh")),
        "running_var_update": draw(domain.choice("running_var_update", ("unbiased", "biased"))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return settled("fully_connected_net", at, lambda suffix: _drawn(at, values, suffix))


def _drawn(at: Attributes, values: Values, suffix: str) -> Arrays:
    N, C = at["batch"], at["classes"]
    arrays = {
        "x": values.array(f"x{suffix}", (N, *at["features"])),
        "y": values.ids("y", (N,), C),
    }
    widths = (int(np.prod(at["features"])), *at["hidden"], C)
    for i in range(1, len(widths)):
        arrays[f"W{i}"] = scaled(values, f"W{i}{suffix}", (widths[i], widths[i - 1]))
        arrays[f"b{i}"] = values.tame(f"b{i}{suffix}", (widths[i],))
        if i < len(widths) - 1:
            arrays |= _beside(at, values, suffix, i, widths[i])
    return arrays


def _beside(at: Attributes, values: Values, suffix: str, i: int, width: int) -> Arrays:
    """The scales, statistics and mask of a hidden layer."""
    arrays = {}
    if at["normalization"]:
        arrays[f"gamma{i}"] = values.positive(f"gamma{i}", (width,))
        arrays[f"beta{i}"] = values.tame(f"beta{i}{suffix}", (width,))
    if at["normalization"] == "batch":
        fresh = at["fresh"]
        mean, var = values.tame(f"mean{i}", (width,)), values.positive(f"var{i}", (width,))
        arrays[f"running_mean{i}"] = np.zeros(width) if fresh else mean
        arrays[f"running_var{i}"] = np.zeros(width) if fresh else var
    if at["p"]:
        shape = (at["batch"], width)
        arrays[f"mask{i}"] = values.rng(f"mask{i}{suffix}").random(shape) >= at["p"]
    return arrays


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import layer_norm, linear, relu

    depth, state = len(at["hidden"]) + 1, dict[str, Any]()

    def normalised(tensors: Mapping[str, Any], i: int, x: Any, training: bool) -> Any:
        if at["normalization"] == "layer":
            return layer_norm(x, x.shape[1:], tensors[f"gamma{i}"], tensors[f"beta{i}"])
        if at["normalization"] == "batch":
            return _models.batch_normalized(tensors, at, i, x, training, state)
        return x

    def network(tensors: Mapping[str, Any], training: bool) -> Any:
        out = tensors["x"].flatten(1)
        for i in range(1, depth):
            out = linear(out, tensors[f"W{i}"], tensors[f"b{i}"])
            out = relu(normalised(tensors, i, out, training))
            if training and at["p"]:
                out = out * tensors[f"mask{i}"] / (1 - at["p"])
        return linear(out, tensors[f"W{depth}"], tensors[f"b{depth}"])

    return judged(tensors, at, network, _models.present(tensors, *STEMS)) | state


def biases_before_batch_norm(at: Attributes) -> tuple[str, ...]:
    """A bias that the mean takes away again has no gradient."""
    if at["normalization"] != "batch":
        return ()
    return tuple(f"b{i}" for i in range(1, len(at["hidden"]) + 1))


PARAMETERS = tuple(name for name in numbered(*STEMS) if name not in ("gamma5", "beta5"))
KEPT = slots(PARAMETERS)
STATISTICS = numbered("running_mean", "running_var", last=DEEPEST - 1)

NORM = '            if self.normalization == "batch":\n'
BATCH = "                layers.append(BatchNorm(i, self.running_var_update))\n"
LAYER = "                layers.append(LayerNorm(i))\n"
RELU = '            layers.append(Activation("relu"))\n'
DROPPING = '                layers.append(Dropout(f"mask{i}", self.p))'
LAST = '        layers.append(Linear(f"W{depth}", f"b{depth}"))'

MISTAKES = (
    *_models.MISTAKES,
    edit("relu missing", "no nonlinearity stands between the layers", RELU, ""),
    edit(
        "relu before the normalization",
        "the normalization is that of what relu leaves",
        NORM,
        RELU + NORM,
        "layers.append(LayerNorm(i))\n" + RELU,
        "layers.append(LayerNorm(i))\n",
    ),
    edit(
        "relu after the last layer",
        "no score is negative",
        LAST,
        f"{LAST}\n        layers.append(Activation('relu'))",
    ),
    edit(
        "normalization in the first layer only",
        "the other hidden layers are not normalised",
        NORM,
        NORM.replace('"batch"', '"batch" and i == 1'),
        'if self.normalization == "layer"',
        'if self.normalization == "layer" and i == 1',
    ),
    edit(
        "no normalization of the last hidden layer",
        "the loop over normalised layers ends one early",
        NORM,
        NORM.replace('"batch"', '"batch" and i < depth - 1'),
        'if self.normalization == "layer"',
        'if self.normalization == "layer" and i < depth - 1',
    ),
    edit(
        "layer norm for batch norm",
        "statistics are those of a sample, not of the batch",
        BATCH,
        LAYER,
    ),
    edit(
        "dropout missing",
        "nothing is dropped in training",
        DROPPING,
        "                pass",
    ),
    edit(
        "dropout in the first layer only",
        "the other hidden layers keep all",
        DROPPING,
        f"                if i == 1:\n    {DROPPING}",
    ),
    edit(
        "fraction kept for fraction dropped",
        "what is kept is scaled by 1/p",
        DROPPING,
        DROPPING.replace("self.p", "1 - self.p"),
    ),
    edit(
        "one layer too few",
        "the last hidden layer is left out where its neighbours fit together",
        "for i in range(1, depth):",
        "fits = depth > 2 and self.parameters[f'W{depth}'].shape[1] == "
        "self.parameters[f'W{depth - 1}'].shape[1]\n"
        "        for i in range(1, depth - fits):",
    ),
    *_models.MISTAKES_WITH_STATE,
)


operator = Operator(
    name="fully_connected_net",
    source="torch.nn.Sequential",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    trembling=shaken(oracle),
    outputs=("scores", "loss", *STATISTICS, *PARAMETERS, *KEPT),
    differentiable=PARAMETERS,
    state=(*STATISTICS, *PARAMETERS, *KEPT),
    learned=(*PARAMETERS, *KEPT),
    constants=("scores",),
    cancelling=biases_before_batch_norm,
    steps=steps,
    regimes=_models.REGIMES,
    laws=(
        *_models.LAWS,
        Law(
            "batch independence",
            "the scores of a sample do not depend on the others",
            batch_independent,
            applies=lambda case: case.attributes["normalization"] != "batch",
        ),
    ),
    mistakes=MISTAKES,
    corners={
        **_models.corners(),
        **each("normalization", NORMALIZATIONS),
        **each("p", DROPPED),
        "no hidden layer": lambda case: not case.attributes["hidden"],
        "four hidden layers": lambda case: len(case.attributes["hidden"]) == 4,
        "images": lambda case: len(case.attributes["features"]) == 3,
        "dropout after batch norm": lambda case: (
            case.attributes["normalization"] == "batch" and case.attributes["p"] > 0
        ),
    },
    workloads=(
        Workload(
            "CIFAR-10",
            {
                "batch": 50,
                "features": (3, 32, 32),
                "hidden": (100, 100, 100),
                "classes": 10,
                "normalization": None,
                "p": 0.0,
                "reg": 0.01,
                "fresh": False,
                "running_var_update": "unbiased",
                "learning_rate": None,
            },
            {"feature_dims": 3, "feature": 32, "steps": 1, "hidden_layers": 3, "width": 100},
        ),
    ),
)
