"""random_crop: strategy over sizes, paddings and places, oracle, laws and mistakes.

The places that an implementation draws are evidence: the oracle takes them over, laws judge them.
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
from reference._image_arguments import PADDING_MODES

MANY = 600
"""So many crops say something about a share of them."""


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    mode = draw(domain.choice("padding_mode", PADDING_MODES))
    padding = draw(domain.choice("padding", (1, 2, 0, 3, 4)))
    image = draw_size(draw, domain)
    if mode == "reflect":  # padding that is mirrored must be inside
        image = tuple(max(n, padding + 1) for n in image)
    same = draw(domain.choice("same", (True, False)))
    most = tuple(n + 2 * padding for n in image)
    crop = draw(domain.pair("crop", 1, most))
    return {
        "batch": draw(domain.size("batch", (2, 1, 3, 0))),
        "same": same,
        "channels": draw(domain.choice("channels", (1, 3, 2))),
        "image": image,
        "size": image if same else crop,
        "padding": padding,
        "padding_mode": mode,
        "fill": draw(domain.choice("fill", (0.0, 0.5))),
        "given": draw(domain.choice("given", (True, False))),
        "seed": draw(domain.integer("seed", 0, 999)),
    }


def spans(at: Attributes) -> tuple[int, int]:
    """How many places there are along each axis."""
    rows, columns = (at["image"][a] + 2 * at["padding"] - at["size"][a] + 1 for a in (0, 1))
    return rows, columns


def inputs(at: Attributes, values: Values) -> Arrays:
    """Images without a pixel of the padding's; the first place is a corner, the last another."""
    N = at["batch"]
    x = values.spaced("x", (N, at["channels"], *at["image"]))
    x = np.where(x >= 0, x + 1.0, x)
    if not at["given"]:
        return {"x": x}
    places: Arrays = {}
    for name, span in zip(("top", "left"), spans(at), strict=True):
        places[name] = values.rng(name).integers(0, span, (N,))
        places[name][:1] = values.rng(f"first {name}").choice((0, span - 1, places[name][:1].sum()))
    return {"x": x, **places}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torchvision.transforms.v2.functional import crop, pad

    x, padding, at_places = tensors["x"], [at["padding"]], []
    for name, span in zip(("top", "left"), spans(at), strict=True):
        places = tensors.get(name, torch.randint(span, x.shape[:1]))
        if places.is_floating_point() or places.shape != x.shape[:1]:
            found = f"{str(places.dtype).removeprefix('torch.')} of shape {tuple(places.shape)}"
            raise Failed(f"{name} is {found}, expected integers of shape ({len(x)},)", name)
        wrong = places[(places < 0) | (places >= span)]
        if len(wrong):
            raise Failed(f"{name} is {int(wrong[0])}, expected from 0 to {span - 1}", name)
        at_places.append(places)
    crops = [
        crop(pad(image, padding, at["fill"], at["padding_mode"]), int(i), int(j), *at["size"])
        for image, i, j in zip(x, *at_places, strict=True)
    ]
    return {"out": torch.stack(crops) if crops else x.new_zeros((0, x.shape[1], *at["size"]))}


def places(run: Any, case: Case, seed: int) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Where many small images were cropped, and how many places there are along each axis."""
    padding = case.attributes["padding"]
    image = (padding + 2,) * 2  # so large that every crop says where it was taken
    size = image if case.attributes["same"] else (1, 1)
    if not padding:  # then only a smaller size leaves a choice
        image, size = (3, 4), (1, 1)
    x = np.arange(1.0, MANY * image[0] * image[1] + 1).reshape(MANY, 1, *image)
    at = {"image": image, "size": size, "padding": padding}
    results = run({"x": x}, **at, seed=seed)
    return results["top"], results["left"], spans(at)


def uniform(run: Any, case: Case, inputs: Arrays) -> Pairs:
    top, left, sizes = places(run, case, case.attributes["seed"])
    for name, drawn, span in zip(("top", "left"), (top, left), sizes, strict=True):
        yield f"the smallest {name} of many", drawn.min(), np.asarray(0)
        yield f"the largest {name} of many", drawn.max(), np.asarray(span - 1)
        for place in range(span):
            hits = drawn == place
            what = f"the share of {name} = {place}, {hits.mean():.3g}, beyond its margin"
            yield what, *beyond_margin(hits, 1 / span)


def independent(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Rows know nothing of columns, an image nothing of the one before, a call of another one."""
    top, left, (rows, columns) = places(run, case, case.attributes["seed"])
    later, _, _ = places(run, case, case.attributes["seed"] + 1)
    for name, agree, by_chance in (
        ("top and left", top == left, 1 / max(rows, columns)),
        ("neighbours", top[0::2] == top[1::2], 1 / rows),
        ("two calls", top == later, 1 / rows),
    ):
        what = f"the agreement of {name}, {agree.mean():.3g}, beyond its margin"
        yield what, *beyond_margin(agree, by_chance)


