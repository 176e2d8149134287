"""What convolutional networks have in common: maps that are turned, and mistakes in the head."""

from __future__ import annotations

from collections.abc import Callable

from properties.case import Attributes, Case
from properties.mistakes import Mistake, edit
from properties.operator import Arrays, Pairs

FLATTEN = "            Flatten(),\n"

CHANNELS_LAST = """class ChannelsLast:
    def forward(self, net, x, training):
        return x.transpose(0, 2, 3, 1), None

    def backward(self, net, dout, cache):
        return dout.transpose(0, 3, 1, 2), {}


"""
CORNER = """class Corner:
    def forward(self, net, x, training):
        return x[:, :, ::2, ::2], x

    def backward(self, net, dout, cache):
        dx = cache * 0
        dx[:, :, ::2, ::2] = dout
        return dx, {}


"""


def mirrored(
    convolutions: int, maps: Callable[[Attributes], tuple[int, int]]
) -> Callable[[object, Case, Arrays], Pairs]:
    """The law that images, filters and what the first linear layer reads can be turned.

    convolutions: how many come first; maps: the height and width of the maps that are flattened.
    """

    def pairs(run: object, case: Case, inputs: Arrays) -> Pairs:
        assert callable(run)
        filters = [f"W{i}" for i in range(1, convolutions + 1)]
        turned = {name: inputs[name][..., ::-1].copy() for name in ("x", *filters)}
        head = f"W{convolutions + 1}"
        rows = inputs[head].reshape(len(inputs[head]), -1, *maps(case.attributes))
        turned[head] = rows[..., ::-1].reshape(inputs[head].shape).copy()
        other, ours = run({**inputs, **turned}), run(inputs)
        if "scores" in ours:
            yield "scores", other["scores"], ours["scores"]
        yield "the loss", other["loss"], ours["loss"]

    return pairs


def channels_last(kind: str, flatten: str = FLATTEN) -> Mistake:
    """The mistake of a model, the class `kind`, that flattens its maps in another order."""
    return edit(
        "maps flattened with channels last",
        "the linear layer reads (H, W, C), not (C, H, W)",
        flatten,
        flatten.replace("Flatten(),", "ChannelsLast(), Flatten(),"),
        f"class {kind}",
        f"{CHANNELS_LAST}class {kind}",
    )


def without_pooling(kind: str, pool: str) -> Mistake:
    """The mistake of a model that takes each second number in place of the largest of four."""
    return edit(
        "pooling left out",
        "the weights that fit are applied to a corner of each window",
        pool,
        "Corner(),",
        f"class {kind}",
        f"{CORNER}class {kind}",
    )
