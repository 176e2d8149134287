"""The signatures of `torch.nn.functional` and `torchvision.ops`, parameter by parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from candidates.conventions._signatures import Parameter, Values

At = Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """A function of torch's that an operator is.

    names: what the function is called; classes: the names of an `autograd.Function` or a module.
    results: the operator's outputs that it returns, in order.
    domain, beyond: see `Promise`.
    """

    operator: str
    names: tuple[str, ...]
    classes: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    results: tuple[str, ...] = ("out",)
    domain: Mapping[str, Values] = field(default_factory=dict)
    beyond: tuple[str, ...] = ()


def tensor(
    of: str,
    *names: str,
    without: Mapping[str, Values] | None = None,
    needed: Mapping[str, Values] | None = None,
) -> Parameter:
    """An input of the operator, or None where a case has none."""
    return Parameter(names, lambda at, tensors: tensors.get(of), without, needed or {})


def number(attribute: str, *names: str, without: Mapping[str, Values] | None = None) -> Parameter:
    """An attribute of the case."""
    return Parameter(names, lambda at, tensors: at[attribute], without)


def pair(
    attribute: str,
    *names: str,
    drawn: str = "",
    without: Mapping[str, Values] | None = None,
    needed: Mapping[str, Values] | None = None,
    preset: Mapping[str, Values] | None = None,
) -> Parameter:
    """A pair of the case's, for H and for W; `drawn` where it is drawn by another name."""
    return Parameter(
        names,
        lambda at, tensors: at[attribute],
        without,
        needed or {},
        preset or {},
        several=True,
        square=drawn or attribute,
    )


def _mask(at: At, tensors: At) -> Any:
    """The mask, which says what is causal too: torch takes one of them."""
    mask = tensors.get("mask")
    if mask is None or not at["causal"]:
        return mask
    return mask & mask.new_ones(at["queries"], at["keys"]).tril()


FIRST = ("input", "inputs", "x", "inp", "input_tensor", "tensor", "a", "z")
X = tensor("x", *FIRST)
WEIGHT = ("weight", "weights", "w", "kernel", "filters", "filter")
BIAS = tensor("b", "bias", "b", without={"bias": (False,)}, needed={"bias": (True,)})
STRIDE = pair("stride", "stride", "strides", "s", without={"stride": (1,)})
PADDING = pair(
    "padding",
    "padding",
    "pad",
    "p",
    without={"padding": (0,), "named_padding": (False,)},
)
DILATION = pair("dilation", "dilation", "dilations", "d", without={"dilation": (1,)})
KERNEL_SIZE = pair("kernel_size", "kernel_size", "kernel", "k", "pool_size", drawn="kernel")
GIVEN_STRIDE = {"default_stride": (False,)}
POOL_STRIDE = pair(
    "stride",
    "stride",
    "strides",
    "s",
    without={"default_stride": (True,)},
    needed=GIVEN_STRIDE,
    preset=GIVEN_STRIDE,
)
POOL_PADDING = pair("padding", "padding", "pad", "p", without={"padding": (0,)})
CEIL_MODE = number("ceil_mode", "ceil_mode", without={"ceil_mode": (False,)})
DIM = number("axis", "dim", "axis")
TARGET = tensor("y", "target", "targets", "labels", "label", "y", "y_true", "t")
REDUCTION = number("reduction", "reduction", without={"reduction": ("mean",)})
IGNORE_INDEX = number("ignore_index", "ignore_index", without={"ignored": (False,)})
GAMMA = tensor("gamma", "weight", "gamma", "scale", "w")
BETA = tensor("beta", "bias", "beta", "shift", "b")
EPS = number("eps", "eps", "epsilon", without={"eps": (1e-5,)})


def _scale(given: Mapping[str, Values], absent: Mapping[str, Values], of: Parameter) -> Parameter:
    """gamma or beta, with the cases of a function that has none, and of one that must have it."""
    return Parameter(of.names, of.value, absent, given)


SCALED = _scale({"scaled": (True,)}, {"scaled": (False,)}, GAMMA)
SHIFTED = _scale({"shifted": (True,)}, {"shifted": (False,)}, BETA)

NORMALIZED_SHAPE = Parameter(
    ("normalized_shape", "shape", "features", "dim", "hidden_size", "emb_dim", "d_model"),
    lambda at, tensors: at["features"],
    {"feature_dims": (1,), "normalized_shape": (None,)},
    several=True,
    one={"feature_dims": (1,)},
)