def middle(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Where the padding is cropped away, the image is what it was."""
    N, padding = len(inputs["x"]), np.int64(case.attributes["padding"])
    place = np.full(N, padding)
    at_middle = inputs | {"top": place, "left": place}
    yield "out", run(at_middle, size=case.attributes["image"])["out"], inputs["x"]


def transposed(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = np.ascontiguousarray(inputs["x"].swapaxes(2, 3))
    turned = {"x": x, "top": inputs["left"], "left": inputs["top"]}
    out = run(turned, size=case.attributes["size"][::-1])["out"]
    yield "out of the transposed image", out, run(inputs)["out"].swapaxes(2, 3)


def given(case: Case) -> bool:
    return bool(case.attributes["given"])


def drawn(case: Case) -> bool:
    return not given(case)


def chosen(case: Case) -> bool:
    """Whether places are drawn among several, of images that are smaller or padded."""
    return drawn(case) and (case.attributes["padding"] > 0 or not case.attributes["same"])


CHECKED = (
    "size, spans, fill = check_random_crop(x, top, left, size, padding, padding_mode, fill, seed)"
)
ABSENT = "if top is None or left is None:"
RNG = "rng = np.random.default_rng(seed)"
DRAWN = "top, left = rng.integers(0, spans[0], (N,)), rng.integers(0, spans[1], (N,))"
FILLED = "out = np.full((N, C, *size), fill, x.dtype)"
ROW = "row = _inside(int(top[n]) + i - padding, H, padding_mode)"
COLUMN = "column = _inside(int(left[n]) + j - padding, W, padding_mode)"
BOUNDS = "if 0 <= row < H and 0 <= column < W:"
SET = "out[n, :, i, j] = x[n, :, row, column]"
RESULT = "return out, top.copy(), left.copy()"
EDGE = "return min(max(i, 0), length - 1)"
MIRROR = "i = abs(i)\n        return min(i, 2 * (length - 1) - i)"

MISTAKES = (
    edit(
        "offsets: rows one off",
        "crops begin one row too low",
        ROW,
        ROW.replace("i - padding", "i - padding + 1"),
    ),
    edit(
        "columns one off",
        "crops begin one column too far to the left",
        COLUMN,
        COLUMN.replace("j - padding", "j - padding - 1"),
    ),
    edit(
        "offsets: top and left exchanged",
        "rows are counted from left, columns from top",
        ROW,
        ROW.replace("top", "left"),
        COLUMN,
        COLUMN.replace("left", "top"),
    ),
    edit(
        "offsets: top for both axes",
        "columns are counted from top as well",
        COLUMN,
        COLUMN.replace("left", "top"),
    ),
    edit(
        "height and width exchanged",
        "crops are as wide as they should be high",
        CHECKED,
        f"{CHECKED}\n    size = size[::-1]",
    ),
    edit(
        "crops: square crops",
        "crops are as wide as high",
        CHECKED,
        f"{CHECKED}\n    size = (size[0], size[0])",
    ),
    edit(
        "crops: size ignored",
        "crops have the size of x",
        CHECKED,
        f"{CHECKED}\n    size = x.shape[2:]",
    ),
    edit(
        "crops: size of the padded image",
        "nothing is cropped away",
        CHECKED,
        f"{CHECKED}\n    size = tuple(n + 2 * padding for n in x.shape[2:])",
    ),
    edit(
        "places counted in the image",
        "top and left are counted from the image's corner, not from the padding's",
        ROW,
        ROW.replace(" - padding", ""),
        COLUMN,
        COLUMN.replace(" - padding", ""),
    ),
    edit(
        "offsets: shifted the other way",
        "a larger top shows more of what is above",
        ROW,
        ROW.replace("int(top[n])", "spans[0] - 1 - int(top[n])"),
    ),
    edit(
        "crops: padded on two sides only",
        "there is padding above and on the left, twice as much",
        ROW,
        ROW.replace("- padding", "- 2 * padding"),
        COLUMN,
        COLUMN.replace("- padding", "- 2 * padding"),
    ),
    edit(
        "bounds: rows wrap round",
        "what leaves above comes in below, as with np.roll",
        ROW,
        ROW + "\n                row %= H",
    ),
    edit(
        "columns wrap round",
        "what leaves on the left comes in on the right, as with np.roll",
        COLUMN,
        COLUMN + "\n                column %= W",
    ),
    edit(
        "bounds: negative places wrap round",
        "a row above the image is an index from its end, as NumPy reads -1",
        BOUNDS,
        BOUNDS.replace("0 <= row", "-H <= row"),
    ),
    edit(
        "bounds: last row left out",
        "the test for the bounds asks for less than H - 1",
        BOUNDS,
        BOUNDS.replace("row < H", "row < H - 1"),
    ),
    edit(
        "image taken as square",
        "columns are tested against the number of rows",
        BOUNDS,
        BOUNDS.replace("column < W", "column < min(H, W)"),
    ),
    edit(
        "fill ignored",
        "padding is black whatever fill says",
        FILLED,
        FILLED.replace("fill", "0"),
    ),
    edit(
        "mode ignored",
        "padding is filled whatever padding_mode says",
        ROW,
        ROW.replace("padding_mode", '"constant"'),
        COLUMN,
        COLUMN.replace("padding_mode", '"constant"'),
    ),
    edit(
        "edge repeated in the mirror",
        "the mirror image begins with the edge itself (symmetric padding)",
        MIRROR,
        "i = i if i >= 0 else -1 - i\n        return min(i, 2 * length - 1 - i)",
    ),
    edit(
        "mirror image at one side only",
        "beyond the last row and column the edge is repeated",
        MIRROR,
        "return min(abs(i), length - 1)",
    ),
    edit(
        "first place for all",
        "the whole batch is cropped where its first image is",
        ROW,
        ROW.replace("top[n]", "top[0]"),
        COLUMN,
        COLUMN.replace("left[n]", "left[0]"),
    ),
    edit(
        "first channel for all",
        "every channel of a crop is red",
        SET,
        SET.replace("x[n, :,", "x[n, 0,"),
    ),
    edit(
        "given places ignored",
        "places are drawn although they are given",
        ABSENT,
        "if True:",
    ),
    edit(
        "last place never drawn",
        "the upper bound leaves out one place more",
        DRAWN,
        "top = rng.integers(0, max(spans[0] - 1, 1), N)\n"
        "        left = rng.integers(0, max(spans[1] - 1, 1), N)",
    ),
    edit(
        "first place never drawn",
        "places are drawn from 1 on",
        DRAWN,
        "top = rng.integers(min(1, spans[0] - 1), spans[0], N)\n"
        "        left = rng.integers(min(1, spans[1] - 1), spans[1], N)",
    ),
    edit(
        "offsets: always the middle",
        "nothing is drawn: the padding is cropped away",
        DRAWN,
        "top, left = np.full(N, spans[0] // 2), np.full(N, spans[1] // 2)",
    ),
    edit(
        "one draw for both axes",
        "crops move along the diagonal",
        DRAWN,
        "top = left = rng.integers(0, min(spans), N)",
    ),
    edit(
        "one draw for the batch",
        "the whole batch is cropped at one place",
        DRAWN,
        "top = np.full(N, rng.integers(0, spans[0]))\n"
        "        left = np.full(N, rng.integers(0, spans[1]))",
    ),
    edit(
        "places drawn too often in the middle",
        "places are rounded normal random numbers",
        DRAWN,
        "top, left = (\n            np.clip(np.rint(rng.normal(s / 2, s / 12, N)), 0, s - 1)"
        ".astype(int)\n            for s in spans\n        )",
    ),
    edit(
        "same draw in every call",
        "the generator is seeded with a constant",
        RNG,
        RNG.replace("(seed)", "(0)"),
    ),
    edit(
        "drawn from the global generator",
        "places depend on, and move, the state of np.random",
        RNG,
        "rng = np.random",
        DRAWN,
        DRAWN.replace("integers", "randint"),
    ),
    edit(
        "global generator seeded",
        "np.random is seeded for everybody",
        RNG,
        f"np.random.seed(seed)\n        {RNG}",
    ),
    edit(
        "input changed in place",
        "the caller's images are set to the fill where they are read",
        RESULT,
        "x[...] = fill\n    " + RESULT,
    ),
    edit(
        "result always float64",
        "float32 images become float64",
        FILLED,
        FILLED.replace(", x.dtype", ""),
    ),
)

CORNERS: Corners = {
    **SIZES,
    **each("padding_mode", PADDING_MODES),
    **each("padding", (0, 4)),
    "no image": lambda case: case.attributes["batch"] == 0,
    "given": given,
    "drawn": drawn,
    "larger than the image": lambda case: case.attributes["size"] > case.attributes["image"],
    "one place": lambda case: spans(case.attributes) == (1, 1),
    "fill": lambda case: case.attributes["fill"] > 0,
}

operator = Operator(
    name="random_crop",
    source="torchvision.transforms.v2.functional.crop of pad",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    evidence=("top", "left"),
    regimes=("integers", "normal"),
    laws=(
        Law(
            "middle",
            "places equal to the padding give the image",
            middle,
            applies=given,
        ),
        Law(
            "transposition",
            "rows and columns exchanged everywhere",
            transposed,
            applies=given,
        ),
        Law("uniform", "every place is drawn equally often", uniform, applies=chosen),
        Law("independence", "axes, images and calls are independent", independent, applies=chosen),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
