"""adagrad: strategy over decays and schedules, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Operator
from properties.operators._activations import draw_shape
from properties.operators._optimizers import (
    CORNERS,
    ORDER,
    WEIGHT_DECAYS,
    one_step,
    parameter,
    steps,
    symmetry,
    weights,
)
from properties.values import Values


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "shape": draw_shape(draw, domain),
        "lr_decay": draw(domain.choice("lr_decay", (0.0, 0.5, 0.01))),
        "eps": draw(domain.choice("eps", (1e-10, 1e-1, 1e-3))),
        "weight_decay": draw(domain.choice("weight_decay", WEIGHT_DECAYS)),
        "maximize": draw(domain.boolean("maximize")),
        "done": draw(domain.choice("done", (1, 2, 5, 100))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    shape, fresh = at["shape"], at["fresh"]
    square_sum = np.zeros(shape) if fresh else values.positive("square_sum", shape)
    done = np.array(0 if fresh else at["done"])
    return {**parameter(at, values), "square_sum": square_sum, "t": done}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    from torch.optim import Adagrad

    state = {"step": tensors["t"].double(), "sum": tensors["square_sum"]}
    options = {n: at[n] for n in ("lr", "lr_decay", "eps", "weight_decay", "maximize")}
    w, state = one_step(Adagrad, tensors, state, **options)
    return {"w": w, "square_sum": state["sum"], "t": state["step"].long()}


G = "g = -dw[i] if maximize else dw[i]"
DECAY = "g = g + weight_decay * w[i]"
RATE = "rate = lr / (1 + done * lr_decay)"
SUM = "new_square_sum[i] = square_sum[i] + g**2"
W = "new_w[i] = w[i] - rate * g / (np.sqrt(new_square_sum[i]) + eps)"
RETURN = "return new_w, new_square_sum, np.array(done + 1, t.dtype)"

MISTAKES = (
    edit(
        "squares averaged",
        "squares are forgotten again: a moving average (as in RMSprop)",
        SUM,
        "new_square_sum[i] = 0.9 * square_sum[i] + 0.1 * g**2",
    ),
    edit("squares forgotten", "only the last square counts", SUM, "new_square_sum[i] = g**2"),
    edit(
        "sizes added up",
        "sizes of gradients are added up, not their squares",
        SUM,
        SUM.replace("g**2", "abs(g)"),
    ),
    edit(
        "sum not updated",
        "the sum of squares is handed back as it was",
        RETURN,
        RETURN.replace("new_square_sum", "square_sum"),
    ),
    edit(
        "divided by the sum before",
        "the step is divided by the root of the sum before this step",
        W,
        W.replace("new_square_sum[i]", "square_sum[i]"),
    ),
    edit(
        "one sum for all",
        "the mean square of the whole parameter is added to every sum",
        SUM,
        SUM.replace("g**2", "(dw**2).mean()"),
    ),
    edit(
        "eps inside the root",
        "eps is added to the sum, not to its root",
        W,
        W.replace("np.sqrt(new_square_sum[i]) + eps", "np.sqrt(new_square_sum[i] + eps)"),
    ),
    edit(
        "eps ignored",
        "eps is a constant of the code's own",
        W,
        W.replace("+ eps", "+ 1e-7"),
    ),
    edit(
        "eps missing",
        "g is divided by the root alone, which is 0 / 0 where no gradient has come yet",
        W,
        W.replace(" + eps", ""),
    ),
    edit(
        "root missing",
        "g is divided by the sum, not by its root",
        W,
        W.replace("np.sqrt(new_square_sum[i])", "new_square_sum[i]"),
    ),
    edit(
        "divided by the mean of squares",
        "the sum is divided by the number of steps under the root",
        W,
        W.replace("new_square_sum[i]", "new_square_sum[i] / (done + 1)"),
    ),
    edit("uphill", "w moves along the gradient", W, W.replace("- rate", "+ rate")),
    edit("maximize ignored", "w moves downhill although it should climb", G, "g = dw[i]"),
    edit(
        "learning rate ignored",
        "w moves as with a learning rate of 1",
        RATE,
        RATE.replace("lr /", "1 /"),
    ),
    edit("learning rate squared", "lr is a factor twice", RATE, RATE.replace("lr /", "lr * lr /")),
    edit("learning rate not decayed", "lr_decay is ignored", RATE, "rate = lr"),
    edit(
        "learning rate decayed one step early",
        "the decay counts this step already",
        RATE,
        RATE.replace("done", "(done + 1)"),
    ),
    edit(
        "learning rate decayed once",
        "the decay is the same at every step",
        RATE,
        RATE.replace("done", "min(done, 1)"),
    ),
    edit(
        "learning rate decayed exponentially",
        "the rate falls by the factor 1 - lr_decay a step",
        RATE,
        "rate = lr * (1 - lr_decay) ** done",
    ),
    edit("t not counted", "t is handed back as it was", RETURN, RETURN.replace("done + 1", "done")),
    edit("weight decay ignored", "the gradient lacks weight_decay w", DECAY, "pass"),
    edit(
        "weight decay decoupled",
        "w shrinks by lr weight_decay w directly, past the sum (as in AdamW)",
        DECAY,
        "pass",
        W,
        f"{W} - rate * weight_decay * w[i]",
    ),
    edit(
        "weight decay of the other sign",
        "weight_decay w is taken from the gradient, so that weights grow",
        DECAY,
        DECAY.replace("+", "-"),
    ),
    edit(
        "weight decay maximized",
        "maximize turns the sign of the weight decay as well",
        DECAY,
        "g = g + (-weight_decay if maximize else weight_decay) * w[i]",
    ),
    edit(
        "w changed in place",
        "the caller's w is overwritten and handed back",
        RETURN,
        f"w[...] = new_w\n    {RETURN.replace('new_w', 'w')}",
    ),
    edit(
        "sum changed in place",
        "the caller's sum of squares is overwritten and handed back",
        RETURN,
        f"square_sum[...] = new_square_sum\n    {RETURN.replace('new_square_sum', 'square_sum')}",
    ),
    edit(
        "gradient changed in place",
        "the weight decay is added to the caller's gradient",
        G,
        f"dw[i] += (-weight_decay if maximize else weight_decay) * w[i]\n        {G}",
        DECAY,
        "pass",
    ),
    edit(
        "computed in float16",
        "the squares are added up in half precision",
        SUM,
        f"{SUM}\n        new_square_sum[i] = np.float16(new_square_sum[i])",
    ),
)

ADAGRAD_CORNERS: Corners = {
    **CORNERS,
    "decaying rate": lambda case: case.attributes["lr_decay"] > 0 and len(case.steps) > 1,
    "long in training": lambda case: not case.at(0)["fresh"] and case.attributes["done"] == 100,
}

operator = Operator(
    name="adagrad",
    source="torch.optim.Adagrad",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("w", "square_sum", "t"),
    state=("w", "square_sum", "t"),
    steps=steps,
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(ORDER, symmetry("w", "dw")),
    mistakes=MISTAKES,
    corners=ADAGRAD_CORNERS,
    workloads=(weights(lr_decay=0.0, eps=1e-10, done=100),),
)
