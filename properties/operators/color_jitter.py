"""color_jitter: strategy over factors and their order, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.operators._images import SIZES, draw_size, pixels
from properties.values import Values
from reference._image_arguments import ADJUSTMENTS

FACTORS = (1.0, 0.5, 1.5, 0.0, 2.0, 1.2)
NEUTRAL = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}
HUES = (0.0, 0.25, -0.25, 0.5, -0.5, 0.1, -0.05)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    orders = domain.allowed.get("order")
    order = st.permutations(ADJUSTMENTS) if orders is None else st.sampled_from(orders)
    active = draw(domain.choice("active", (*ADJUSTMENTS, "all", "all")))
    lead = draw(domain.choice("lead", ((1,), (2,), (), (3,), (2, 2), (0,))))
    factors = {}
    for name, neutral in NEUTRAL.items():
        values = domain.choice(name, HUES if name == "hue" else FACTORS)
        factors[name] = draw(values) if active in (name, "all") else neutral
    return {"lead": lead, "size": draw_size(draw, domain), **factors, "order": tuple(draw(order))}


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"x": pixels(values, (*at["lead"], 3, *at["size"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torchvision.transforms.v2 import functional

    out = tensors["x"]
    for name in at["order"]:
        adjust = turned if name == "hue" else getattr(functional, f"adjust_{name}")
        out = adjust(out, at[name])
    return {"out": out}


def turned(x: Any, hue: float) -> Any:
    """`adjust_hue` in the precision of x: torchvision's computes in float32 whatever it is given.

    tests/test_image_oracles.py compares the two.
    """
    import colorsys

    out = x.clone()
    colours = out.movedim(-3, -1).reshape(-1, 3).tolist()
    moved = []
    for colour in colours:
        h, s, v = colorsys.rgb_to_hsv(*colour)
        moved.append(colorsys.hsv_to_rgb((h + hue) % 1.0, s, v))
    return x.new_tensor(moved).reshape(out.movedim(-3, -1).shape).movedim(-1, -3).contiguous()


def grey_stays(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Of a grey picture saturation and hue see nothing, but for the weights, which miss 1."""
    grey = np.broadcast_to(inputs["x"][..., :1, :, :], inputs["x"].shape).copy()
    out = run({"x": grey}, brightness=1.0, contrast=1.0)["out"]
    yield "out of a grey picture, to two digits", np.round(out - grey, 2) + 0.0, np.zeros_like(grey)


def black_or_white(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = inputs["x"]
    yield "out at brightness 0", run({"x": x}, brightness=0.0)["out"], np.zeros_like(x)


def hue_round(run: Any, case: Case, inputs: Arrays) -> Pairs:
    alone = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0}
    hue = case.attributes["hue"]
    back = run({"x": run(inputs, **alone)["out"]}, **alone, hue=-hue)["out"]
    yield "hue turned there and back", back, inputs["x"]


def any_batch(run: Any, case: Case, inputs: Arrays) -> Pairs:
    one = run({"x": inputs["x"][:1].copy()})["out"]
    yield "out of the first images alone", one, run(inputs)["out"][:1]


LOOP = "for name, factor in factors.items():"
APPLY = "out[n] = ADJUST[name](out[n], factor)"
BRIGHT = "return np.clip(image * factor, 0, 1)"
MEAN = "mean = _grey(image).mean()"
CONTRAST = "return np.clip(factor * image + (1 - factor) * mean, 0, 1)"
GREY_OF = "grey = _grey(image)"
SATURATION = "return np.clip(factor * image + (1 - factor) * grey, 0, 1)"
WEIGHTED = "return GREY[0] * r + GREY[1] * g + GREY[2] * b"
SHIFTED = "h = (h + shift) % 1"
COPY = "out = x.copy()"
RESULT = "            out[n] = ADJUST[name](out[n], factor)\n    return out"
SECTOR = "return ((v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q))[sector % 6]"