FUNCTIONS = (
    Known(
        "conv2d",
        ("conv2d",),
        ("Conv2d", "Conv2D"),
        (
            X,
            tensor("w", *WEIGHT),
            BIAS,
            STRIDE,
            PADDING,
            DILATION,
            number("groups", "groups", without={"groups": (1,)}),
        ),
        domain={"named_padding": (False,)},
        beyond=("named_padding",),
    ),
    Known(
        "deform_conv2d",
        ("deform_conv2d",),
        ("DeformConv2d", "DeformConv2D", "DeformConv"),
        (
            X,
            tensor("offset", "offset", "offsets", "delta"),
            tensor("w", *WEIGHT),
            BIAS,
            STRIDE,
            PADDING,
            DILATION,
            tensor(
                "mask",
                "mask",
                "modulation",
                without={"masked": (False,)},
                needed={"masked": (True,)},
            ),
        ),
    ),
    Known(
        "max_pool2d",
        ("max_pool2d",),
        ("MaxPool2d", "MaxPool2D"),
        (X, KERNEL_SIZE, POOL_STRIDE, POOL_PADDING, DILATION, CEIL_MODE),
    ),
    Known(
        "avg_pool2d",
        ("avg_pool2d",),
        ("AvgPool2d", "AvgPool2D"),
        (
            X,
            KERNEL_SIZE,
            POOL_STRIDE,
            POOL_PADDING,
            CEIL_MODE,
            number(
                "count_include_pad", "count_include_pad", without={"count_include_pad": (True,)}
            ),
            number("divisor_override", "divisor_override", without={"divisor_override": (None,)}),
        ),
    ),
    Known(
        "adaptive_avg_pool2d",
        ("adaptive_avg_pool2d",),
        ("AdaptiveAvgPool2d", "AdaptiveAvgPool2D"),
        (X, pair("output_size", "output_size", "size")),
        domain={"kept": ((False, False),)},
        beyond=("kept",),
    ),
    Known(
        "sliding_windows",
        ("unfold", "im2col", "sliding_windows"),
        ("Unfold", "Im2Col"),
        (X, KERNEL_SIZE, DILATION, POOL_PADDING, STRIDE),
    ),
    Known(
        "linear",
        ("linear",),
        ("Linear",),
        (X, tensor("w", *WEIGHT), BIAS),
        domain={"lead_dims": (1,)},
        beyond=("lead_dims",),
    ),
    Known("relu", ("relu",), ("ReLU", "Relu"), (X,)),
    Known(
        "leaky_relu",
        ("leaky_relu",),
        ("LeakyReLU", "LeakyRelu"),
        (
            X,
            number(
                "negative_slope",
                "negative_slope",
                "alpha",
                "slope",
                without={"negative_slope": (0.01,)},
            ),
        ),
    ),
    Known(
        "prelu",
        ("prelu",),
        ("PReLU", "PRelu"),
        (X, tensor("w", *WEIGHT, "alpha")),
    ),
    Known(
        "elu",
        ("elu",),
        ("ELU", "Elu"),
        (X, number("alpha", "alpha", without={"alpha": (1.0,)})),
    ),
    Known("sigmoid", ("sigmoid",), ("Sigmoid",), (X,)),
    Known("tanh", ("tanh",), ("Tanh",), (X,)),
    Known("softmax", ("softmax",), ("Softmax",), (X, DIM)),
    Known("log_softmax", ("log_softmax",), ("LogSoftmax", "LogSoftMax"), (X, DIM)),
    Known(
        "batch_norm",
        ("batch_norm",),
        ("BatchNorm",),
        (
            X,
            tensor("running_mean", "running_mean"),
            tensor("running_var", "running_var"),
            _scale({"affine": (True,)}, {"affine": (False,)}, GAMMA),
            _scale({"affine": (True,)}, {"affine": (False,)}, BETA),
            number("training", "training", "train", without={"training": (False,)}),
            number("momentum", "momentum", without={"momentum": (0.1,)}),
            EPS,
        ),
        domain={"running_var_update": ("unbiased",)},
    ),
    Known(
        "layer_norm",
        ("layer_norm",),
        ("LayerNorm",),
        (
            X,
            NORMALIZED_SHAPE,
            SCALED,
            SHIFTED,
            EPS,
        ),
    ),
    Known(
        "group_norm",
        ("group_norm",),
        ("GroupNorm",),
        (X, number("groups", "num_groups", "groups", "g"), SCALED, SHIFTED, EPS),
    ),
    Known(
        "dropout",
        ("dropout",),
        ("Dropout",),
        (
            X,
            number("p", "p", "dropout_p", "prob", "rate", without={"p": (0.5,)}),
            number("training", "training", "train", without={"training": (True,)}),
        ),
        domain={"given": (False,)},
    ),
    Known(
        "cross_entropy",
        ("cross_entropy",),
        ("CrossEntropyLoss", "CrossEntropy"),
        (
            tensor("x", *FIRST, "logits", "pred", "preds", "output", "outputs", "y_pred"),
            TARGET,
            IGNORE_INDEX,
            REDUCTION,
        ),
        results=("loss",),
        domain={"spatial_dims": (0,)},
        beyond=("spatial_dims",),
    ),
    Known(
        "nll_loss",
        ("nll_loss",),
        ("NLLLoss",),
        (
            tensor("x", *FIRST, "log_probs", "logp", "output", "outputs"),
            TARGET,
            tensor("weight", "weight", without={"weighted": (False,)}),
            IGNORE_INDEX,
            REDUCTION,
        ),
        results=("loss",),
        domain={"spatial_dims": (0,)},
        beyond=("spatial_dims",),
    ),
    Known(
        "mse_loss",
        ("mse_loss",),
        ("MSELoss",),
        (
            tensor("x", *FIRST, "pred", "preds", "output", "outputs", "y_pred"),
            tensor("target", "target", "targets", "y", "y_true", "t"),
            REDUCTION,
        ),
        results=("loss",),
    ),
    Known(
        "multiclass_hinge",
        ("multi_margin_loss", "multiclass_hinge"),
        ("MultiMarginLoss",),
        (
            X,
            TARGET,
            number("p", "p", without={"p": (1,)}),
            number("margin", "margin", without={"margin": (1.0,)}),
            REDUCTION,
        ),
        results=("loss",),
        domain={"class_mean": (True,)},
    ),
    Known(
        "embedding",
        ("embedding",),
        ("Embedding",),
        (
            tensor("ids", *FIRST, "ids", "indices", "token_ids", "idx"),
            tensor("W", *WEIGHT, "embeddings", "table"),
            number("padding_idx", "padding_idx", without={"padded": (False,)}),
        ),
    ),
    Known(
        "one_hot",
        ("one_hot",),
        (),
        (
            tensor("ids", *FIRST, "ids", "indices", "labels", "y"),
            Parameter(
                ("num_classes", "n_classes"),
                lambda at, tensors: at["num_classes"],
                {"inferred": (True,)},
                other={"inferred": (False,)},
                default=-1,
            ),
        ),
    ),
    Known(
        "normalize",
        ("normalize",),
        ("Normalize",),
        (
            X,
            number("p", "p", "ord", without={"p": (2,)}),
            Parameter(
                ("dim", "axis"), lambda at, tensors: at["axis"], {"axis": (1,), "ndim": (2, 3, 4)}
            ),
            number("eps", "eps", "epsilon", without={"eps": (1e-12,)}),
        ),
    ),
    Known(
        "pairwise_distances",
        ("cdist", "pairwise_distances"),
        ("CDist", "Cdist"),
        (tensor("x", "x1", "x", "a"), tensor("y", "x2", "y", "b")),
        domain={"x_points": (2, 3, 1, 4), "y_points": (2, 3, 1, 4)},
        beyond=("x_points", "y_points"),
    ),
    Known(
        "attention",
        ("scaled_dot_product_attention",),
        ("ScaledDotProductAttention", "FlashAttention", "Attention"),
        (
            tensor("q", "query", "q", "queries"),
            tensor("k", "key", "k", "keys"),
            tensor("v", "value", "v", "values"),
            Parameter(
                ("attn_mask", "mask"), _mask, {"mask_of": (None,)}, {"mask_of": ("pairs", "all")}
            ),
            Parameter(
                ("is_causal", "causal"),
                lambda at, tensors: at["causal"] and "mask" not in tensors,
                {"causal": (False,)},
            ),
            number("scale", "scale", "sm_scale", "softmax_scale", without={"scale": (None,)}),
        ),
    ),
    Known(
        "top_k",
        ("topk", "top_k"),
        (),
        (
            X,
            number("k", "k"),
            number("axis", "dim", "axis", without={"axis": (-1,)}),
            number("largest", "largest", without={"largest": (True,)}),
        ),
        results=("values", "indices"),
    ),
    Known(
        "rnn_step",
        ("rnn_tanh_cell", "rnn_cell"),
        ("RNNCell",),
        (
            X,
            tensor("prev_h", "hx", "h", "hidden", "prev_h", "state"),
            Parameter(("w_ih", "weight_ih"), lambda at, t: t["Wx"].T),
            Parameter(("w_hh", "weight_hh"), lambda at, t: t["Wh"].T),
            tensor("b", "b_ih", "bias_ih"),
            Parameter(("b_hh", "bias_hh"), lambda at, t: t["b"].new_zeros(t["b"].shape)),
        ),
        results=("next_h",),
    ),
    Known(
        "lstm_step",
        ("lstm_cell",),
        ("LSTMCell",),
        (
            X,
            Parameter(
                ("hx", "state", "hidden", "states"), lambda at, t: (t["prev_h"], t["prev_c"])
            ),
            Parameter(("w_ih", "weight_ih"), lambda at, t: t["Wx"].T),
            Parameter(("w_hh", "weight_hh"), lambda at, t: t["Wh"].T),
            tensor("b", "b_ih", "bias_ih"),
            Parameter(("b_hh", "bias_hh"), lambda at, t: t["b"].new_zeros(t["b"].shape)),
        ),
        results=("next_h", "next_c"),
    ),
)
