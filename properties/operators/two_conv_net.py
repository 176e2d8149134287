"""two_conv_net: strategy over images, filters and widths, oracle, laws and mistakes."""

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
from properties.operators._convnets import channels_last, mirrored
from properties.operators._models import batch_independent, judged, scaled, settled, steps
from properties.trembling import shaken
from properties.values import Values

PARAMETERS = numbered("W", "b", last=3)
KEPT = slots(PARAMETERS)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "batch": draw(domain.integer("batch", 1, 3)),
        "channels": draw(domain.integer("channels", 1, 3)),
        "size": draw(domain.pair("size", 1, 4)),
        "filters": draw(domain.pair("filters", 1, 3)),
        "filter_sizes": (
            draw(domain.choice("first_size", (5, 3, 1))),
            draw(domain.choice("second_size", (3, 1, 5))),
        ),
        "classes": draw(domain.integer("classes", 2, 4)),
        "reg": draw(domain.choice("reg", _models.REGS)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return settled("two_conv_net", at, lambda suffix: _drawn(at, values, suffix))


def _drawn(at: Attributes, values: Values, suffix: str) -> Arrays:
    (F1, F2), (K1, K2), size = at["filters"], at["filter_sizes"], at["size"]
    features = F2 * size[0] * size[1]
    return {
        "x": values.array(f"x{suffix}", (at["batch"], at["channels"], *size)),
        "y": values.ids("y", (at["batch"],), at["classes"]),
        "W1": scaled(values, f"W1{suffix}", (F1, at["channels"], K1, K1)),
        "b1": values.tame(f"b1{suffix}", (F1,)),
        "W2": scaled(values, f"W2{suffix}", (F2, F1, K2, K2)),
        "b2": values.tame(f"b2{suffix}", (F2,)),
        "W3": scaled(values, f"W3{suffix}", (at["classes"], features)),
        "b3": values.tame(f"b3{suffix}", (at["classes"],)),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import conv2d, linear, relu

    def network(tensors: Mapping[str, Any], training: bool) -> Any:
        maps = tensors["x"]
        for i, size in enumerate(at["filter_sizes"], 1):
            maps = relu(conv2d(maps, tensors[f"W{i}"], tensors[f"b{i}"], padding=size // 2))
        return linear(maps.flatten(1), tensors["W3"], tensors["b3"])

    return judged(tensors, at, network, PARAMETERS)


CONVS = [
    f'            Conv("W{i}", "b{i}", stride=1, padding={p}),\n'
    for i, p in ((1, "first"), (2, "second"))
]
RELU = '            Activation("relu"),\n'
LAST = '            Linear("W3", "b3"),\n'
PADDING = '(self.parameters[name].shape[2] // 2 for name in ("W1", "W2"))'
BIAS_OF_ZERO = """class Conv(Conv):
    def forward(self, net, x, training):
        w, b = net.parameters[self.w], net.parameters[self.b]
        none = b if self.b == "b1" else 0 * b
        return net.call("conv2d_forward", x, w, none, stride=1, padding=self.padding)


"""

MISTAKES = (
    *_models.MISTAKES,
    edit(
        "relu after the first convolution missing",
        "the second convolution sees negative maps",
        CONVS[0] + RELU,
        CONVS[0],
    ),
    edit(
        "relu after the second convolution missing",
        "the linear layer sees negative maps",
        CONVS[1] + RELU,
        CONVS[1],
    ),
    edit("relu after the last layer", "no score is negative", LAST, LAST + RELU),
    edit(
        "paddings exchanged",
        "each convolution has the padding of the other",
        "first, second =",
        "second, first =",
    ),
    edit(
        "padding of the first convolution twice",
        "the second convolution has the padding of the first",
        PADDING,
        PADDING.replace("[name]", "['W1']"),
    ),
    edit(
        "second convolution without its bias",
        "b2 is not added",
        "class TwoConvNet",
        f"{BIAS_OF_ZERO}class TwoConvNet",
    ),
    channels_last("TwoConvNet"),
    _models.inserted(
        "filters not under the penalty",
        "the penalty counts the linear layer's weights only",
        "    def penalised(self):\n        return ['W3']\n",
    ),
)

operator = Operator(
    name="two_conv_net",
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
        Law(
            "mirror",
            "everything turned left to right gives the same scores",
            mirrored(2, lambda at: at["size"]),
        ),
    ),
    mistakes=MISTAKES,
    corners={
        **_models.corners(),
        "not square": lambda case: len(set(case.attributes["size"])) == 2,
        "as many filters": lambda case: len(set(case.attributes["filters"])) == 1,
        "filters of one size": lambda case: len(set(case.attributes["filter_sizes"])) == 1,
        "map of 1": lambda case: min(case.attributes["size"]) == 1,
    },
    workloads=(
        Workload(
            "CIFAR-10",
            {
                "batch": 4,
                "channels": 3,
                "size": (32, 32),
                "filters": (32, 16),
                "filter_sizes": (5, 3),
                "classes": 10,
                "reg": 0.01,
                "learning_rate": None,
            },
            {"first_size": 5, "second_size": 3, "steps": 1},
            judged=False,
        ),
    ),
)