MISTAKES = (
    edit(
        "brightness added",
        "the factor is added instead of multiplied in",
        BRIGHT,
        BRIGHT.replace("image * factor", "image + factor - 1"),
    ),
    edit(
        "brightness not clipped", "pixels become brighter than 1", BRIGHT, "return image * factor"
    ),
    edit(
        "brightness wraps round",
        "bytes are multiplied without a bound: what leaves above comes in below",
        BRIGHT,
        "return np.where(image * factor > 1, image * factor % 1, image * factor)",
    ),
    edit(
        "brightness blends with white",
        "a factor of 0 gives white, not black",
        BRIGHT,
        BRIGHT.replace("image * factor", "image * factor + 1 - factor"),
    ),
    edit(
        "brightness of the first channel only",
        "green and blue stay as they are",
        BRIGHT,
        "return np.concatenate([np.clip(image[:1] * factor, 0, 1), image[1:]])",
    ),
    edit(
        "contrast around one half",
        "pixels move away from 0.5, not from the mean",
        MEAN,
        "mean = 0.5",
    ),
    edit(
        "contrast around the mean of each channel",
        "each channel has a mean of its own",
        MEAN,
        "mean = image.mean(axis=(1, 2), keepdims=True)",
    ),
    edit(
        "contrast around the mean of all channels",
        "red, green and blue count alike in the mean",
        MEAN,
        "mean = image.mean()",
    ),
    edit("contrast around black", "contrast multiplies, as brightness does", MEAN, "mean = 0.0"),
    edit(
        "contrast around each grey value",
        "contrast is what saturation is",
        MEAN,
        "mean = _grey(image)",
    ),
    edit(
        "contrast around the mean of each row",
        "the mean is taken along one axis alone",
        MEAN,
        "mean = _grey(image).mean(axis=-1, keepdims=True)",
    ),
    edit(
        "contrast not clipped",
        "pixels leave [0, 1]",
        CONTRAST,
        "return factor * image + (1 - factor) * mean",
    ),
    edit(
        "contrast factor reversed",
        "a factor of 0 leaves the image as it is",
        CONTRAST,
        CONTRAST.replace(
            "factor * image + (1 - factor) * mean", "(1 - factor) * image + factor * mean"
        ),
    ),
    edit(
        "contrast clipped before the mean is added",
        "differences below the mean are lost",
        CONTRAST,
        "return np.clip(factor * (image - mean), 0, 1) + mean",
    ),
    edit(
        "saturation blends with the mean",
        "saturation is what contrast is",
        GREY_OF,
        "grey = _grey(image).mean()",
    ),
    edit(
        "saturation blends with the mean of the channels",
        "red, green and blue count alike in grey",
        GREY_OF,
        "grey = image.mean(axis=0)",
    ),
    edit(
        "saturation blends with the largest channel",
        "grey is the value of hsv",
        GREY_OF,
        "grey = image.max(axis=0)",
    ),
    edit(
        "saturation factor reversed",
        "a factor of 1 makes grey",
        SATURATION,
        SATURATION.replace(
            "factor * image + (1 - factor) * grey", "(1 - factor) * image + factor * grey"
        ),
    ),
    edit(
        "saturation not clipped",
        "pixels leave [0, 1]",
        SATURATION,
        "return factor * image + (1 - factor) * grey",
    ),
    edit(
        "grey by equal weights", "each channel counts one third", WEIGHTED, "return (r + g + b) / 3"
    ),
    edit(
        "grey by the weights of ITU-R 709",
        "red, green and blue count 0.2126, 0.7152 and 0.0722",
        WEIGHTED,
        "return 0.2126 * r + 0.7152 * g + 0.0722 * b",
    ),
    edit(
        "grey of blue, green, red",
        "channels are taken in the reverse order, as OpenCV reads them",
        WEIGHTED,
        "return GREY[0] * b + GREY[1] * g + GREY[2] * r",
    ),
    edit("hue not turned", "hue does nothing", SHIFTED, "pass"),
    edit("hue turned backwards", "the shift is subtracted", SHIFTED, SHIFTED.replace("+", "-")),
    edit(
        "hue stops at the end",
        "hues are clipped to [0, 1] and do not go round",
        SHIFTED,
        "h = min(max(h + shift, 0), 1)",
    ),
    edit(
        "hue in degrees",
        "the shift is divided by 360",
        SHIFTED,
        SHIFTED.replace("shift", "shift / 360"),
    ),
    edit(
        "hue in half turns",
        "the shift counts twice",
        SHIFTED,
        SHIFTED.replace("shift", "2 * shift"),
    ),
    edit(
        "hue multiplied", "the hue is multiplied by 1 + shift", SHIFTED, "h = h * (1 + shift) % 1"
    ),
    edit(
        "sectors exchanged",
        "between blue and red the channels that rise and fall are exchanged",
        SECTOR,
        SECTOR.replace("(t, p, v), (v, p, q)", "(q, p, v), (v, p, t)"),
    ),
    edit(
        "hue of blue negative",
        "hues between blue and red are taken to be 0",
        "return sixths / 6 % 1,",
        "return max(sixths / 6, 0) % 1,",
    ),
    edit(
        "order ignored",
        "brightness, contrast, saturation and hue follow one another whatever order says",
        LOOP,
        "for name, factor in sorted(factors.items(), key=lambda item: ADJUSTMENTS.index(item[0])):",
    ),
    edit(
        "order reversed",
        "the last adjustment comes first",
        LOOP,
        "for name, factor in reversed(factors.items()):",
    ),
    edit(
        "adjustments of the original",
        "only the last one is seen: each begins with x again",
        APPLY,
        APPLY.replace("(out[n]", "(x[n]"),
    ),
    edit(
        "only the first image",
        "the other images stay as they are",
        APPLY,
        APPLY + "\n        break",
    ),
    edit(
        "rounded to bytes",
        "the output has 256 levels",
        RESULT,
        RESULT.replace("return out", "return np.rint(out * 255) / 255"),
    ),
    edit(
        "channels reversed",
        "the output begins with blue",
        RESULT,
        RESULT.replace("return out", "return out[..., ::-1, :, :].copy()"),
    ),
    edit("input changed in place", "the caller's images are adjusted", COPY, "out = x"),
    edit(
        "result always float64", "float32 images become float64", COPY, "out = x.astype(np.float64)"
    ),
)


def alone(name: str) -> Callable[[Case], bool]:
    """The predicate of cases in which one adjustment does something."""
    return lambda case: all((case.attributes[n] != v) == (n == name) for n, v in NEUTRAL.items())


CORNERS: Corners = {
    **SIZES,
    **{f"{name} alone": alone(name) for name in ADJUSTMENTS},
    **each("hue", (0.5, -0.5)),
    **each("saturation", (0.0, 2.0)),
    "hue first": lambda case: case.attributes["order"][0] == "hue",
    "no image": lambda case: case.attributes["lead"] == (0,),
    "one image": lambda case: case.attributes["lead"] == (),
}

operator = Operator(
    name="color_jitter",
    source="torchvision.transforms.v2.functional.adjust_brightness and its like",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers", "normal"),
    laws=(
        Law("grey", "saturation and hue change no grey", grey_stays),
        Law("black", "a brightness of 0 gives black, first or last", black_or_white),
        Law(
            "hue",
            "hue turned there and back is the image",
            hue_round,
            applies=lambda case: case.attributes["hue"] != 0,
        ),
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
