"""CMU 11-785, Introduction to Deep Learning: the `mytorch` that students write in parts 1.

What the course's writeups and handouts say, in our words, is the promise. A layer is made,
`forward` keeps what backward needs, and `backward(dLdZ)` returns the gradient of the input and
leaves those of the parameters on the object. Parameters are set from outside between batches, and
the course's models set gradients to zero before each backward, so that a layer may add to them.
Gradients are those of the last forward, and a backward follows each forward of an object, once.
Convolution and pooling have one kernel size and one stride for both axes; convolution has zero
padding, pooling none; sizes need not be divisible. Batch norm's alpha is the fraction kept, its
running variance the biased one. `RNNCell` averages its weights' gradients over the batch;
`GRUCell` takes one sample. Gradients at kinks (relu at 0, ties in a pooling window) are not
defined by the text: any subgradient will do. The handouts make their arrays float32, so results
need be no more precise than that, whatever their dtype.

The definitions changed over the years, and each class is judged by those of its year:
- `Linear` summed its gradients over the batch always but until 2022, when the handout divided them
  by N (`self.dLdW = dLdW / self.N`); its constructor said `in_feature` until 2021, where the
  average was the student's to write, and its bias is flat where it has `init_weights`.
- an activation's `backward(dLdA)` gives the gradient; until 2022 `backward()`, and before that
  `derivative()`, gave the derivative alone.
- losses give the mean and its gradient. In 2022 the gradient of the cross entropy was not divided
  by N, and the squared error was halved, or its gradient was A - Y. `MSELoss` shows by what it
  gives for two numbers which year it is of, and the cross entropy beside it is of that year too.
- `SoftmaxCrossEntropy` gives a loss for every sample, or the mean where its text says to do as in
  the first homework.
- dropout's backward may leave out the factor 1 / (1 - p), as the text says no more than to
  multiply by the mask; which of the two it does is shown by what it gives for ones.

Optimizers are given a model whose layers have W, b, dLdW and dLdb, and `step()` moves both. Without
momentum SGD has no velocity; one that has the factor -lr in it is judged so. In Adam eps may stand
under the root or beside it, and AdamW's weights may shrink before they move or afterwards: what is
judged are numbers for which that makes no difference.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from candidates.conventions import _mytorch_layers as layers
from candidates.conventions import _mytorch_optim as optim
from candidates.conventions import _mytorch_years as years
from candidates.conventions._objects import built_with, names
from candidates.spelling import Convention, Spelling, among
from properties.promise import Promise

BASE = Promise(keeps_dtype=False, dtypes=("float32",), mixed=True, kinks="weak")
AVERAGES = "the gradients of the parameters are averages over the batch"
BATCH = (1, 2, 3, 4)

LINEAR = replace(
    BASE, domain={"lead_dims": (1,), "feature_dims": (1,), "bias": (True,), "batch": BATCH}
)
AVERAGING_LINEAR = replace(LINEAR, differs=AVERAGES)
FLAT_LINEAR = replace(LINEAR, domain={**LINEAR.domain, "lead_dims": (1, 2, 3)})
ELEMENTWISE = replace(BASE, domain={"ndim": (2, 4, 3), "empty": (False,)})
SOFTMAX = replace(BASE, domain={"ndim": (2,), "axis": (-1,)})
SOFTMAX_ALONG = replace(BASE, domain={"ndim": (2, 3, 4), "empty": (False,)})
NORM = replace(
    BASE,
    domain={"running_var_update": ("biased",), "affine": (True,)},
    may_change=("running_mean", "running_var"),
    backward_when={"training": (True,)},
    differs="momentum is the fraction kept, the running variance is the biased one",
)
WINDOWS: dict[str, tuple[Any, ...]] = {"batch": (1, 2, 3), "dilation": (1,)}
CONV = replace(
    BASE,
    domain=WINDOWS | {"groups": (1,), "bias": (True,), "named_padding": (False,)},
    square=("kernel", "stride", "padding"),
)
UNPADDED_CONV = replace(CONV, domain={**CONV.domain, "padding": (0,)})
CONV_STRIDE1 = replace(CONV, domain={**CONV.domain, "padding": (0,), "stride": (1,)})
POOL = replace(
    BASE,
    domain=WINDOWS
    | {
        "padding": (0,),
        "ceil_mode": (False,),
        "default_stride": (False,),
        "divisor_override": (None,),
    },
    square=("kernel", "stride"),
)
POOL_STRIDE1 = replace(POOL, domain={**POOL.domain, "stride": (1,)})
MSE = replace(BASE, domain={"reduction": ("mean",), "ndim": (2,)}, gradients=("x",))
ENTROPY = replace(BASE, domain={"reduction": ("mean",), "spatial_dims": (0,), "ignored": (False,)})
ENTROPIES = replace(ENTROPY, domain={**ENTROPY.domain, "reduction": ("none",)})
DROPOUT = replace(
    BASE,
    domain={"given": (False,), "p": (0.5, 0.2, 0.8, 0.1), "ndim": (2,)},
    backward_when={"training": (True,)},
    stochastic=True,
)
CELL = replace(BASE, domain={"batch": (1, 2, 3)}, differs=AVERAGES)
GRU = replace(BASE, domain={"batch": (1,), "time": (1,), "packed": (False,)})
ATTENTION = replace(
    BASE,
    domain={"lead_dims": (2, 1), "batch": (1, 2, 3), "causal": (False,), "scale": (None,)},
    differs="the mask is true where a key is ignored",
)
STEP = replace(
    BASE,
    domain={"ndim": (2,), "maximize": (False,), "weight_decay": (0.0,)},
    may_change=("w", "velocity", "m", "v"),
)
SGD = replace(
    STEP,
    domain={**STEP.domain, "dampening": (0.0,), "averaged": (False,), "nesterov": (False,)},
)
ADAM = replace(
    STEP,
    domain={
        **STEP.domain,
        "amsgrad": (False,),
        "eps": (1e-8,),
        "regime": ("integers", "constant"),
    },
)
ADAMW = replace(
    ADAM,
    domain={
        **ADAM.domain,
        "weight_decay": (0.5, 0.1),
        "lr": (1e-3,),
        "steps": (1, 2, 3),
    },
)


def _pair(operator: str, name: str, adapter: Any, promise: Promise, when: Any) -> Spelling:
    return Spelling(operator, name, f"{name}.backward", adapter, promise, when=when)


def _activations(operator: str, name: str) -> list[Spelling]:
    """An activation in the spellings of all years."""
    derivative = replace(ELEMENTWISE, differs="backward gives the derivative alone")
    old = Spelling(
        operator,
        name,
        f"{name}.derivative",
        layers.Derivative,
        derivative,
        when=lambda kind: years.by_derivative(kind) and not hasattr(kind, "backward"),
    )
    return [
        _pair(operator, name, layers.Activation, ELEMENTWISE, years.by_gradient),
        _pair(
            operator,
            name,
            layers.Derivative,
            derivative,
            lambda kind: years.by_derivative(kind) and hasattr(kind, "backward"),
        ),
        old,
    ]


def _norm(ndim: int) -> Promise:
    return replace(NORM, domain={**NORM.domain, "ndim": (ndim,)})


def _pools(operator: str, name: str) -> list[Spelling]:
    return [
        _pair(operator, name, layers.Pool, POOL, built_with("kernel", "stride")),
        _pair(
            operator,
            f"{name}_stride1",
            layers.PoolStride1,
            POOL_STRIDE1,
            years.stride1_pool,
        ),
    ]


LINEARS = (
    _pair("linear", "Linear", layers.Linear, LINEAR, years.linear(flat=False, averaging=False)),
    _pair(
        "linear",
        "Linear",
        layers.AveragingLinear,
        AVERAGING_LINEAR,
        years.linear(flat=False, averaging=True),
    ),
    _pair(
        "linear", "Linear", layers.FlatLinear, FLAT_LINEAR, years.linear(flat=True, averaging=False)
    ),
    _pair(
        "linear",
        "Linear",
        layers.OldLinear,
        AVERAGING_LINEAR,
        built_with("in_feature", "out_feature", "weight_init_fn", "bias_init_fn"),
    ),
    _pair(
        "linear",
        "Linear",
        layers.OldFlatLinear,
        AVERAGING_LINEAR,
        lambda kind: (
            built_with("in_feature", "out_feature")(kind) and hasattr(kind, "init_weights")
        ),
    ),
)

LOSSES = (
    _pair("mse_loss", "MSELoss", layers.MseLoss, MSE, years.mse("mean")),
    _pair(
        "mse_loss",
        "MSELoss",
        layers.HalvedMseLoss,
        replace(MSE, differs="half the mean, as in 2022"),
        years.mse("halved"),
    ),
    _pair(
        "mse_loss",
        "MSELoss",
        layers.DifferenceMseLoss,
        replace(MSE, differs="the gradient is A - Y, as in 2022"),
        years.mse("difference"),
    ),
    _pair(
        "cross_entropy",
        "CrossEntropyLoss",
        layers.CrossEntropyLoss,
        ENTROPY,
        years.cross_entropy(divided=True),
    ),
    _pair(
        "cross_entropy",
        "CrossEntropyLoss",
        layers.UndividedCrossEntropyLoss,
        replace(ENTROPY, differs="the gradient is not divided by N, as in 2022"),
        years.cross_entropy(divided=False),
    ),
    _pair(
        "cross_entropy",
        "SoftmaxCrossEntropy",
        layers.SoftmaxCrossEntropy,
        replace(ENTROPIES, differs="a loss for every sample"),
        years.softmax_cross_entropy("samples"),
    ),
    _pair(
        "cross_entropy",
        "SoftmaxCrossEntropy",
        layers.UndividedCrossEntropyLoss,
        replace(ENTROPY, differs="the gradient is not divided by N, as in 2022"),
        years.softmax_cross_entropy("undivided"),
    ),
    _pair(
        "cross_entropy",
        "SoftmaxCrossEntropy",
        layers.CrossEntropyLoss,
        ENTROPY,
        years.softmax_cross_entropy("divided"),
    ),
    Spelling(
        "cross_entropy",
        "SoftmaxCrossEntropy",
        "SoftmaxCrossEntropy.derivative",
        layers.SoftmaxCrossEntropy,
        replace(ENTROPIES, differs="a loss for every sample"),
        when=lambda kind: years.stateful(kind) and not hasattr(kind, "backward"),
    ),
)

SPELLINGS = (
    *LINEARS,
    *(s for name in ("Sigmoid", "Tanh", "ReLU") for s in _activations(name.lower(), name)),
    _pair(
        "softmax",
        "Softmax",
        layers.Activation,
        SOFTMAX,
        lambda kind: (
            years.by_gradient(kind)
            and not names(kind.__init__)
            and not kind.__module__.endswith("attention")  # the course's own, on three axes
        ),
    ),
    _pair(
        "softmax",
        "Softmax",
        layers.SoftmaxAlong,
        SOFTMAX_ALONG,
        lambda kind: years.by_gradient(kind) and built_with("dim")(kind),
    ),
    _pair(
        "batch_norm",
        "BatchNorm1d",
        layers.BatchNorm1d,
        _norm(2),
        built_with("num_features", "alpha"),
    ),
    _pair(
        "batch_norm",
        "BatchNorm2d",
        layers.BatchNorm2d,
        _norm(4),
        built_with("num_features", "alpha"),
    ),
    _pair(
        "batch_norm", "BatchNorm", layers.OldBatchNorm, _norm(2), built_with("in_feature", "alpha")
    ),
    _pair("conv2d", "Conv2d", layers.Conv2d, CONV, years.strided_conv(padded=True)),
    _pair("conv2d", "Conv2d", layers.Conv2d, UNPADDED_CONV, years.strided_conv(padded=False)),
    _pair(
        "conv2d",
        "Conv2d_stride1",
        layers.Conv2dStride1,
        CONV_STRIDE1,
        built_with("in_channels", "out_channels", "kernel_size"),
    ),
    _pair(
        "conv2d",
        "Conv2D",
        layers.OldConv2D,
        UNPADDED_CONV,
        built_with("in_channel", "out_channel", "kernel_size", "stride"),
    ),
    *_pools("max_pool2d", "MaxPool2d"),
    *_pools("avg_pool2d", "MeanPool2d"),
    *LOSSES,
    _pair("dropout", "Dropout", layers.Dropout, DROPOUT, years.dropout(scaled=True)),
    _pair(
        "dropout",
        "Dropout",
        layers.UnscaledDropout,
        replace(DROPOUT, differs="backward is the mask times delta, without 1 / (1 - p)"),
        years.dropout(scaled=False),
    ),
    *(
        _pair("rnn_step", name, layers.RnnCell, CELL, years.cell("W_ih"))
        for name in ("RNNCell", "RNN_Cell")
    ),
    _pair("gru", "GRUCell", layers.GruCell, GRU, years.cell("bnh")),
    _pair("gru", "GRUCell", layers.OldGruCell, GRU, years.cell("bhn")),
    _pair(
        "attention",
        "ScaledDotProductAttention",
        layers.Attention,
        ATTENTION,
        lambda kind: built_with()(kind) and names(kind.forward)[:3] == ("Q", "K", "V"),
    ),
    Spelling(
        "sgd",
        "SGD",
        None,
        optim.Sgd,
        SGD,
        when=optim.stepping("v_W", "v_b"),
        tells=optim.velocity_form,
    ),
    Spelling("adam", "Adam", None, optim.Adam, ADAM, when=optim.stepping("m_W", "v_b", "t")),
    Spelling("adamw", "AdamW", None, optim.AdamW, ADAMW, when=optim.stepping("m_W", "v_b", "t")),
)


convention = Convention(
    "mytorch",
    "CMU 11-785, the mytorch library of parts 1, 2019 to 2025",
    among(SPELLINGS),
    text=__doc__,
)
