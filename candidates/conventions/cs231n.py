"""Stanford CS231n, 2016 to 2026: `layers.py`, `rnn_layers.py`, `layer_utils.py` and `optim.py`.

What the course's own text says, in our words, is the promise: convolution and pooling have one
stride for both axes, one zero padding, no dilation, no groups, and sizes that the stride divides
(`H' = 1 + (H + 2 pad - HH) / stride`); pooling is unpadded; every layer has a bias. Batch norm
keeps running averages by `running = momentum * running + (1 - momentum) * sample`, so momentum is
the fraction kept, with the biased sample variance, starting at zero, in the dictionary it is
given. Backward of batch norm is asked for after a forward in training mode only. Group norm has
scales of shape (1, C, 1, 1). Dropout is inverted; its p is the fraction dropped until 2017, the
fraction kept since, as the text of the function says. Losses give their gradient with them: the
hinge loss adds up the classes, the temporal softmax the steps, both divide by N. An LSTM has its
gates in the order i, f, o, g; its cell starts at zero and is not returned. In
`rnn_layers_pytorch.py`, since 2025, the recurrent layers are functions on torch tensors that return
no cache; their gradients are autograd's. Gradients at kinks (relu
at 0, ties in a pooling window) are not defined by the text: any subgradient will do. Nothing is
said about float32 staying float32. Update rules return the next w and the dictionary that holds
rates and state; they may write into w, and into what the dictionary holds. The velocity has the
learning rate in it: w moves by v = momentum * v - learning_rate * dw. Before the first step the
dictionary holds no state but t, which is 0 (the default of 1 that was handed out in 2017 is not
the student's). The helpers of `gradient_check.py` take central differences at any x that is not
empty, and leave it as it was; `rel_error` of the notebooks is |x - y| over |x| + |y|, at its
largest. A `Solver` draws random batches, multiplies the rate by lr_decay after each epoch, and
leaves the parameters of the first best validation accuracy in the model; it is judged on a linear
classifier with update rules of ours.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from candidates.conventions import _solvers
from candidates.conventions._composed import composed
from candidates.conventions._cs231n_layers import (
    Affine,
    BatchNorm,
    Conv,
    ConvBatchNormRelu,
    ConvReluPool,
    Dropout,
    DropoutOfDropped,
    Embedding,
    GroupNorm,
    Layer,
    LayerNorm,
    Loss,
    Lstm,
    LstmStep,
    MaxPool,
    Rnn,
    RnnStep,
    TemporalAffine,
    TemporalSoftmaxLoss,
)
from candidates.conventions._cs231n_models import (
    CaptioningRNN,
    FullyConnectedNet,
    NeuralNet,
    ThreeLayerConvNet,
    TwoLayerNet,
    model_told,
    on_tensors,
)
from candidates.conventions._cs231n_optim import Adam, Rmsprop, Sgd, SgdMomentum, rule_of_arrays
from candidates.conventions._gradient_checks import (
    NumericalGradient,
    RelativeError,
    differentiates,
    takes,
    told,
)
from candidates.conventions._objects import built_from
from candidates.conventions._tensors import LAYOUTS, by_autograd, on_torch
from candidates.conventions._text import CAPTIONS
from candidates.spelling import Convention, Pair, Signature, Spelling, among, pair
from properties.host import Functions
from properties.models import numbered
from properties.promise import Promise

BASE = Promise(keeps_dtype=False, kinks="weak")

# The course's own fast layers compute strides from sizes, so these are for arrays in C order.
CONTIGUOUS: tuple[str, ...] = ()

WINDOWS: dict[str, tuple[Any, ...]] = {
    "batch": (1, 2, 3),
    "dilation": (1,),
    "remainder": (0,),
}
CONV = replace(
    BASE,
    domain=WINDOWS | {"groups": (1,), "bias": (True,), "named_padding": (False,)},
    square=("stride", "padding"),
    beyond=("remainder",),
)
POOL = replace(
    BASE,
    domain=WINDOWS | {"padding": (0,), "ceil_mode": (False,), "default_stride": (False,)},
    square=("stride",),
    beyond=("remainder",),
)
NORM = replace(
    BASE,
    domain={"running_var_update": ("biased",), "affine": (True,), "tracked": (True,)},
    may_change=("running_mean", "running_var"),
    backward_when={"training": (True,)},
    differs="momentum is the fraction kept, the running variance is the biased one",
)
LINEAR = replace(BASE, domain={"lead_dims": (1,), "bias": (True,), "batch": (1, 2, 3)})
RELU = replace(BASE, domain={"ndim": (1, 2, 3, 4), "empty": (False,)})
SOFTMAX = replace(
    BASE,
    domain={
        "reduction": ("mean",),
        "spatial_dims": (0,),
        "ignored": (False,),
        "batch": (1, 2, 3, 4, 5),
    },
)

CONV_RELU_POOL = replace(
    BASE,
    layouts=CONTIGUOUS,
    domain={
        "batch": (1, 2, 3),
        "remainder": (0,),
        "bias": (True,),
        "default_stride": (False,),
    },
    square=("stride", "padding", "pool_stride"),
    beyond=("remainder",),
)
CONV_NORM_RELU = replace(
    NORM,
    layouts=CONTIGUOUS,
    domain={
        "remainder": (0,),
        "bias": (True,),
        "running_var_update": ("biased",),
    },
    square=("stride", "padding"),
    beyond=("remainder",),
)
SVM = replace(
    BASE,
    domain={
        "margin": (1.0,),
        "p": (1,),
        "reduction": ("mean",),
        "class_mean": (False,),
        "classes": (2, 3, 4, 5),
    },
    differs="summed over the classes, where PyTorch takes their mean",
)
LAYER_NORM = replace(
    BASE,
    domain={
        "lead_dims": (1,),
        "feature_dims": (1,),
        "batch": (1, 2, 3, 4),
        "scaled": (True,),
        "shifted": (True,),
        "normalized_shape": (None,),
    },
)
GROUP_NORM = replace(
    BASE,
    domain={"batch": (1, 2, 3), "ndim": (4,), "scaled": (True,), "shifted": (True,)},
    differs="scale and shift have the shape (1, C, 1, 1)",
)
DROPOUT = replace(
    BASE,
    domain={
        "given": (False,),
        "p": (0.5, 0.2, 0.8, 0.1),
        "ndim": (2, 1, 3, 4),
        "empty": (False,),
    },
    stochastic=True,
)
EMBEDDING = replace(BASE, domain={"ndim": (2,), "padded": (False,), "empty": (False,)})
TEMPORAL_LINEAR = replace(BASE, domain={"bias": (True,), "batch": (2, 3, 1, 4)})
TEMPORAL_LOSS = replace(
    BASE,
    domain={"reduction": ("batch",), "pad_id": (0, None)},
    differs="summed over time, divided by the number of sequences",
)
STEP = replace(BASE, domain={"batch": (1, 2, 3)})
SEQUENCE = replace(BASE, domain={"batch": (1, 2, 3), "packed": (False,)})
GATES = "the gates are i, f, o, g"
LSTM_STEP = replace(STEP, differs=GATES)
LSTM = replace(
    SEQUENCE,
    domain={**SEQUENCE.domain, "initial_cell": (False,)},
    outputs=("h",),
    differs=f"{GATES}, the cell starts at zero",
)
LAYERS = "right.py"  # right functions of the course, bundled
TWO_LAYERS = replace(BASE, domain={"activation": ("relu",)})
FULLY_CONNECTED = replace(
    BASE,
    domain={"hidden_layers": (1, 2, 3, 4), "running_var_update": ("biased",)},
    may_change=numbered("running_mean", "running_var"),
    differs="the running variances are the biased ones",
)

CAPTIONING = replace(BASE, differs=f"{GATES}, the loss is summed over time")

RULE = replace(
    RELU,
    domain={**RELU.domain, "weight_decay": (0.0,), "maximize": (False,)},
    may_change=("w", "velocity", "square_avg", "m", "v"),
)


def _rule(differs: str = "", **domain: tuple[Any, ...]) -> Promise:
    return replace(RULE, domain={**RULE.domain, **domain}, differs=differs)


PLAIN: dict[str, Any] = {"dampening": (0.0,), "averaged": (False,), "nesterov": (False,)}
SGD = _rule(**PLAIN, momentum=(0.0,), velocity_form=("torch",))
SGD_MOMENTUM = _rule(
    "the velocity has the factor -learning_rate", **PLAIN, velocity_form=("scaled",)
)
RMSPROP = _rule(momentum=(0.0,), centered=(False,))
ADAM = _rule(amsgrad=(False,))

NUMERICAL = replace(
    RELU,
    domain={**RELU.domain, "scalar": (True,), "reuses": (False,)},
    layouts=CONTIGUOUS,
)
NUMERICAL_ARRAY = replace(
    NUMERICAL, domain={**RELU.domain, "scalar": (False,), "reuses": (False, True)}
)
SOLVER = replace(BASE, layouts=CONTIGUOUS, stochastic=True)
RELATIVE = replace(RELU, domain={"floor": (1e-8,), "over": ("elements",)})


def _drops(forward: Any) -> bool:
    """Whether the text says that p is the fraction dropped, as it did until 2017."""
    return "drop each neuron output with probability p" in (forward.__doc__ or "")


OTHERS = ("parameters", "inputs")  # what sequences are called in other courses


def _without(*parameters: str) -> Callable[[Any], bool]:
    """Whether a function has no such parameters, which other courses have under its name."""

    def when(forward: Any) -> bool:
        try:
            return inspect.signature(forward).parameters.keys().isdisjoint(parameters)
        except (TypeError, ValueError):
            return True

    return when


def _norm(ndim: int) -> Promise:
    return replace(NORM, domain={**NORM.domain, "ndim": (ndim,)})


def _pairs(stem: str, *suffixes: str) -> list[tuple[str, str]]:
    return [(f"{stem}_forward_{suffix}", f"{stem}_backward_{suffix}") for suffix in suffixes]


SPELLINGS = (
    Spelling("linear", "affine_forward", "affine_backward", pair(Affine), LINEAR),
    Spelling("relu", "relu_forward", "relu_backward", pair(Layer), RELU),
    *(
        Spelling(
            "conv2d",
            forward,
            backward,
            pair(Conv),
            CONV if forward.endswith("naive") else replace(CONV, layouts=CONTIGUOUS),
            when=_without("stride", "hparameters"),
        )
        for forward, backward in _pairs("conv", "naive", "im2col", "strided", "fast")
    ),
    *(
        Spelling("max_pool2d", forward, backward, pair(MaxPool), POOL, when=_without("stride"))
        for forward, backward in _pairs("max_pool", "naive", "im2col", "fast")
    ),
    Spelling("batch_norm", "batchnorm_forward", "batchnorm_backward", pair(BatchNorm), _norm(2)),
    Spelling(
        "batch_norm",
        "batchnorm_forward",
        "batchnorm_backward_alt",
        pair(BatchNorm),
        _norm(2),
        variant=True,
    ),
    Spelling(
        "batch_norm",
        "spatial_batchnorm_forward",
        "spatial_batchnorm_backward",
        pair(BatchNorm),
        _norm(4),
    ),
    Spelling(
        "linear_relu",
        "affine_relu_forward",
        "affine_relu_backward",
        composed(pair(Affine)),
        LINEAR,
        stand_ins=LAYERS,
    ),
    Spelling(
        "conv_relu",
        "conv_relu_forward",
        "conv_relu_backward",
        composed(pair(Conv)),
        replace(CONV, layouts=CONTIGUOUS),
        stand_ins=LAYERS,
    ),
    Spelling(
        "conv_relu_pool",
        "conv_relu_pool_forward",
        "conv_relu_pool_backward",
        composed(pair(ConvReluPool)),
        CONV_RELU_POOL,
        stand_ins=LAYERS,
    ),
    Spelling(
        "conv_bn_relu",
        "conv_bn_relu_forward",
        "conv_bn_relu_backward",
        composed(pair(ConvBatchNormRelu)),
        CONV_NORM_RELU,
        stand_ins=LAYERS,
    ),
    Spelling("layer_norm", "layernorm_forward", "layernorm_backward", pair(LayerNorm), LAYER_NORM),
    Spelling(
        "group_norm",
        "spatial_groupnorm_forward",
        "spatial_groupnorm_backward",
        pair(GroupNorm),
        GROUP_NORM,
    ),
    Spelling(
        "dropout",
        "dropout_forward",
        "dropout_backward",
        pair(Dropout),
        replace(DROPOUT, differs="p is the fraction kept"),
        when=lambda forward: not _drops(forward),
    ),
    Spelling(
        "dropout",
        "dropout_forward",
        "dropout_backward",
        pair(DropoutOfDropped),
        replace(DROPOUT, differs="p is the fraction dropped, as its text says"),
        when=_drops,
    ),
    Spelling("cross_entropy", "softmax_loss", None, pair(Loss), SOFTMAX),
    Spelling("multiclass_hinge", "svm_loss", None, pair(Loss), SVM),
    Spelling(
        "temporal_linear",
        "temporal_affine_forward",
        "temporal_affine_backward",
        pair(TemporalAffine),
        TEMPORAL_LINEAR,
    ),
    Spelling(
        "temporal_cross_entropy",
        "temporal_softmax_loss",
        None,
        pair(TemporalSoftmaxLoss),
        TEMPORAL_LOSS,
    ),
    Spelling(
        "embedding",
        "word_embedding_forward",
        "word_embedding_backward",
        pair(Embedding),
        EMBEDDING,
    ),
    Spelling(
        "rnn_step",
        "rnn_step_forward",
        "rnn_step_backward",
        pair(RnnStep),
        STEP,
        when=_without(*OTHERS),
    ),
    Spelling("rnn", "rnn_forward", "rnn_backward", pair(Rnn), SEQUENCE, when=_without(*OTHERS)),
    Spelling("lstm_step", "lstm_step_forward", "lstm_step_backward", pair(LstmStep), LSTM_STEP),
    Spelling("lstm", "lstm_forward", "lstm_backward", pair(Lstm), LSTM, when=_without(*OTHERS)),
    Spelling(
        "two_layer_net",
        "TwoLayerNet",
        None,
        TwoLayerNet,
        TWO_LAYERS,
        when=built_from("input_dim", "hidden_dim", "num_classes"),
        stand_ins=LAYERS,
    ),
    Spelling(
        "two_layer_net",
        "TwoLayerNet",
        None,
        NeuralNet,
        replace(TWO_LAYERS, domain={**TWO_LAYERS.domain, "feature_dims": (1,)}),
        when=built_from("input_size", "hidden_size", "output_size", "std"),
    ),
    Spelling(
        "fully_connected_net",
        "FullyConnectedNet",
        None,
        FullyConnectedNet,
        FULLY_CONNECTED,
        when=built_from("hidden_dims", "input_dim", "num_classes"),
        tells=model_told,
        stand_ins=LAYERS,
    ),
    Spelling(
        "three_layer_convnet",
        "ThreeLayerConvNet",
        None,
        ThreeLayerConvNet,
        replace(BASE, layouts=CONTIGUOUS),
        when=built_from("input_dim", "num_filters", "filter_size", "hidden_dim", "num_classes"),
        stand_ins=LAYERS,
    ),
    Spelling(
        "captioning_rnn",
        "CaptioningRNN",
        None,
        CaptioningRNN,
        CAPTIONING,
        when=built_from("word_to_idx", "input_dim", "wordvec_dim", "hidden_dim"),
        obstacle=on_tensors,
        stand_ins=f"{LAYERS} right_rnn.py",
    ),
    Spelling("sgd", "sgd", None, pair(Sgd), SGD, when=rule_of_arrays),
    Spelling("sgd", "sgd_momentum", None, pair(SgdMomentum), SGD_MOMENTUM, when=rule_of_arrays),
    Spelling("rmsprop", "rmsprop", None, pair(Rmsprop), RMSPROP, when=rule_of_arrays),
    Spelling("adam", "adam", None, pair(Adam), ADAM, when=rule_of_arrays),
    Spelling(
        "numerical_gradient",
        "eval_numerical_gradient",
        None,
        NumericalGradient,
        NUMERICAL,
        when=differentiates(),
        tells=told,
    ),
    Spelling(
        "numerical_gradient",
        "eval_numerical_gradient_array",
        None,
        NumericalGradient,
        NUMERICAL_ARRAY,
        when=differentiates("df"),
        tells=told,
    ),
    Spelling(
        "solver",
        "Solver",
        None,
        _solvers.Solver,
        SOLVER,
        when=_solvers.of_arrays,
        obstacle=_solvers.obstacle,
        tells=_solvers.told,
    ),
    *(
        Spelling("relative_error", name, None, RelativeError, RELATIVE, when=takes("x", "y"))
        for name in ("rel_error", "relative_error")
    ),
)


class TensorLoss(TemporalSoftmaxLoss):
    """`loss = temporal_softmax_loss(x, y, mask)`: summed over time, divided by N."""

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return Pair.backward(self, cotangents, cache)


def _on_tensors(operator: str, name: str, kind: type[Pair], promise: Promise) -> Spelling:
    """A function on tensors without a cache, whose gradients are autograd's."""

    def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
        return kind(*by_autograd(forward, kind.outputs))

    adapter.__doc__ = f"The same on torch tensors, and without a cache:\n{kind.__doc__}"
    promise = replace(promise, layouts=LAYOUTS)
    return Spelling(operator, name, None, adapter, promise, when=_is_of_2025, needs_torch=True)


