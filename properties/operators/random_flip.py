"""random_flip: strategy over images and flips, oracle, laws and mistakes.

The flips that an implementation draws are evidence: the oracle takes them over, laws judge them.
"""

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
from properties.operators._images import SIZES, beyond_margin, draw_size
from properties.tolerance import Failed
from properties.values import Values

MANY = (600, 1, 1, 2)
"""The shape of a batch of which the share of mirrored images says something."""


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "batch": draw(domain.size("batch", (2, 3, 1, 5, 0))),
        "channels": draw(domain.choice("channels", (1, 3, 2))),
        "size": draw_size(draw, domain),
        "p": draw(domain.choice("p", (0.5, 0.25, 0.8, 0.0, 1.0))),
        "given": draw(domain.choice("given", (True, False))),
        "seed": draw(domain.integer("seed", 0, 999)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    x = values.spaced("x", (at["batch"], at["channels"], *at["size"]))
    if not at["given"]:
        return {"x": x}
    return {"x": x, "flips": np.asarray(values.rng("flips").random(at["batch"]) < 0.5)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torchvision.transforms.v2.functional import horizontal_flip

    x, flips = tensors["x"], tensors.get("flips")
    if flips is None:
        flips = torch.rand(len(x)) < at["p"]
    if (flips.dtype, flips.shape) != (torch.bool, x.shape[:1]):
        found = f"{str(flips.dtype).removeprefix('torch.')} of shape {tuple(flips.shape)}"
        raise Failed(f"flips is {found}, expected bool of shape ({len(x)},)", "flips")
    images = [horizontal_flip(image) if f else image for image, f in zip(x, flips, strict=True)]
    return {"out": torch.stack(images) if images else x}


def flipped(run: Any, case: Case, **attributes: Any) -> np.ndarray:
    """Which of many images are mirrored."""
    left = np.zeros(MANY)
    left[..., 0] = 1.0
    return np.asarray(run({"x": left}, **attributes)["out"][:, 0, 0, 1] == 1)


def share(run: Any, case: Case, inputs: Arrays) -> Pairs:
    flips = flipped(run, case)
    what = f"the share of mirrored images, {flips.mean():.3g}, beyond its margin"
    yield what, *beyond_margin(flips, case.attributes["p"])


def independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Neighbours in a batch, and two calls, agree no more often than chance has it."""
    p, flips = case.attributes["p"], flipped(run, case)
    by_chance = p**2 + (1 - p) ** 2
    pairs = {
        "neighbours": flips[0::2] == flips[1::2],
        "two calls": flips == flipped(run, case, seed=case.attributes["seed"] + 1),
    }
    for name, agree in pairs.items():
        what = f"the agreement of {name}, {agree.mean():.3g}, beyond its margin"
        yield what, *beyond_margin(agree, by_chance)


def involution(run: Any, case: Case, inputs: Arrays) -> Pairs:
    yield "out mirrored again", run(inputs | {"x": run(inputs)["out"]})["out"], inputs["x"]


def upright(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Sums over columns know nothing of left and right."""
    x = inputs["x"]
    yield "out summed over its columns", run(inputs)["out"].sum(axis=-1), x.sum(axis=-1)


def given(case: Case) -> bool:
    return bool(case.attributes["given"])


def drawn(case: Case) -> bool:
    return not given(case)


ABSENT = "if flips is None:"
DRAWN = "flips = np.random.default_rng(seed).random(len(x)) < p"
PLACE = "k = W - 1 - j if flips[n] else j"
SET = "out[n, :, :, j] = x[n, :, :, k]"
RESULT = "return out, flips.copy()"

MISTAKES = (
    edit(
        "direction: vertical instead of horizontal",
        "top and bottom are exchanged",
        RESULT,
        "out = np.where(flips[:, None, None, None], x[:, :, ::-1], x)\n    " + RESULT,
    ),
    edit(
        "batch reversed",
        "`x[::-1]` reverses the images' order, not their columns",
        RESULT,
        "out = np.where(flips[:, None, None, None], x[::-1], x)\n    " + RESULT,
    ),
    edit(
        "channels reversed",
        "red and blue are exchanged where columns should be",
        RESULT,
        "out = np.where(flips[:, None, None, None], x[:, ::-1], x)\n    " + RESULT,
    ),
    edit(
        "direction: turned by half",
        "rows are reversed as well",
        SET,
        SET.replace("x[n, :, :, k]", "x[n, :, :: -1 if flips[n] else 1, k]"),
    ),
    edit("flips: never mirrored", "every image is copied", PLACE, "k = j"),
    edit("flips: all mirrored", "the flips are not looked at", PLACE, "k = W - 1 - j"),
    edit(
        "flips reversed",
        "images are mirrored where flips is False",
        PLACE,
        PLACE.replace("if flips", "if not flips"),
    ),
    edit(
        "flips: first flip for all",
        "the whole batch is mirrored, or nothing is",
        PLACE,
        PLACE.replace("flips[n]", "flips[0]"),
    ),
    edit(
        "flips of the image before",
        "each image follows the flip of another one",
        PLACE,
        PLACE.replace("flips[n]", "flips[n - 1]"),
    ),
    edit(
        "one column off",
        "columns are read from -j, so that the first one stays first",
        PLACE,
        PLACE.replace("W - 1 - j", "-j"),
    ),
    edit(
        "first half mirrored onto the second",
        "columns are written over before they are read",
        SET,
        "y = out if flips[n] and j > k else x\n            " + SET.replace("= x", "= y"),
    ),
    edit(
        "all channels like the first",
        "the first channel is mirrored into all",
        SET,
        SET.replace("= x[n, :, :, k]", "= x[n, 0, :, k]"),
    ),
    edit(
        "first channel alone mirrored",
        "the other channels stay as they are",
        SET,
        "out[n, 0, :, j] = x[n, 0, :, k]\n            out[n, 1:, :, j] = x[n, 1:, :, j]",
    ),
    edit(
        "rows and columns exchanged",
        "a square image is transposed where it should be mirrored",
        SET,
        SET.replace("x[n, :, :, k]", "(x[n, :, j, :] if H == W and flips[n] else x[n, :, :, k])"),
    ),
    edit(
        "given flips ignored",
        "flips are drawn although they are given",
        ABSENT,
        "if True:",
    ),
    edit("p reversed", "p is the probability of staying", DRAWN, DRAWN.replace("<", ">=")),
    edit("p ignored", "half of the images are mirrored", DRAWN, DRAWN[:-1] + "0.5"),
    edit(
        "one draw for the batch",
        "all images are mirrored, or none",
        DRAWN,
        "flips = np.full(len(x), np.random.default_rng(seed).random() < p)",
    ),
    edit(
        "flips: every second image",
        "flips alternate and are not drawn",
        DRAWN,
        "flips = np.floor(np.arange(1, len(x) + 1) * p) > np.floor(np.arange(len(x)) * p)",
    ),
    edit(
        "same draw in every call",
        "the generator is seeded with a constant",
        DRAWN,
        DRAWN.replace("(seed)", "(0)"),
    ),
    edit(
        "drawn from the global generator",
        "flips depend on, and move, the state of np.random",
        DRAWN,
        DRAWN.replace("default_rng(seed).", ""),
    ),
    edit(
        "global generator seeded",
        "np.random is seeded for everybody",
        DRAWN,
        f"np.random.seed(seed)\n        {DRAWN}",
    ),
    edit(
        "normal instead of uniform random numbers",
        "p is compared with normal random numbers",
        DRAWN,
        DRAWN.replace("random(len", "standard_normal(len"),
    ),
    edit(
        "flips are not those that were used",
        "the flips that come back are drawn again",
        RESULT,
        "return out, np.random.default_rng(seed).random(len(x) + 1)[1:] < p",
    ),
    edit(
        "input changed in place",
        "the caller's images are mirrored",
        RESULT,
        "x[...] = out\n    " + RESULT,
    ),
    edit(
        "result always float64",
        "float32 images become float64",
        RESULT,
        RESULT.replace("out,", "out.astype(np.float64),"),
    ),
)

CORNERS: Corners = {
    **SIZES,
    **each("p", (0.0, 1.0)),
    "no image": lambda case: case.attributes["batch"] == 0,
    "given": given,
    "drawn": drawn,
}

operator = Operator(
    name="random_flip",
    source="torchvision.transforms.v2.functional.horizontal_flip",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    evidence=("flips",),
    regimes=("integers", "normal"),
    laws=(
        Law("involution", "mirrored twice, an image is what it was", involution, applies=given),
        Law("upright", "rows keep their sums", upright),
        Law("share", "a share p of the images is mirrored", share, applies=drawn),
        Law("independence", "images and calls are independent", independent, applies=drawn),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
