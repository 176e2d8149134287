"""three_layer_convnet: strategy over images, filters and widths, oracle, laws and mistakes."""

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
from properties.operators._convnets import channels_last, mirrored, without_pooling
from properties.operators._models import batch_independent, judged, scaled, settled, steps
from properties.trembling import shaken
from properties.values import Values

PARAMETERS = numbered("W", "b", last=3)
KEPT = slots(PARAMETERS)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    half = draw(domain.pair("half", 1, 3))
    return {
        "batch": draw(domain.integer("batch", 1, 3)),
        "channels": draw(domain.integer("channels", 1, 3)),
        "size": (2 * half[0], 2 * half[1]),
        "filters": draw(domain.integer("filters", 1, 3)),
        "filter_size": draw(domain.choice("filter_size", (3, 1, 5))),
        "hidden": draw(domain.integer("hidden", 1, 4)),
        "classes": draw(domain.integer("classes", 2, 4)),
        "reg": draw(domain.choice("reg", _models.REGS)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return settled("three_layer_convnet", at, lambda suffix: _drawn(at, values, suffix))


def _drawn(at: Attributes, values: Values, suffix: str) -> Arrays:
    N, C, F, K = at["batch"], at["channels"], at["filters"], at["filter_size"]
    height, width = pooled(at)
    return {
        "x": values.array(f"x{suffix}", (N, C, *at["size"])),
        "y": values.ids("y", (N,), at["classes"]),
        "W1": scaled(values, f"W1{suffix}", (F, C, K, K)),
        "b1": values.tame(f"b1{suffix}", (F,)),
        "W2": scaled(values, f"W2{suffix}", (at["hidden"], F * height * width)),
        "b2": values.tame(f"b2{suffix}", (at["hidden"],)),
        "W3": scaled(values, f"W3{suffix}", (at["classes"], at["hidden"])),
        "b3": values.tame(f"b3{suffix}", (at["classes"],)),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import conv2d, linear, max_pool2d, relu

    def network(tensors: Mapping[str, Any], training: bool) -> Any:
        padding = at["filter_size"] // 2
        maps = relu(conv2d(tensors["x"], tensors["W1"], tensors["b1"], padding=padding))
        hidden = relu(linear(max_pool2d(maps, 2).flatten(1), tensors["W2"], tensors["b2"]))
        return linear(hidden, tensors["W3"], tensors["b3"])

    return judged(tensors, at, network, PARAMETERS)


def pooled(at: Attributes) -> tuple[int, int]:
    """The height and width of what the pooling leaves."""
    return at["size"][0] // 2, at["size"][1] // 2


CONV = 'Conv("W1", "b1", stride=1, padding=padding),\n            Activation("relu"),'
POOL = "MaxPool(2, stride=2),"
HIDDEN = 'Linear("W2", "b2"),\n            Activation("relu"),'

MISTAKES = (
    *_models.MISTAKES,
    edit(
        "relu after the convolution missing",
        "the pooling sees negative maps",
        CONV,
        CONV.replace('\n            Activation("relu"),', ""),
    ),
    edit(
        "relu after the hidden layer missing",
        "the hidden layer is linear",
        HIDDEN,
        'Linear("W2", "b2"),',
    ),
    edit(
        "relu after the last layer",
        "no score is negative",
        'Linear("W3", "b3"),',
        'Linear("W3", "b3"),\n            Activation("relu"),',
    ),
    without_pooling("ThreeLayerConvNet", POOL),
    edit(
        "padding of a kernel of 3 always",
        "the padding is 1 where the filter has another size and the map still fits",
        'padding = (self.parameters["W1"].shape[2] - 1) // 2',
        "padding = 1",
    ),
    channels_last("ThreeLayerConvNet"),
    _models.inserted(
        "filters not under the penalty",
        "the penalty counts the fully connected weights only",
        "    def penalised(self):\n        return ['W2', 'W3']\n",
    ),
)

operator = Operator(
    name="three_layer_convnet",
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
        Law("mirror", "everything turned left to right gives the same scores", mirrored(1, pooled)),
    ),
    mistakes=MISTAKES,
    corners={
        **_models.corners(),
        "not square": lambda case: len(set(case.attributes["size"])) == 2,
        "filter of 1": lambda case: case.attributes["filter_size"] == 1,
        "filter of 5": lambda case: case.attributes["filter_size"] == 5,
        "map of 2": lambda case: min(case.attributes["size"]) == 2,
    },
    workloads=(
        Workload(
            "CIFAR-10",
            {
                "batch": 8,
                "channels": 3,
                "size": (32, 32),
                "filters": 32,
                "filter_size": 7,
                "hidden": 100,
                "classes": 10,
                "reg": 0.01,
                "learning_rate": None,
            },
            {"half": (16, 16), "steps": 1},
            judged=False,
        ),
    ),
)
