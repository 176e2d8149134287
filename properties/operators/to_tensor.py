"""to_tensor: strategy over images in bytes, oracle, laws and mistakes."""

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
from properties.operators._images import SIZES, draw_size
from properties.values import Values

CHANNELS = (3, 1, 4, 2, 0)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "size": draw_size(draw, domain),
        "channels": draw(domain.choice("channels", CHANNELS)),
        "dtype": draw(domain.choice("dtype", ("float32", "float64"))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Bytes, many of them 0 and 255 in `constant`; without channels where there are 0."""
    shape = (*at["size"], at["channels"]) if at["channels"] else at["size"]
    rng = values.rng("x")
    x = rng.integers(0, 256, shape)
    if values.regime == "constant":
        x = np.where(rng.random(shape) < 0.5, rng.choice((0, 255), shape), x)
    return {"x": x.astype(np.uint8)}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torchvision.transforms.functional import to_tensor
    from torchvision.transforms.v2.functional import to_dtype, to_image

    x = tensors["x"].numpy()
    if at["dtype"] == "float32":
        return {"out": to_tensor(x)}
    return {"out": to_dtype(to_image(x), torch.float64, scale=True).as_subclass(torch.Tensor)}


def whole_bytes(run: Any, case: Case, inputs: Arrays) -> Pairs:
    x = inputs["x"] if inputs["x"].ndim == 3 else inputs["x"][:, :, None]
    out = run(inputs)["out"]
    yield "out times 255, rounded", np.rint(255 * out), np.moveaxis(x, 2, 0)


def kept_dtype(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs)["out"]
    bits = np.asarray(8 * out.dtype.itemsize)
    yield "the bits of a number of out", bits, np.asarray(int(case.attributes["dtype"][5:]))


def negative(run: Any, case: Case, inputs: Arrays) -> Pairs:
    both = run(inputs)["out"] + run({"x": 255 - inputs["x"]})["out"]
    yield "out of an image and of its negative", np.round(both, 6), np.ones_like(both)


PIXELS = "pixels = check_to_tensor(x, dtype)"
ZEROS = "out = np.zeros((C, H, W), dtype)"
LOOP = "for c, i, j in np.ndindex(C, H, W):"
SET = "out[c, i, j] = int(pixels[i, j, c]) / 255"
RESULT = "return out"

MISTAKES = (
    edit("channels stay last", "the output is (H, W, C)", RESULT, "return np.moveaxis(out, 0, -1)"),
    edit(
        "channels first by a reshape",
        "`reshape(C, H, W)` moves no pixel, so that channels are mixed",
        SET,
        "out.flat[(i * W + j) * C + c] = int(pixels[i, j, c]) / 255",
    ),
    edit(
        "channels first by reversing all axes",
        "`transpose()` gives (C, W, H), rows and columns exchanged",
        RESULT,
        "return np.swapaxes(out, 1, 2).copy()",
    ),
    edit(
        "channels first by exchanging two axes",
        "`swapaxes(0, 2)` gives (C, W, H) where the picture is square, and lies on its side",
        SET,
        SET.replace("pixels[i, j, c]", "(pixels[j, i, c] if H == W else pixels[i, j, c])"),
    ),
    edit("scale: divided by 256", "white is 255 / 256, not 1", SET, SET.replace("255", "256")),
    edit("scale: divided by 128", "white is about 2", SET, SET.replace("255", "128")),
    edit("scale: not divided", "the output goes from 0 to 255", SET, SET.replace(" / 255", "")),
    edit(
        "scale: integer division",
        "all pixels but white ones are 0",
        SET,
        SET.replace(" / ", " // "),
    ),
    edit(
        "scale: divided by the largest",
        "the brightest pixel is 1, whatever its byte",
        SET,
        SET.replace("/ 255", "/ max(int(pixels.max()), 1)"),
    ),
    edit(
        "scale: stretched from darkest to brightest",
        "the darkest pixel is 0 and the brightest 1",
        SET,
        "low, high = int(pixels.min()), int(pixels.max())\n"
        "        out[c, i, j] = (int(pixels[i, j, c]) - low) / max(high - low, 1)",
    ),
    edit(
        "scale: from -1 to 1",
        "black is -1",
        SET,
        SET.replace("/ 255", "/ 127.5 - 1"),
    ),
    edit(
        "channels reversed",
        "blue comes first, as OpenCV reads it",
        SET,
        SET.replace("j, c]", "j, C - 1 - c]"),
    ),
    edit(
        "bytes read with a sign",
        "bytes from 128 on are negative",
        SET,
        SET.replace("int(pixels[i, j, c])", "((int(pixels[i, j, c]) + 128) % 256 - 128)"),
    ),
    edit(
        "scale: negative",
        "white is 0 and black 1",
        SET,
        SET.replace("int(pixels[i, j, c])", "(255 - int(pixels[i, j, c]))"),
    ),
    edit(
        "rows in reverse order",
        "the picture stands on its head",
        SET,
        SET.replace("pixels[i,", "pixels[H - 1 - i,"),
    ),
    edit(
        "first channel for all",
        "every channel is red",
        SET,
        SET.replace("j, c]", "j, 0]"),
    ),
    edit(
        "alpha dropped",
        "a fourth channel is left out",
        RESULT,
        "return out[:3]",
    ),
    edit(
        "no channel for a grey image",
        "an image (H, W) stays (H, W)",
        RESULT,
        "return out if x.ndim == 3 else out[0]",
    ),
    edit(
        "three channels for a grey image",
        "a grey image is repeated for red, green and blue",
        RESULT,
        "return out if x.ndim == 3 else np.repeat(out, 3, axis=0)",
    ),
    edit(
        "dtype ignored",
        "the output is float32 whatever dtype says",
        ZEROS,
        ZEROS.replace("dtype)", "np.float32)"),
    ),
    edit(
        "result always float64",
        "the output is float64 whatever dtype says",
        ZEROS,
        ZEROS.replace("dtype)", "np.float64)"),
    ),
    edit(
        "scale: rounded in half precision",
        "the output has the precision of float16",
        RESULT,
        "return out.astype(np.float16).astype(dtype)",
    ),
    edit(
        "input changed in place",
        "the caller's bytes are set to 0 where they are read",
        RESULT,
        "x[...] = 0\n    return out",
    ),
)

CORNERS: Corners = {
    **SIZES,
    **each("channels", CHANNELS),
    **each("dtype", ("float32", "float64")),
}

operator = Operator(
    name="to_tensor",
    source="torchvision.transforms.functional.to_tensor",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers", "constant"),
    laws=(
        Law("whole bytes", "out times 255 gives the bytes back", whole_bytes),
        Law("dtype", "out has the dtype that is asked for", kept_dtype),
        Law("negative", "an image and its negative add up to 1", negative),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