def _is_of_2025(forward: Any) -> bool:
    """Whether a function is one on tensors: it has no backward beside it.

    One with a backward that calls torch all the same is no layer of its own, and forbidden.
    """
    name = getattr(forward, "__name__", "").replace("_forward", "_backward")
    backward = getattr(forward, "__globals__", {}).get(name)
    return on_torch(forward) and (backward is None or backward is forward)


def _on_arrays(spelling: Spelling) -> Spelling:
    """A spelling of functions on arrays: some on tensors have the same names."""
    when = spelling.when
    if spelling.forward not in {s.forward for s in ON_TENSORS}:
        return spelling
    return replace(spelling, when=lambda forward: not _is_of_2025(forward) and when(forward))


ON_TENSORS = (
    _on_tensors("linear", "affine_forward", Affine, LINEAR),
    _on_tensors("temporal_linear", "temporal_affine_forward", TemporalAffine, TEMPORAL_LINEAR),
    _on_tensors("temporal_cross_entropy", "temporal_softmax_loss", TensorLoss, TEMPORAL_LOSS),
    _on_tensors("embedding", "word_embedding_forward", Embedding, EMBEDDING),
    _on_tensors("rnn_step", "rnn_step_forward", RnnStep, STEP),
    _on_tensors("rnn", "rnn_forward", Rnn, SEQUENCE),
    _on_tensors("lstm_step", "lstm_step_forward", LstmStep, LSTM_STEP),
    _on_tensors("lstm", "lstm_forward", Lstm, LSTM),
)

ON_ARRAYS = tuple(map(_on_arrays, SPELLINGS))


convention = Convention(
    "cs231n",
    "Stanford CS231n, layers.py, rnn_layers.py, layer_utils.py and optim.py of 2016 to 2026",
    among((*ON_ARRAYS, *ON_TENSORS, CAPTIONS)),
    text=__doc__,
)
