"""normalize_image: strategy over images, means and deviations, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.operators._images import SIZES, draw_size, pixels
from properties.values import Values
from reference.data.constants import MEANS, STDS

CONSTANTS = ("drawn", *MEANS)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    constants = draw(domain.choice("constants", CONSTANTS))
    channels = draw(domain.choice("channels", (3, 1, 2, 4)))
    leads = [(1,), (2,), (), (3,), (2, 2), (0,)]
    leads = [lead for lead in leads if len(lead) in domain.allowed.get("lead_dims", range(3))]
    return {
        "lead": draw(domain.choice("lead", leads)),
        "channels": 3 if constants != "drawn" else channels,
        "size": draw_size(draw, domain),
        "constants": constants,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Images in [0, 1] with published constants; any numbers with drawn ones."""
    shape, C = (*at["lead"], at["channels"], *at["size"]), (at["channels"],)
    if at["constants"] != "drawn":
        published = {"mean": MEANS, "std": STDS}
        constants = {name: np.array(of[at["constants"]]) for name, of in published.items()}
        return {"x": pixels(values, shape), **constants}
    std = values.positive("std", C)
    if values.regime == "integers":
        std = values.rng("std").choice((0.5, 1.0, 2.0, 4.0), C)
    return {"x": values.array("x", shape), "mean": values.tame("mean", C), "std": std}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torchvision.transforms.v2.functional import normalize

    return {"out": normalize(tensors["x"], tensors["mean"].tolist(), tensors["std"].tolist())}


def inverse(run: Any, case: Case, inputs: Arrays) -> Pairs:
    mean, std = inputs["mean"], inputs["std"]
    out = run(inputs)["out"]
    yield (
        "out normalised back",
        run({"x": out, "mean": -mean / std, "std": 1 / std})["out"],
        inputs["x"],
    )


def mean_gives_zero(run: Any, case: Case, inputs: Arrays) -> Pairs:
    mean, std = (inputs[name][:, None, None] for name in ("mean", "std"))
    x = inputs["x"]
    yield "out of the mean", run(inputs | {"x": x * 0 + mean})["out"], np.zeros_like(x)
    above = run(inputs | {"x": x * 0 + mean + std})["out"]
    yield "out of the mean plus one deviation", above, np.ones_like(x)


