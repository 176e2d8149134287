"""The plain convention: this suite's own names, `NAME_forward` and `NAME_backward`.

A function takes the arrays and attributes of the operator by parameter name and returns its
outputs and a cache; the backward takes `(dout, cache)` and returns the gradients in the order of
the inputs. It promises everything that the operator defines, PyTorch's choices at kinks included.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from candidates.spelling import Convention, Signature, Spelling
from properties.plain import PlainFunctions


def adapter(forward: Any, backward: Any, signature: Signature) -> PlainFunctions:
    """Arrays and attributes by parameter name, as in `reference/naive/OPERATOR.py`."""
    return PlainFunctions(forward, backward, signature.outputs, signature.gradients)


COMPOSED = frozenset(
    [
        "accumulate_gradients",
        "captioning_rnn",
        "char_rnn",
        "checkpoint",
        "classifier",
        "conv_classifier",
        "custom_cnn",
        "evaluate",
        "fully_connected_net",
        "seq2seq",
        "solver",
        "three_layer_convnet",
        "train_epoch",
        "train_model",
        "two_conv_net",
        "two_layer_net",
    ]
)
"""Models and loops: what they are given depends on the case, so that no signature says it."""

REQUIRED = frozenset(
    [
        *("T_max", "base_lr", "clip_value", "dw", "g1", "g2", "g3", "grad_avg", "lr", "m"),
        *("eta", "z1", "z2", "z3"),
        *("penalties", "rates", "steps", "x_val", "y_val"),
        *("max_lr", "max_norm", "milestones", "n", "square_avg", "square_sum", "step_size"),
        *("f", "t", "v_max", "velocity"),
        *("a", "b", "beta", "beta1", "beta2", "bh", "bx", "dilations", "gamma", "gamma1"),
        *("gamma2", "groups", "h0", "ids", "k", "kernel_size", "kernel_sizes", "lengths"),
        *("offset", "output_size", "pieces", "pool_kernel_size", "prev_c", "prev_h", "q"),
        *("running_mean", "running_var", "scores", "size", "strength", "strides", "target"),
        *("training", "v", "w", "w1", "w2", "W", "Wh", "Wx", "x", "y"),
        *("batch", "captions", "length", "start", "tensors", "text", "vocabulary", "words"),
        *("boxes1", "boxes2", "classes", "pred", "graph", "ux", "uy", "mean", "std"),
        *("weights", "num_samples", "tokens", "metrics", "angle", "dataset"),
        *("initial", "layers", "db", "scale", "growth_tracker", "scales"),
    ]
)
"""What the references call the arguments that they cannot do without."""


def has_our_names(forward: Any) -> bool:
    """Whether all that the function cannot do without has a name of ours."""
    try:
        parameters = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):
        return False
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return all(p.name in REQUIRED for p in named if p.default is p.empty)


def spellings(operators: Sequence[str]) -> list[Spelling]:
    return [
        Spelling(name, f"{name}_forward", f"{name}_backward", adapter, when=has_our_names)
        for name in operators
        if name not in COMPOSED
    ]


convention = Convention(
    "plain", "this suite's own names, NAME_forward and NAME_backward", spellings, text=__doc__
)
