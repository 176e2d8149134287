"""adamw: strategy, oracle, laws and mistakes; most are in `_adam`, as adam has them too."""

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

DECAY = "decayed = w[i] - lr * weight_decay * w[i]"
W = f"new_w[i] = decayed {STEP}"

DECAY_MISTAKES = (
    edit("weight decay ignored", "w does not shrink", DECAY, "decayed = w[i]"),
    edit(
        "weight decay coupled",
        "weight_decay w is added to the gradient and enters the averages (as in Adam)",
        G,
        f"{G}\n        g = g + weight_decay * w[i]",
        DECAY,
        "decayed = w[i]",
    ),
    edit(
        "weight decay without the learning rate",
        "w shrinks by weight_decay w, without the factor lr",
        DECAY,
        DECAY.replace("lr * ", ""),
    ),
    edit(
        "weight decay after the step",
        "w shrinks after it has moved, so that the step shrinks too",
        DECAY,
        "decayed = w[i]",
        W,
        f"{W}\n        new_w[i] -= lr * weight_decay * new_w[i]",
    ),
    edit(
        "weight decay of the other sign",
        "w grows by lr weight_decay w",
        DECAY,
        DECAY.replace("-", "+"),
    ),
    edit(
        "weight decay maximized",
        "maximize turns the sign of the weight decay as well",
        DECAY,
        "decayed = w[i] + (lr if maximize else -lr) * weight_decay * w[i]",
    ),
    edit(
        "weight decay divided by the root",
        "the decay is added to the corrected m and divided by the root of v",
        DECAY,
        "decayed = w[i]",
        W,
        W.replace("lr * m_hat", "lr * (m_hat + weight_decay * w[i])"),
    ),
)

operator = Operator(
    name="adamw",
    source="torch.optim.AdamW",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle_of("AdamW"),
    outputs=OUTPUTS,
    state=OUTPUTS,
    steps=steps,
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(ORDER, symmetry("w", "dw", "m")),
    mistakes=(*MISTAKES, *DECAY_MISTAKES),
    corners=ADAM_CORNERS,
    workloads=(weights(beta1=0.9, beta2=0.999, eps=1e-8, amsgrad=False, done=100),),
)