def any_batch(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = inputs["x"]
    one = run(inputs | {"x": x[:1].copy()})["out"]
    yield "out of the first images alone", one, run(inputs)["out"][:1]


LOOP = "for place in np.ndindex(x.shape):"
CHANNEL = "c = place[-3]"
SET = "out[place] = (x[place] - mean[c]) / std[c]"
ZEROS = "out = np.zeros(x.shape, x.dtype)"
RESULT = "return out"

MISTAKES = (
    edit("mean not subtracted", "x is divided only", SET, SET.replace(" - mean[c]", "")),
    edit("mean added", "x + mean is divided", SET, SET.replace("-", "+")),
    edit(
        "mean of all channels",
        "one mean is subtracted from all",
        SET,
        "out[place] = (x[place] - mean.sum() / len(mean)) / std[c]",
    ),
    edit(
        "std of all channels",
        "all are divided by one deviation",
        SET,
        "out[place] = (x[place] - mean[c]) / (std.sum() / len(std))",
    ),
    edit(
        "scale: not divided by std",
        "the mean is subtracted only",
        SET,
        SET.replace(" / std[c]", ""),
    ),
    edit("scale: multiplied by std", "the difference is multiplied", SET, SET.replace("/", "*")),
    edit(
        "std squared",
        "the difference is divided by the variance",
        SET,
        SET.replace("std[c]", "std[c] ** 2"),
    ),
    edit(
        "scale: root of std",
        "std is taken for a variance",
        SET,
        SET.replace("std[c]", "np.sqrt(std[c])"),
    ),
    edit(
        "order: divided before the mean is subtracted",
        "x / std - mean",
        SET,
        "out[place] = x[place] / std[c] - mean[c]",
    ),
    edit(
        "mean and std exchanged",
        "std is subtracted, and the mean divides",
        SET,
        "out[place] = (x[place] - std[c]) / (mean[c] if mean[c] else 1)",
    ),
    edit("sign reversed", "mean - x is divided", SET, "out[place] = (mean[c] - x[place]) / std[c]"),
    edit(
        "channels reversed",
        "red has the constants of blue",
        CHANNEL,
        "c = len(mean) - 1 - place[-3]",
    ),
    edit(
        "first channel's constants for all",
        "mean[0] and std[0] are used everywhere",
        CHANNEL,
        "c = 0",
    ),
    edit(
        "constants along the columns",
        "the channel is looked for on the last axis, as in (H, W, C)",
        CHANNEL,
        "c = place[-1] % len(mean)",
    ),
    edit(
        "constants along the rows",
        "the channel's place is looked for among the rows",
        CHANNEL,
        "c = place[-2] % len(mean)",
    ),
    edit(
        "constants along the batch",
        "each image, not each channel, has its constants",
        CHANNEL,
        "c = (place[0] if len(place) > 3 else place[-3]) % len(mean)",
    ),
    edit(
        "eps added to std",
        "0.001 is added to what divides",
        SET,
        SET.replace("std[c]", "(std[c] + 1e-3)"),
    ),
    edit(
        "images' own statistics",
        "each channel is normalised by the mean and deviation of these images",
        SET,
        "these = np.moveaxis(x, -3, 0)[c]\n        "
        "out[place] = (x[place] - these.mean()) / (these.std() + 1e-9)",
    ),
    edit(
        "scale: clipped to [0, 1]",
        "what is normalised is clipped as an image",
        RESULT,
        "return np.clip(out, 0, 1)",
    ),
    edit(
        "scale: clipped to [-1, 1]",
        "what is normalised is clipped",
        RESULT,
        "return np.clip(out, -1, 1)",
    ),
    edit(
        "mean in bytes",
        "the constants are taken to be those of images from 0 to 1, x of bytes",
        SET,
        "out[place] = (x[place] / 255 - mean[c]) / std[c]",
    ),
    edit(
        "only the first image",
        "the other images are copied",
        RESULT,
        "out[1:] = x[1:] if x.ndim > 3 else out[1:]\n    return out",
    ),
    edit(
        "only the first channel",
        "the other channels are copied",
        RESULT,
        "out[..., 1:, :, :] = x[..., 1:, :, :]\n    return out",
    ),
    edit(
        "input changed in place",
        "the caller's images are normalised",
        RESULT,
        "x[...] = out\n    return out",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        RESULT,
        "return out.astype(np.float64)",
    ),
    edit(
        "accumulated in float16",
        "differences are taken in half precision",
        SET,
        SET.replace("(x[place] - mean[c])", "np.float16(x[place] - mean[c])"),
    ),
)

CORNERS: Corners = {
    **SIZES,
    **each("constants", CONSTANTS),
    "one image": lambda case: case.attributes["lead"] == (),
    "no image": lambda case: case.attributes["lead"] == (0,),
    "two leading dimensions": lambda case: len(case.attributes["lead"]) == 2,
    "as many channels as columns": lambda case: (
        case.attributes["channels"] == case.attributes["size"][1] > 1
    ),
}

operator = Operator(
    name="normalize_image",
    source="torchvision.transforms.v2.functional.normalize",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers", "constant", "normal", "large", "offset"),
    laws=(
        Law("inverse", "out normalised by -mean / std and 1 / std is x", inverse),
        Law("zero and one", "the mean gives 0, one deviation more gives 1", mean_gives_zero),
        Law(
            "any batch",
            "an image gives the same alone",
            any_batch,
            applies=lambda case: bool(case.attributes["lead"]),
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
