"""custom_cnn: strategy over depth, pooling, normalisation, head and dropout; oracle, mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.models import numbered, slots
from properties.operator import Arrays, Law, Operator, Workload
from properties.operators import _models
from properties.operators._convnets import channels_last, mirrored
from properties.operators._corners import each
from properties.operators._models import batch_independent, judged, scaled, settled, steps
from properties.trembling import shaken
from properties.values import Values

CONVOLUTIONS = (1, 2, 1, 3, 2, 6)
DEEPEST = max(CONVOLUTIONS) + 3
HEADS = ("flatten", "average")
DROPPED = (0.0, 0.5, 0.25)
STEMS = ("W", "b", "gamma", "beta")


def stated(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """The shape of a network that is given as it is."""
    names = ("size", "filters", "pools", "hidden")
    return {name: draw(domain.choice(name, ())) for name in names}


def shaped(draw: DrawFn, domain: Domain, normalized: bool) -> dict[str, Any]:
    """The shape of a small network."""
    # Six small batches normalised one after the other leave few digits.
    depths = [n for n in CONVOLUTIONS if n <= (3 if normalized else 6)]
    count = draw(domain.choice("convolutions", depths))
    halved = draw(domain.integer("halved", 0, min(count, 2)))
    last = draw(domain.pair("maps", 1, 2))
    rest = draw(domain.pair("remainder", 0, 1))
    height, width = (n * 2**halved + (r if halved else 0) for n, r in zip(last, rest, strict=True))
    first = draw(domain.integer("first_pool", 0, count - halved)) if halved else 0
    hidden = draw(domain.integer("hidden_layers", 0, 2))
    return {
        "size": (height, width),
        "filters": tuple(draw(domain.integer("filter", 1, 3)) for _ in range(count)),
        "pools": tuple(first <= i < first + halved for i in range(count)),
        "hidden": tuple(draw(domain.integer("width", 1, 4)) for _ in range(hidden)),
    }


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    normalized = draw(domain.boolean("normalized"))
    whole = "filters" in domain.allowed
    shape = stated(draw, domain) if whole else shaped(draw, domain, normalized)
    return {
        # Of two values normalised nothing is left but a sign.
        "batch": draw(domain.integer("batch", 3 if normalized else 1, 3)),
        "channels": draw(domain.integer("channels", 1, 2)),
        "size": shape["size"],
        "filters": shape["filters"],
        "filter_size": draw(domain.choice("filter_size", (3, 1))),
        "pools": shape["pools"],
        "head": draw(domain.choice("head", HEADS)),
        "hidden": shape["hidden"],
        "classes": draw(domain.integer("classes", 2, 4)),
        "normalized": normalized,
        "p": draw(domain.choice("p", DROPPED)),
        "reg": draw(domain.choice("reg", _models.REGS)),
        "fresh": draw(domain.boolean("fresh")),
        "running_var_update": draw(domain.choice("running_var_update", ("unbiased", "biased"))),
    }


def few_steps(draw: DrawFn, domain: Domain) -> tuple[Attributes, ...]:
    """No more than two: a network of nine layers takes its time."""
    return steps(draw, domain)[:2]


def maps(at: Attributes) -> tuple[int, int]:
    """The height and width of what the first fully connected layer reads."""
    if at["head"] == "average":
        return 1, 1
    halvings = 2 ** sum(at["pools"])
    return at["size"][0] // halvings, at["size"][1] // halvings


def inputs(at: Attributes, values: Values) -> Arrays:
    return settled("custom_cnn", at, lambda suffix: _drawn(at, values, suffix))


def _drawn(at: Attributes, values: Values, suffix: str) -> Arrays:
    arrays = {
        "x": values.array(f"x{suffix}", (at["batch"], at["channels"], *at["size"])),
        "y": values.ids("y", (at["batch"],), at["classes"]),
    }
    kernel = (at["filter_size"], at["filter_size"])
    read, convolutions = at["channels"], len(at["filters"])
    for i, filters in enumerate(at["filters"], 1):
        arrays[f"W{i}"] = scaled(values, f"W{i}{suffix}", (filters, read, *kernel))
        arrays[f"b{i}"] = values.tame(f"b{i}{suffix}", (filters,))
        if at["normalized"]:
            arrays |= _beside(at, values, suffix, i, filters)
        read = filters
    read *= int(np.prod(maps(at)))
    for i, width in enumerate((*at["hidden"], at["classes"]), convolutions + 1):
        arrays[f"W{i}"] = scaled(values, f"W{i}{suffix}", (width, read))
        arrays[f"b{i}"] = values.tame(f"b{i}{suffix}", (width,))
        if at["p"] and i <= convolutions + len(at["hidden"]):
            kept = values.rng(f"mask{i}{suffix}").random((at["batch"], width)) >= at["p"]
            arrays[f"mask{i}"] = kept
        read = width
    return arrays


def _beside(at: Attributes, values: Values, suffix: str, i: int, width: int) -> Arrays:
    """The scales and statistics of a normalized convolution."""
    mean, var = values.tame(f"mean{i}", (width,)), values.positive(f"var{i}", (width,))
    return {
        f"gamma{i}": values.positive(f"gamma{i}", (width,)),
        f"beta{i}": values.tame(f"beta{i}{suffix}", (width,)),
        f"running_mean{i}": np.zeros(width) if at["fresh"] else mean,
        f"running_var{i}": np.zeros(width) if at["fresh"] else var,
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.nn.functional import adaptive_avg_pool2d, conv2d, linear, max_pool2d, relu

    convolutions, state = len(at["filters"]), dict[str, Any]()
    last = convolutions + len(at["hidden"]) + 1

    def network(tensors: Mapping[str, Any], training: bool) -> Any:
        out = tensors["x"]
        for i, pooled in enumerate(at["pools"], 1):
            out = conv2d(out, tensors[f"W{i}"], tensors[f"b{i}"], padding=at["filter_size"] // 2)
            if at["normalized"]:
                out = _models.batch_normalized(tensors, at, i, out, training, state)
            out = max_pool2d(relu(out), 2) if pooled else relu(out)
        if at["head"] == "average":
            out = adaptive_avg_pool2d(out, 1)
        out = out.flatten(1)
        for i in range(convolutions + 1, last):
            out = relu(linear(out, tensors[f"W{i}"], tensors[f"b{i}"]))
            if training and at["p"]:
                out = out * tensors[f"mask{i}"] / (1 - at["p"])
        return linear(out, tensors[f"W{last}"], tensors[f"b{last}"])

    return judged(tensors, at, network, _models.present(tensors, *STEMS, last=DEEPEST)) | state


def biases_before_batch_norm(at: Attributes) -> tuple[str, ...]:
    """A bias that the mean takes away again has no gradient."""
    return tuple(f"b{i}" for i in range(1, len(at["filters"]) + 1)) if at["normalized"] else ()


def turned(run: Any, case: Case, inputs: Arrays) -> Any:
    """The mirror law, for as many convolutions as there are."""
    return mirrored(len(case.attributes["filters"]), maps)(run, case, inputs)


def is_read_whole(case: Case) -> bool:
    """Whether pooling windows reach the last row and column, so that an image can be turned."""
    halvings = 2 ** sum(case.attributes["pools"])
    return not any(n % halvings for n in case.attributes["size"])


PARAMETERS = (
    *numbered("W", "b", last=DEEPEST),
    *numbered("gamma", "beta", last=max(CONVOLUTIONS)),
)
KEPT = slots(PARAMETERS)
STATISTICS = numbered("running_mean", "running_var", last=max(CONVOLUTIONS))

INDENT = " " * 12
RELU = f'{INDENT}layers.append(Activation("relu"))\n'
NORMALIZING = "layers.append(BatchNorm(i, self.running_var_update))"
NORM = f"{INDENT}if self.normalized:\n{INDENT}    {NORMALIZING}\n"
POOL = f"{INDENT}if pooled:\n{INDENT}    layers.append(MaxPool(2, stride=2))\n"
FLATTEN = "return [*layers, Flatten(), *self._fully_connected()]"
HIDDEN = 'layers += [Linear(f"W{i}", f"b{i}"), Activation("relu")]'
DROPPING = 'layers.append(Dropout(f"mask{i}", self.p))'
LAST = 'return [*layers, Linear(f"W{depth}", f"b{depth}")]'
LARGEST = """class GlobalAveragePool:
    def forward(self, net, x, training):
        rows = x.reshape(*x.shape[:2], -1)
        return rows.max(axis=2)[..., None, None], (x.shape, rows.argmax(axis=2))

    def backward(self, net, dout, cache):
        import numpy as np

        dx = np.zeros((*cache[1].shape, cache[0][2] * cache[0][3]), dout.dtype)
        np.put_along_axis(dx, cache[1][..., None], dout[..., 0], axis=2)
        return dx.reshape(cache[0]), {}


