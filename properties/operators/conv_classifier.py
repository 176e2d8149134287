"""conv_classifier: strategy over windows, images and filters, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.models import numbered, slots
from properties.operator import Arrays, Law, Operator, Workload
from properties.operators import _models
from properties.operators._convnets import channels_last, mirrored
from properties.operators._models import batch_independent, judged, scaled, settled, steps
from properties.trembling import shaken
from properties.values import Values

PARAMETERS = numbered("W", "b", last=2)
KEPT = slots(PARAMETERS)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    pooled = draw(domain.pair("pooled", 1, 2))
    remainder = draw(domain.pair("remainder", 0, 1))
    kernel = draw(domain.choice("filter_size", (3, 1, 2, 5)))
    stride = draw(domain.integer("stride", 1, 2))
    window = draw(domain.choice("pool_size", (2, 1, 3)))
    pool_stride = draw(domain.integer("pool_stride", 1, 2))
    maps = _read(pooled, window, pool_stride, remainder)
    padded = _read(maps, kernel, stride, remainder)
    # Windows of padding alone would be tied.
    padding = draw(domain.integer("padding", 0, min(2, kernel - 1, (min(padded) - 1) // 2)))
    return {
        "batch": draw(domain.integer("batch", 1, 3)),
        "channels": draw(domain.integer("channels", 1, 2)),
        "size": (padded[0] - 2 * padding, padded[1] - 2 * padding),
        "filters": draw(domain.integer("filters", 1, 3)),
        "filter_size": kernel,
        "stride": stride,
        "padding": padding,
        "pool_size": window,
        "pool_stride": pool_stride,
        "classes": draw(domain.integer("classes", 2, 4)),
        "reg": draw(domain.choice("reg", _models.REGS)),
    }


def _read(
    count: tuple[int, int], window: int, stride: int, remainder: tuple[int, int]
) -> tuple[int, int]:
    """The height and width that `count` windows read; a stride of 1 leaves no remainder."""
    height, width = (
        (n - 1) * stride + window + min(rest, stride - 1)
        for n, rest in zip(count, remainder, strict=True)
    )
    return height, width


def maps(at: Attributes) -> tuple[int, int]:
    """The height and width of what the convolution gives."""
    return _windows(at["size"], at["filter_size"], at["stride"], at["padding"])


def pooled(at: Attributes) -> tuple[int, int]:
    """The height and width of what the pooling leaves."""
    return _windows(maps(at), at["pool_size"], at["pool_stride"], 0)


def _windows(size: tuple[int, int], window: int, stride: int, padding: int) -> tuple[int, int]:
    height, width = ((n + 2 * padding - window) // stride + 1 for n in size)
    return height, width


def inputs(at: Attributes, values: Values) -> Arrays:
    return settled("conv_classifier", at, lambda suffix: _drawn(at, values, suffix))


def _drawn(at: Attributes, values: Values, suffix: str) -> Arrays:
    N, C, F, K = at["batch"], at["channels"], at["filters"], at["filter_size"]
    height, width = pooled(at)
    return {
        "x": values.array(f"x{suffix}", (N, C, *at["size"])),
        "y": values.ids("y", (N,), at["classes"]),
        "W1": scaled(values, f"W1{suffix}", (F, C, K, K)),
        "b1": values.tame(f"b1{suffix}", (F,)),
        "W2": scaled(values, f"W2{suffix}", (at["classes"], F * height * width)),
        "b2": values.tame(f"b2{suffix}", (at["classes"],)),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import conv2d, linear, max_pool2d, relu

    def network(tensors: Mapping[str, Any], training: bool) -> Any:
        windows = {"stride": at["stride"], "padding": at["padding"]}
        maps = relu(conv2d(tensors["x"], tensors["W1"], tensors["b1"], **windows))
        pooled = max_pool2d(maps, at["pool_size"], stride=at["pool_stride"])
        return linear(pooled.flatten(1), tensors["W2"], tensors["b2"])

    return judged(tensors, at, network, PARAMETERS)


def is_read_whole(case: Case) -> bool:
    """Whether the windows reach the last row and column, so that an image can be turned."""
    at = case.attributes
    whole = (n + 2 * at["padding"] - at["filter_size"] for n in at["size"])
    pooled = (n - at["pool_size"] for n in maps(at))
    return not any(n % at["stride"] for n in whole) and not any(
        n % at["pool_stride"] for n in pooled
    )


CONV = 'Conv("W1", "b1", stride=self.stride, padding=self.padding),'
RELU = '            Activation("relu"),\n'
POOL = "MaxPool(self.pool_size, stride=self.pool_stride),"
LAST = 'Linear("W2", "b2"),'
AVERAGE = """class AveragePool:
    def __init__(self, size, stride):
        self.size, self.stride = size, stride

    def forward(self, net, x, training):
        return net.call("avg_pool2d_forward", x, self.size, stride=self.stride)

    def backward(self, net, dout, cache):
        return net.call("avg_pool2d_backward", dout, cache), {}


"""

MISTAKES = (
    *_models.MISTAKES,
    edit("relu missing", "no nonlinearity stands between the layers", RELU, ""),
    edit(
        "relu after the last layer",
        "no score is negative",
        LAST,
        f"{LAST}\n{RELU.rstrip()}",
    ),
    edit(
        "relu before the convolution",
        "the nonlinearity is applied to the images",
        f"            {CONV}\n{RELU}",
        f"{RELU}            {CONV}\n",
    ),
    edit(
        "average of the windows",
        "the pooling takes the mean, not the largest",
        POOL,
        POOL.replace("MaxPool", "AveragePool"),
        "class ConvClassifier",
        f"{AVERAGE}class ConvClassifier",
    ),
    edit(
        "padding ignored",
        "the images are not padded",
        CONV,
        CONV.replace("self.padding", "0"),
    ),
    edit(
        "stride of pooling is its window",
        "windows stand beside each other, whatever the stride",
        POOL,
        POOL.replace("self.pool_stride", "self.pool_size"),
    ),
    channels_last("ConvClassifier"),
    _models.inserted(
        "filters not under the penalty",
        "the penalty counts the linear layer's weights only",
        "    def penalised(self):\n        return ['W2']\n",
    ),
)

operator = Operator(
    name="conv_classifier",
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
            mirrored(1, pooled),
            applies=is_read_whole,
        ),
    ),
    mistakes=MISTAKES,
    corners={
        **_models.corners(),
        "not square": lambda case: len(set(case.attributes["size"])) == 2,
        "padding": lambda case: case.attributes["padding"] > 0,
        "stride of 2": lambda case: case.attributes["stride"] == 2,
        "pooling windows overlap": lambda case: (
            case.attributes["pool_size"] > case.attributes["pool_stride"]
        ),
        "rows that no window reads": lambda case: not is_read_whole(case),
        "several maps flattened": lambda case: (
            case.attributes["filters"] > 1 and max(pooled(case.attributes)) > 1
        ),
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
                "stride": 1,
                "padding": 0,
                "pool_size": 2,
                "pool_stride": 2,
                "classes": 10,
                "reg": 0.01,
                "learning_rate": None,
            },
            {"pooled": (13, 13), "remainder": (0, 0), "steps": 1},
            judged=False,
        ),
    ),
)
