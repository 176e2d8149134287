"""adam: strategy, oracle, laws and mistakes; most are in `_adam`, as adamw has them too."""

from __future__ import annotations

from properties.mistakes import edit
from properties.operator import Operator
from properties.operators._adam import (
    ADAM_CORNERS,
    MISTAKES,
    OUTPUTS,
    STEP,
    G,
    attributes,
    inputs,
    oracle_of,
)
from properties.operators._optimizers import ORDER, steps, symmetry, weights

DECAY = "g = g + weight_decay * w[i]"
W = f"new_w[i] = w[i] {STEP}"

DECAY_MISTAKES = (
    edit("weight decay ignored", "the gradient lacks weight_decay w", DECAY, "pass"),
    edit(
        "weight decay decoupled",
        "w shrinks by lr weight_decay w directly, past the averages (as in AdamW)",
        DECAY,
        "pass",
        W,
        f"{W} - lr * weight_decay * w[i]",
    ),
    edit(
        "weight decay of the other sign",
        "weight_decay w is taken from the gradient, so that weights grow",
        DECAY,
        DECAY.replace("+", "-"),
    ),
    edit(
        "weight decay doubled",
        "the gradient has 2 weight_decay w, as the penalty weight_decay w^2 would give",
        DECAY,
        DECAY.replace("+", "+ 2 *"),
    ),
    edit(
        "weight decay maximized",
        "maximize turns the sign of the weight decay as well",
        DECAY,
        "g = g + (-weight_decay if maximize else weight_decay) * w[i]",
    ),
    edit(
        "gradient changed in place",
        "the weight decay is added to the caller's gradient",
        G,
        f"dw[i] += (-weight_decay if maximize else weight_decay) * w[i]\n        {G}",
        DECAY,
        "pass",
    ),
)

operator = Operator(
    name="adam",
    source="torch.optim.Adam",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle_of("Adam"),
    outputs=OUTPUTS,
    state=OUTPUTS,
    steps=steps,
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(ORDER, symmetry("w", "dw", "m")),
    mistakes=(*MISTAKES, *DECAY_MISTAKES),
    corners=ADAM_CORNERS,
    workloads=(weights(beta1=0.9, beta2=0.999, eps=1e-8, amsgrad=False, done=100),),
)