"""

MISTAKES = (
    *_models.MISTAKES,
    edit("relu missing after the convolutions", "the maps keep their negative numbers", RELU, ""),
    edit(
        "relu before the normalization",
        "the normalization is that of what relu leaves",
        NORM + RELU,
        RELU + NORM,
    ),
    edit(
        "normalization after the first convolution only",
        "the other convolutions are not normalised",
        "if self.normalized:",
        "if self.normalized and i == 1:",
    ),
    edit(
        "pooling before the normalization",
        "the statistics are those of what pooling leaves",
        NORM + RELU + POOL,
        POOL + NORM + RELU,
    ),
    edit(
        "pooling after other convolutions",
        "the maps are halved at the other end of the network",
        "enumerate(self.pools, 1)",
        "enumerate(self.pools[::-1], 1)",
    ),
    edit(
        "largest of each map in the head",
        "the global pooling takes the maximum, not the mean",
        "class CustomCnn",
        f"{LARGEST}class CustomCnn",
    ),
    channels_last("CustomCnn", FLATTEN),
    edit(
        "relu missing between fully connected layers",
        "hidden layers are linear",
        HIDDEN,
        HIDDEN.replace(', Activation("relu")', ""),
    ),
    edit(
        "relu after the last layer",
        "no score is negative",
        LAST,
        LAST.replace(")]", '), Activation("relu")]'),
    ),
    edit("dropout missing", "nothing is dropped in training", DROPPING, "pass"),
    edit(
        "fraction kept for fraction dropped",
        "what is kept is scaled by 1/p",
        DROPPING,
        DROPPING.replace("self.p", "1 - self.p"),
    ),
    *_models.MISTAKES_WITH_STATE,
    _models.inserted(
        "filters not under the penalty",
        "the penalty counts the fully connected weights only",
        "    def penalised(self):\n"
        "        names = super().penalised()\n"
        "        return [name for name in names if self.parameters[name].ndim == 2]\n",
    ),
)

operator = Operator(
    name="custom_cnn",
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
    steps=few_steps,
    regimes=_models.REGIMES,
    laws=(
        *_models.LAWS,
        Law(
            "batch independence",
            "the scores of a sample do not depend on the others",
            batch_independent,
            applies=lambda case: not case.attributes["normalized"],
        ),
        Law(
            "mirror",
            "everything turned left to right gives the same scores",
            turned,
            applies=is_read_whole,
        ),
    ),
    mistakes=MISTAKES,
    corners={
        **_models.corners(),
        "several steps": lambda case: len(case.steps) == 2,
        **each("head", HEADS),
        **each("p", DROPPED),
        **each("normalized", (False, True)),
        "six convolutions": lambda case: len(case.attributes["filters"]) == 6,
        "two poolings": lambda case: sum(case.attributes["pools"]) == 2,
        "no pooling": lambda case: not any(case.attributes["pools"]),
        "two hidden layers": lambda case: len(case.attributes["hidden"]) == 2,
        "no hidden layer": lambda case: not case.attributes["hidden"],
        "not square": lambda case: len(set(case.attributes["size"])) == 2,
        "rows that pooling leaves out": lambda case: not is_read_whole(case),
    },
    workloads=(
        Workload(
            "VGG-like on CIFAR-10",
            {
                "batch": 2,
                "channels": 3,
                "size": (32, 32),
                "filters": (64, 64, 128, 128, 256),
                "filter_size": 3,
                "pools": (False, True, False, True, True),
                "head": "flatten",
                "hidden": (512,),
                "classes": 10,
                "normalized": False,
                "p": 0.5,
                "reg": 0.0,
                "fresh": True,
                "running_var_update": "unbiased",
                "learning_rate": None,
            },
            {"steps": 1, "convolutions": 5, "hidden_layers": 1},
            judged=False,
        ),
    ),
)
